//! A command line, read far enough to know for which of its simple commands its exit code speaks.
//!
//! `cargo fmt --check && cargo test` exits with 0 only where both did. `cargo test | tail -20`, `cargo test || true` and `cargo test; date` exit as
//! something else did. What this does not understand (groups, substitutions, here-documents) speaks for nothing but itself.

mod read;

use read::{Joint, read};

/// A command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// In order; none where it was not understood.
    commands: Vec<Simple>,
}

/// A simple command of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Simple {
    /// Without redirections of its output, which do not change how it exits.
    words: Vec<String>,
    hidden_by: Option<Hidden>,
}

/// What keeps a line's exit code from speaking for a command of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    Pipe,
    Or,
    /// `;` or a new line, with something after it.
    Sequence,
    Background,
    Negation,
    /// A command that ends the shell, or changes what later ones do.
    Shell,
}

/// Commands that do not fail.
const NEVER_FAIL: [&str; 7] = ["true", ":", "echo", "printf", "cd", "set", "exit"];
/// Behind a pipe these do not fail either.
const FILTERS: [&str; 8] = ["tail", "head", "cat", "tee", "sort", "uniq", "wc", "sed"];
const CHANGE_THE_SHELL: [&str; 9] = ["exit", "exec", "return", "trap", "alias", "eval", "source", ".", "unset"];

impl Line {
    pub(super) fn parse(text: &str) -> Self {
        Self { commands: read(text).map(judged).unwrap_or_default() }
    }

    /// Its simple commands that say something by how they exit, as texts.
    pub(super) fn texts(&self) -> Vec<String> {
        self.commands.iter().filter(|command| command.may_fail()).map(|command| command.own_words().join(" ")).collect()
    }

    /// Whether its exit code speaks for `wanted`: one of its commands, or several in a row that `&&` joins.
    pub(super) fn speaks_for(&self, wanted: &Self) -> bool {
        wanted.commands.iter().any(Simple::may_fail) && self.places_of(wanted).any(|found| found.iter().all(|c| c.hidden_by.is_none()))
    }

    /// What hides how `wanted` exited, where it ran in this line.
    pub(super) fn hides(&self, wanted: &Self) -> Option<Hidden> {
        self.places_of(wanted).flatten().find_map(|command| command.hidden_by)
    }

    /// The command whose exit code is lost where the line as a whole cannot but exit with 0, with what loses it.
    pub(super) fn loses(&self) -> Option<(String, Hidden)> {
        let last = self.commands.last()?;
        let is_void = last.hidden_by == Some(Hidden::Background) || !last.may_fail() || FILTERS.contains(&last.name());
        let lost = self.commands.iter().find(|command| command.may_fail() && command.hidden_by.is_some());
        lost.filter(|_| is_void).and_then(|lost| Some((lost.words.join(" "), lost.hidden_by?)))
    }

    /// Whether nothing of it can fail.
    pub(super) fn cannot_fail(&self) -> bool {
        !self.commands.is_empty() && !self.commands.iter().any(Simple::may_fail)
    }

    /// Where `wanted` stands in it. What is hidden in `wanted` itself is no part of another line.
    fn places_of<'a>(&'a self, wanted: &'a Self) -> impl Iterator<Item = &'a [Simple]> {
        let is_plain = !wanted.commands.is_empty() && wanted.commands.iter().all(|command| command.hidden_by.is_none());
        let windows = self.commands.windows(wanted.commands.len().max(1)).filter(move |_| is_plain);
        windows.filter(|found| found.iter().zip(&wanted.commands).all(|(found, wanted)| found.is(wanted)))
    }
}

impl Simple {
    fn is(&self, wanted: &Self) -> bool {
        self.words == wanted.words || self.own_words() == wanted.words
    }

    /// Without leading `NAME=value`.
    fn own_words(&self) -> &[String] {
        let variables = self.words.iter().take_while(|word| is_assignment(word)).count();
        &self.words[variables..]
    }

    fn name(&self) -> &str {
        self.own_words().first().map_or("", String::as_str)
    }

    fn may_fail(&self) -> bool {
        !self.own_words().is_empty() && !NEVER_FAIL.contains(&self.name())
    }

    /// Whether it is a `set` that switches something on, by its letter or its name.
    fn switches_on(&self, letter: Option<char>, name: &str) -> bool {
        let is_on = |word: &String| word == name || (word.starts_with('-') && letter.is_some_and(|letter| word.contains(letter)));
        self.name() == "set" && self.words.iter().skip(1).any(is_on) && !self.words.iter().any(|word| word.starts_with('+'))
    }
}

fn is_assignment(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else { return false };
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Says of each command what hides it.
fn judged(read: Vec<read::Command>) -> Vec<Simple> {
    let (mut commands, mut joints, mut negated) = (Vec::new(), Vec::new(), Vec::new());
    for command in read {
        commands.push(Simple { words: command.words, hidden_by: None });
        joints.push(command.joint);
        negated.push(command.is_negated);
    }
    harden(&commands, &mut joints);
    let changes_shell = commands.iter().any(|command| CHANGE_THE_SHELL.contains(&command.name()));
    for (index, command) in commands.iter_mut().enumerate() {
        command.hidden_by = hidden_by(index, &joints, &negated).or(changes_shell.then_some(Hidden::Shell));
    }
    commands
}

/// Behind a `set` at the very beginning, a pipe or a `;` may join as `&&` does. A second one could take that back.
fn harden(commands: &[Simple], joints: &mut [Joint]) {
    let Some((first, rest)) = commands.split_first() else { return };
    if rest.iter().any(|command| command.name() == "set") {
        return;
    }
    let (stops, fails) = (first.switches_on(Some('e'), "errexit"), first.switches_on(None, "pipefail"));
    for joint in joints {
        if (*joint == Joint::Sequence && stops) || (*joint == Joint::Pipe && fails) {
            *joint = Joint::And;
        }
    }
}

fn hidden_by(index: usize, joints: &[Joint], negated: &[bool]) -> Option<Hidden> {
    let ends_list = |joint: &Joint| matches!(joint, Joint::Sequence | Joint::Background);
    let from = joints[..index].iter().rposition(ends_list).map_or(0, |end| end + 1);
    let to = joints[index..].iter().position(ends_list).map_or(joints.len() - 1, |end| index + end);
    let is_last_list = to == joints.len() - 1;
    let in_pipe = joints[index] == Joint::Pipe || (index > 0 && joints[index - 1] == Joint::Pipe);
    let pipe_from = joints[..index].iter().rposition(|joint| *joint != Joint::Pipe).map_or(0, |end| end + 1);
    if joints[to] == Joint::Background {
        Some(Hidden::Background)
    } else if in_pipe {
        Some(Hidden::Pipe)
    } else if joints[from..=to].contains(&Joint::Or) {
        Some(Hidden::Or)
    } else if !is_last_list {
        Some(Hidden::Sequence)
    } else if negated[pipe_from] {
        Some(Hidden::Negation)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaks(ran: &str, wanted: &str) -> bool {
        Line::parse(ran).speaks_for(&Line::parse(wanted))
    }

    #[test]
    fn an_exit_code_speaks_for_what_must_have_succeeded() {
        for ran in [
            "cargo test",
            "cd crates/a && cargo   test",
            "cargo fmt --check && cargo test && echo ok",
            "RUST_LOG=debug CARGO_TERM_COLOR=never cargo test",
            "cargo test 2>&1",
            "cargo test > log.txt 2>&1 && cat log.txt",
            "cargo test;",
            "cargo test # all of them",
            "cargo build; cargo test",
            "set -o pipefail; cargo test 2>&1 | tail -20",
            "set -euo pipefail\ncargo test | tee log\necho done",
            "set -e; cargo test; echo done",
            "cargo fmt &&\n  cargo test",
        ] {
            assert!(speaks(ran, "cargo test"), "{ran}");
        }
        assert!(speaks("cd a && cargo fmt && cargo test", "cargo fmt && cargo test"));
        assert!(speaks("grep -q 'a && b' x && make", "grep -q 'a && b' x"));
    }

    #[test]
    fn an_exit_code_does_not_speak_for_what_something_hides() {
        for ran in [
            "cargo test || true",
            "true || cargo test",
            "cargo test; true",
            "cargo test\ntrue",
            "cargo test | tee log",
            "cargo test 2>&1 | tail -20",
            "cargo test |& tail",
            "cargo test &",
            "cargo test & wait",
            "! cargo test",
            "! cargo test && true",
            "echo cargo test",
            "echo ok # && cargo test",
            "echo 'x && cargo test && y'",
            "echo \"$(echo \"a && cargo test && b\")\"",
            "(cargo test; true)",
            "{ cargo test; true; }",
            "echo $(cargo test)",
            "if cargo test; then true; fi",
            "cat <<X && true\ncargo test\nX",
            "exit 0; cargo test",
            "exec true && cargo test",
            "set -o pipefail; set +o pipefail; cargo test | tail",
            "cargo test --no-run",
            "cargo test && cargo lint || true",
            "timeout 9 cargo test",
        ] {
            assert!(!speaks(ran, "cargo test"), "{ran}");
        }
        assert!(!speaks("cargo test && make", "! cargo test"));
    }

    #[test]
    fn a_line_that_cannot_but_succeed_loses_what_it_ran() {
        let lost = |ran: &str| Line::parse(ran).loses().map(|(command, _)| command);
        for ran in ["cargo test | tail -3", "cargo test || true", "cargo test; echo ok", "cargo test &", "cargo test; exit 0"] {
            assert_eq!(lost(ran).as_deref(), Some("cargo test"), "{ran}");
        }
        for ran in ["cargo test && echo ok", "cat a | grep -q b", "test -f a || test -f b", "! grep -q TODO a"] {
            assert_eq!(lost(ran), None, "{ran}");
        }
        assert!(Line::parse("echo ok && true").cannot_fail() && !Line::parse("make && true").cannot_fail());
    }
}
