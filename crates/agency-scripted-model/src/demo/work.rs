//! The demo's repository, and the edits that are made to it. Read by the developer's and the reviewer's part.

use super::{DemoFile, in_directory};
use crate::script::Step;
use serde_json::json;

pub(super) const PROGRAM: &str = "greet.sh";
pub(super) const TESTS: &str = "test.sh";
pub(super) const README: &str = "README.md";

/// The command that tests the repository.
pub(super) const TEST_COMMAND: &str = "sh test.sh";

/// What the mended program has and nothing else says: the reviewer approves where it was seen.
pub(super) const MENDED: &str = "name=${2:-world}";
/// The line of the first version that the review objects to, and its number.
pub(super) const FAULTY: &str = "name=$2";
pub(super) const FAULTY_LINE: u32 = 11;

/// The repository before the work.
pub fn repository_files() -> Vec<DemoFile> {
    let file = |path, content, executable| DemoFile { path, content, executable };
    vec![
        file(PROGRAM, include_str!("repository/greet.sh"), true),
        file(TESTS, include_str!("repository/test.sh"), true),
        file(README, include_str!("repository/README.md"), false),
    ]
}

/// One replacement in one file.
pub(super) struct Edit {
    pub(super) path: &'static str,
    pub(super) old: &'static str,
    pub(super) new: &'static str,
}

impl Edit {
    pub(super) fn step(&self) -> Step {
        Step::tool("edit", json!({ "filePath": in_directory(self.path), "oldString": self.old, "newString": self.new }))
    }
}

pub(super) const ADD_FLAG: Edit = Edit {
    path: PROGRAM,
    old: r#"# usage: greet.sh [NAME]
set -eu

name=${1:-world}
printf 'Hello, %s!\n' "$name"
"#,
    new: r#"# usage: greet.sh [--shout] [NAME]
set -eu

shout=no
name=${1:-world}
if [ "$name" = --shout ]; then
    shout=yes
    name=$2
fi

greeting="Hello, $name!"
if [ "$shout" = yes ]; then
    greeting=$(printf '%s' "$greeting" | tr '[:lower:]' '[:upper:]')
fi
printf '%s\n' "$greeting"
"#,
};

pub(super) const TEST_FLAG: Edit = Edit {
    path: TESTS,
    old: "check 'greets the world when no name is given' 'Hello, world!'\n",
    new: "check 'greets the world when no name is given' 'Hello, world!'\ncheck 'shouts a name' 'HELLO, ADA!' --shout Ada\n",
};

pub(super) const DESCRIBE_FLAG: Edit = Edit {
    path: README,
    old: "    ./greet.sh Ada            # Hello, Ada!\n",
    new: "    ./greet.sh Ada            # Hello, Ada!\n    ./greet.sh --shout Ada    # HELLO, ADA!\n",
};

pub(super) const TEST_NO_NAME: Edit = Edit {
    path: TESTS,
    old: "check 'shouts a name' 'HELLO, ADA!' --shout Ada\n",
    new: "check 'shouts a name' 'HELLO, ADA!' --shout Ada\ncheck 'shouts at the world when no name is given' 'HELLO, WORLD!' --shout\n",
};

pub(super) const MEND: Edit = Edit { path: PROGRAM, old: FAULTY, new: MENDED };
