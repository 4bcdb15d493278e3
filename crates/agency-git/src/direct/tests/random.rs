//! Random worktrees: whatever is in them, this process answers, stages and leaves behind what git does.

use super::worktree::Worktree;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Odd as names, as patterns and in the order of an index.
const NAMES: [&str; 20] = [
    "a", "b", "a.b", "a-b", "a0", "A", " s", "-x", "größe", "n\nl", "*", "#c", "!n", "\\q", "[ab]", "x.log", "keep.log", "target", "e ",
    ".hidden",
];
const TOKENS: [&str; 23] =
    ["a", "b", "x", "*", "**", "?", "/", "/", "!", "[ab]", "[!a]", "\\", "#", " ", ".log", "target", "keep", "-", ".", "]", "[", "$", "0"];
const CONTENTS: [&str; 5] = ["", "one\n", "two\n", "three\r\n", "\0binary"];

#[derive(Debug, Clone)]
enum Edit {
    Write {
        path: String,
        content: &'static str,
        executable: bool,
    },
    Link {
        path: String,
        target: &'static str,
    },
    Directory {
        path: String,
    },
    Remove {
        path: String,
    },
    Touch {
        path: String,
    },
    Ignore {
        directory: String,
        patterns: String,
    },
    Exclude {
        patterns: String,
    },
    /// git's own commands, as an agent runs them; what git refuses does not happen.
    Git {
        args: Vec<String>,
    },
    /// Time goes by, and an agent asks git for the status.
    Settle,
}

fn path() -> impl Strategy<Value = String> {
    vec(select(NAMES.to_vec()), 1..4).prop_map(|names| names.join("/"))
}

fn patterns() -> impl Strategy<Value = String> {
    let odd = vec(select(TOKENS.to_vec()), 1..5).prop_map(|tokens| tokens.concat());
    let usual =
        select(vec!["*.log", "!keep.log", "target/", "/a", "a/b", "**/b", "a/**", "*", "!*/", "a*", "!a/", "\u{feff}x.log", "# x", "b\r"]);
    vec(prop_oneof![odd, usual.prop_map(str::to_owned)], 0..5).prop_map(|lines| lines.join("\n"))
}

fn write() -> impl Strategy<Value = Edit> {
    (path(), select(CONTENTS.to_vec()), any::<bool>()).prop_map(|(path, content, executable)| Edit::Write { path, content, executable })
}

fn edit() -> impl Strategy<Value = Edit> {
    let link = (path(), select(vec!["a", "nowhere", "/nowhere", "../..", "."])).prop_map(|(path, target)| Edit::Link { path, target });
    let directory = prop_oneof![Just(String::new()), path().prop_map(|path| format!("{path}/"))];
    let ignore = (directory, patterns()).prop_map(|(directory, patterns)| Edit::Ignore { directory, patterns });
    let git = |args: &'static [&'static str]| {
        path().prop_map(move |path| Edit::Git { args: args.iter().map(|arg| arg.replace("PATH", &path)).collect() })
    };
    prop_oneof![
        6 => write(),
        2 => link,
        1 => path().prop_map(|path| Edit::Directory { path }),
        3 => path().prop_map(|path| Edit::Remove { path }),
        2 => path().prop_map(|path| Edit::Touch { path }),
        2 => ignore,
        1 => patterns().prop_map(|patterns| Edit::Exclude { patterns }),
        2 => git(&["add", "-f", "-A", "--", "PATH"]),
        1 => git(&["add", "-A"]),
        1 => git(&["read-tree", "HEAD"]),
        1 => git(&["rm", "--quiet", "-r", "--cached", "--", "PATH"]),
        1 => git(&["mv", "-f", "--", "PATH", "moved"]),
        1 => git(&["commit", "--quiet", "-m", "An agent's own"]),
        1 => Just(Edit::Settle),
    ]
}

fn apply(it: &Worktree, edit: &Edit) {
    match edit {
        Edit::Write { path, content, executable } => it.write(path, content, *executable),
        Edit::Link { path, target } => it.link(path, target),
        Edit::Directory { path } => it.directory(path),
        Edit::Remove { path } => it.clear(path),
        Edit::Touch { path } => it.touch(path),
        Edit::Ignore { directory, patterns } => it.write(&format!("{directory}.gitignore"), patterns, false),
        Edit::Exclude { patterns } => std::fs::write(it.repo.join(".git/info/exclude"), patterns).unwrap(),
        Edit::Git { args } => drop(it.try_git(args)),
        Edit::Settle => it.settle(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_in_a_worktree_is_seen_and_staged_as_by_git(
        at_first in vec(write(), 0..12),
        edits in vec(edit(), 0..14),
        more in vec(edit(), 0..6),
    ) {
        let it = Worktree::new(|it| at_first.iter().for_each(|edit| apply(it, edit)));
        for edits in [edits, more] {
            edits.iter().for_each(|edit| apply(&it, edit));
            it.expect_the_same();
        }
    }
}
