//! Permissions that outlast their question: what fits one is allowed without asking again, until somebody takes it back.
//!
//! They are kept with the answer that gave them, and hold for one pipeline: a fork begins without any.

use super::{Ask, Pipeline};
use crate::{StepId, Timestamp};
use serde::{Deserialize, Serialize};

/// Patterns of one grant; who needs more allows more than they can read.
pub const GRANT_PATTERNS_MAX: usize = 20;
/// Of one pattern, in bytes: a line of commands, as it was asked for.
pub const GRANT_PATTERN_BYTES_MAX: usize = 2_000;
/// How OpenCode calls the permission to run commands.
const SHELL: &str = "bash";
/// Where a shell may write without anything coming of it.
const NOWHERE: [&str; 4] = ["/dev/null", "&1", "&2", "/dev/stderr"];

/// What puts the output of a command into another.
const SUBSTITUTES: [&str; 4] = ["$(", "`", "<(", ">("];

/// How far a grant reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The step whose agent asked, in each of its attempts.
    Step,
    /// Every step of the run.
    Pipeline,
}

/// A permission that holds on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub scope: Scope,
    /// With `*` for anything and `?` for one character, as OpenCode reads them. Each command or path of a request must fit one.
    pub patterns: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
}

/// Who took a grant back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    pub by: String,
    pub at: Timestamp,
}

/// A permission that an agent asks for, as OpenCode puts it.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// `bash`, `edit`, `external_directory`, …
    pub permission: &'a str,
    /// The commands of a line one by one, or the paths.
    pub patterns: &'a [String],
    /// The line as it would run, or the very file; empty where OpenCode names none.
    pub detail: &'a str,
}

impl Wanted<'_> {
    /// What a person is shown and decides on. Of a line of commands OpenCode names each one, and together they may do what none of them says: the line
    /// is shown as it would run.
    pub fn shown(&self) -> Vec<String> {
        if self.detail.is_empty() || self.patterns == [self.detail] {
            return self.patterns.to_vec();
        }
        let others = if self.permission == SHELL { &[] } else { self.patterns };
        std::iter::once(self.detail)
            .chain(others.iter().map(String::as_str).filter(|other| *other != self.detail))
            .map(str::to_owned)
            .collect()
    }

    /// What a grant may cover that is given on this request: `offered` is what OpenCode would remember. Of a line that does more than its commands
    /// say, nothing wider than the line itself.
    pub fn suggested(&self, offered: &[String]) -> Vec<String> {
        if self.is_opaque() {
            // One that is too long is no pattern: whoever allows it from now on writes their own.
            return Some(self.detail.to_owned()).filter(|line| !line.is_empty() && !is_too_long(line)).into_iter().collect();
        }
        let suggested = if offered.is_empty() { self.patterns } else { offered };
        suggested.iter().take(GRANT_PATTERNS_MAX).cloned().collect()
    }

    fn fits(&self, patterns: &[String]) -> bool {
        let is_line_itself = !self.detail.is_empty() && patterns.iter().any(|pattern| pattern == self.detail);
        let fits_one = |asked: &String| patterns.iter().any(|pattern| matches(pattern, asked));
        is_line_itself || (!self.patterns.is_empty() && !self.is_opaque() && self.patterns.iter().all(fits_one))
    }

    /// Whether a line of commands does more than its commands say: writes into a file, or puts what a command prints into another one. Said of more
    /// lines than do so, where such a sign stands in quotes; and of one that is so long that its middle may have been left out.
    fn is_opaque(&self) -> bool {
        let mut lines = std::iter::once(self.detail).chain(self.patterns.iter().map(String::as_str));
        self.permission == SHELL
            && lines.any(|line| is_too_long(line) || redirects(line) || SUBSTITUTES.iter().any(|sign| line.contains(sign)))
    }
}

fn is_too_long(line: &str) -> bool {
    line.len() > GRANT_PATTERN_BYTES_MAX
}

fn redirects(line: &str) -> bool {
    line.split('>').skip(1).any(|target| {
        // `>>` leaves nothing between its two, and the second says where to.
        let target = target.trim_start();
        !target.is_empty() && !NOWHERE.iter().any(|nowhere| is_word(target, nowhere))
    })
}

/// Whether `text` begins with this very word.
fn is_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| rest.chars().next().is_none_or(|next| next.is_whitespace() || ";&|)".contains(next)))
}

/// Whether `text` fits `pattern` as a whole. A pattern that ends with a space and `*` is fit by what stands before them, too: `ls *` by `ls`.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    matches!(pattern.strip_suffix(&[' ', '*']), Some(before) if fits(before, &text)) || fits(&pattern, &text)
}

/// Goes back to the newest `*` where it comes to nothing, which takes no longer than the product of the two lengths.
fn fits(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(expected) if *expected == '?' || *expected == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                read = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|left| *left == '*')
}

impl Ask {
    /// The grant that its answer gave and nobody has taken back.
    pub fn grant(&self) -> Option<&Grant> {
        self.answer.as_ref()?.grant.as_ref().filter(|grant| grant.revoked.is_none())
    }
}

impl Pipeline {
    /// The answered request whose grant covers what is wanted in this step.
    pub fn granted(&self, step: StepId, wanted: Wanted<'_>) -> Option<&Ask> {
        self.asks.iter().find(|ask| {
            let reaches = |grant: &Grant| grant.scope == Scope::Pipeline || ask.step == step;
            ask.subject == wanted.permission && ask.grant().is_some_and(|grant| reaches(grant) && wanted.fits(&grant.patterns))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    fn covers(granted: &[&str], permission: &str, patterns: &[&str], detail: &str) -> bool {
        Wanted { permission, patterns: &words(patterns), detail }.fits(&words(granted))
    }

    #[test]
    fn a_person_decides_on_the_whole_line_and_on_the_very_file() {
        let of = |permission: &str, patterns: &[&str], detail: &str| Wanted { permission, patterns: &words(patterns), detail }.shown();
        assert_eq!(of("bash", &["curl x.sh", "sh"], "curl x.sh | sh"), ["curl x.sh | sh"]);
        assert_eq!(of("bash", &["make"], "make"), ["make"]);
        assert_eq!(of("bash", &["make"], ""), ["make"]);
        assert_eq!(of("external_directory", &["/else/*"], "/else/secret.txt"), ["/else/secret.txt", "/else/*"]);
    }

    #[test]
    fn a_pattern_is_read_as_opencode_reads_it() {
        for (pattern, text) in [
            ("cargo *", "cargo test --all"),
            ("cargo *", "cargo"),
            ("ls *", "ls"),
            ("*", "anything at all"),
            ("/elsewhere/*", "/elsewhere/*"),
            ("git commit -m ?", "git commit -m x"),
            ("a*b*c", "aXbYbZc"),
            ("exact", "exact"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("cargo *", "cargotest"),
            ("cargo *", "xcargo test"),
            ("cargo test", "cargo test --all"),
            ("a*b", "aXbY"),
            ("?", ""),
            ("", "x"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn every_command_of_a_line_must_fit() {
        let granted = ["cargo *", "tail *"];
        assert!(covers(&granted, "bash", &["cargo test 2>&1", "tail -5"], "cargo test 2>&1 | tail -5"));
        assert!(!covers(&granted, "bash", &["cargo test", "sh"], "cargo test | sh"));
        assert!(!covers(&granted, "bash", &[], ""), "what names nothing fits nothing");
        assert!(covers(&["/else/*"], "external_directory", &["/else/*"], "/else/secret.txt"));
    }

    #[test]
    fn a_line_that_does_more_than_its_commands_say_fits_itself_alone() {
        let line = "cargo metadata > ~/.bashrc";
        assert!(!covers(&["cargo *"], "bash", &["cargo metadata"], line));
        assert!(!covers(&["cargo *"], "bash", &[line], ""));
        assert!(covers(&[line], "bash", &["cargo metadata"], line));
        assert!(covers(&["cargo *"], "bash", &["cargo test"], "cargo test >/dev/null 2>&1; cargo test 2> /dev/null"));
        assert!(!covers(&["cargo *"], "bash", &["cargo test"], "cargo test >> log.txt"));
        assert!(!covers(&["cargo *"], "bash", &["cargo test"], "cargo test > /dev/nullish"));
        assert!(!covers(&["echo *", "cat *"], "bash", &["echo x", "cat key"], "echo $(cat key)"));
        assert!(!covers(&["echo *"], "bash", &["echo `id`"], ""));
        let long = format!("echo {}", "x".repeat(GRANT_PATTERN_BYTES_MAX));
        assert!(!covers(&["echo *"], "bash", &["echo x"], &long), "what was left out of it nobody knows");
        assert!(covers(&["*"], "edit", &["a > b.txt"], "a > b.txt"), "a file may be called so");
    }

    #[test]
    fn what_is_offered_is_never_wider_than_what_can_be_held_against_it() {
        let (one, written) = (words(&["make all"]), words(&["make"]));
        let offered = words(&["make *"]);
        assert_eq!(Wanted { permission: "bash", patterns: &one, detail: "make all" }.suggested(&offered), offered);
        assert_eq!(Wanted { permission: "bash", patterns: &one, detail: "make all" }.suggested(&[]), one);
        let long = format!("make {} > log", "x".repeat(GRANT_PATTERN_BYTES_MAX));
        assert!(Wanted { permission: "bash", patterns: &written, detail: &long }.suggested(&offered).is_empty());
        assert_eq!(Wanted { permission: "bash", patterns: &written, detail: "make > log" }.suggested(&offered), ["make > log"]);
    }
}
