//! The demo: a small real piece of work that a chain of agents does on a small repository, with nothing needed but a POSIX shell.
//!
//! `greet.sh` is to learn `--shout`. The developer's first version forgets the case without a name, which the request asks for; the first review finds it, the
//! developer shows it with a failing test and mends it, and the second review approves. It works for `full_feature`, `quick_fix` and `plan_only`.
//!
//! Every choice is made from what an agent is sent or has read, never from a count, so that a run that was killed goes on from wherever it is:
//! the developer goes by the heading `## Open findings`, the reviewer by the mended line in the diff or in the file.

mod developing;
mod planning;
mod reviewing;
mod work;

pub use work::repository_files;

use crate::script::{Script, Step};
use crate::testing;
use serde_json::json;

/// Milliseconds per word: quick, and still to be followed with the eye.
const WORD_MS: u64 = 20;

/// A file of the demo's repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoFile {
    /// From the repository's top.
    pub path: &'static str,
    pub content: &'static str,
    pub executable: bool,
}

/// The title of the demo's request.
pub fn title() -> &'static str {
    "Let greet.sh shout"
}

/// The demo's request, in Markdown.
pub fn description() -> &'static str {
    "When I greet somebody across the room, `Hello, Ada!` is too quiet.\n\n\
     Please give `greet.sh` a flag: `./greet.sh --shout Ada` says `HELLO, ADA!`. Without a name it greets the world just as loudly. \
     Without the flag everything stays as it is.\n\n\
     Add tests to `test.sh`, and a line to the README.\n"
}

/// What every agent of the demo says and does.
pub fn script() -> Script {
    let mut rules = vec![planning::product_owner(), planning::architect()];
    rules.extend(developing::rules());
    rules.extend(reviewing::rules());
    rules.extend(testing::for_anybody_else());
    Script { rules }
}

/// Steps at the demo's pace, with a last word after the hand-off.
fn paced(mut steps: Vec<Step>) -> Vec<Step> {
    steps.push(Step::text("I have handed off."));
    steps.into_iter().map(|step| step.paced(WORD_MS)).collect()
}

/// Reads files of the working directory, in one turn.
fn read(paths: &[&str]) -> Step {
    paths.iter().fold(Step::default(), |step, path| step.and_tool("read", json!({ "filePath": in_directory(path) })))
}

fn in_directory(path: &str) -> String {
    format!("{{{{cwd}}}}/{path}")
}

#[cfg(test)]
mod tests;
