//! What an agent names as evidence, and whether it is true.

use super::commands::{prove_command, prove_named};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Evidence as a hand-off names it: a text, or an object that says what kind it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidenceClaim {
    pub note: String,
    /// Path from the repository's top, in the branch's diff.
    pub file: Option<String>,
    pub line: Option<u32>,
    /// A command that was run and exited with 0.
    pub command: Option<String>,
    /// A test that the branch adds or changes.
    pub test: Option<String>,
}

/// What the branch changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BranchFacts {
    /// Paths from the repository's top.
    pub files: Vec<String>,
    /// The lines that the branch adds, without their sign.
    pub added: String,
}

/// What the engine knows when it looks at a claim.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub branch: &'a BranchFacts,
    /// Commands that ran on the branch as it stands, with their exit codes where known; the newest run of a command is the last.
    pub commands: &'a [(String, Option<i64>)],
}

/// Whether a claim is true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "snake_case")]
pub enum Proof {
    /// The branch changes the file. Stays true while it does.
    File { file: String },
    /// The branch adds lines with the test's name.
    Test { test: String },
    /// The command exited with 0. True of the commit that it ran on.
    Command { command: String },
    /// Nothing that the engine knows confirms it.
    Unproven { why: String },
}

/// Shortest name of a command or a test that is looked for in a text: `ls` would be found in `else`.
pub(super) const NAME_CHARS_MIN: usize = 4;

impl EvidenceClaim {
    /// Looks whether it is true.
    pub fn prove(&self, facts: Facts<'_>) -> Proof {
        if let Some(file) = &self.file {
            return prove_file(file, facts.branch);
        }
        if let Some(command) = &self.command {
            return prove_command(command, facts.commands);
        }
        if let Some(test) = &self.test {
            return prove_test(test, facts.branch);
        }
        self.prove_note(facts)
    }

    /// A text may name a file, a command or a test in its own way: what it names and is true counts.
    fn prove_note(&self, facts: Facts<'_>) -> Proof {
        let note = squeezed(&self.note);
        let named = prove_named(&note, facts.commands);
        // `sh test.sh` names a command, and no file.
        let rest = named.as_ref().map_or_else(|| note.clone(), |(command, _)| note.replace(command, ""));
        if let Some(file) = facts.branch.files.iter().find(|file| names(&rest, file)) {
            return Proof::File { file: file.clone() };
        }
        if let Some((_, proof)) = named {
            return proof;
        }
        let words = self.note.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.contains('_'));
        match words.map(|word| prove_test(word, facts.branch)).find(Proof::holds) {
            Some(proof) => proof,
            None => Proof::Unproven {
                why: "it names no file of the branch's diff, no command that ran, and no test that the branch adds".into(),
            },
        }
    }
}

impl Proof {
    /// Whether it proves anything.
    pub fn holds(&self) -> bool {
        match self {
            Self::File { .. } | Self::Test { .. } | Self::Command { .. } => true,
            Self::Unproven { .. } => false,
        }
    }
}

fn prove_file(file: &str, branch: &BranchFacts) -> Proof {
    let path = file.trim_start_matches("./");
    match branch.files.iter().find(|known| *known == path) {
        Some(known) => Proof::File { file: known.clone() },
        None => Proof::Unproven { why: format!("{path} is not in the branch's diff") },
    }
}

fn prove_test(test: &str, branch: &BranchFacts) -> Proof {
    let name = test.rsplit("::").next().unwrap_or(test).trim();
    if name.len() >= NAME_CHARS_MIN && branch.added.contains(name) {
        return Proof::Test { test: test.to_owned() };
    }
    Proof::Unproven { why: format!("the branch adds no line that names the test {test}") }
}

/// Whether a text names a path, not merely the end of a longer one.
fn names(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + path.len()..].chars().next();
        let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        !before.is_some_and(|c| inside(c) || c == '/' || c == '.') && !after.is_some_and(inside)
    })
}

/// One space for each run of white space.
pub(super) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for EvidenceClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.file.as_ref().map(|file| self.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")));
        let command = self.command.as_ref().map(|command| format!("`{command}`"));
        let test = self.test.as_ref().map(|test| format!("test {test}"));
        let note = Some(self.note.clone()).filter(|note| !note.is_empty());
        f.write_str(&[place, command, test, note].into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

impl From<String> for EvidenceClaim {
    fn from(note: String) -> Self {
        Self { note, ..Self::default() }
    }
}

/// The object's shape.
#[derive(Serialize, Deserialize)]
struct Named {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    note: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Object(Named),
}

impl<'de> Deserialize<'de> for EvidenceClaim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Text(note) => note.into(),
            Written::Object(Named { note, file, line, command, test }) => Self { note, file, line, command, test },
        })
    }
}

impl Serialize for EvidenceClaim {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.file.is_none() && self.command.is_none() && self.test.is_none() {
            return self.note.serialize(serializer);
        }
        let Self { note, file, line, command, test } = self.clone();
        Named { note, file, line, command, test }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn prove(claim: serde_json::Value) -> Proof {
        let branch = BranchFacts { files: vec!["src/main.rs".into(), "tests/cli.rs".into()], added: "fn csv_prints_rows() {".into() };
        let commands =
            [("cargo test".to_owned(), Some(101)), ("cargo test --test cli".to_owned(), Some(0)), ("make lint".to_owned(), None)];
        serde_json::from_value::<EvidenceClaim>(claim).unwrap().prove(Facts { branch: &branch, commands: &commands })
    }

    #[test]
    fn what_the_engine_knows_decides() {
        for (claim, holds) in [
            (json!({ "file": "src/main.rs", "line": 3 }), true),
            (json!({ "file": "./src/main.rs" }), true),
            (json!({ "file": "src/other.rs" }), false),
            (json!({ "command": "cargo  test --test cli" }), true),
            (json!({ "command": "cargo test --test other" }), false),
            (json!({ "command": "make lint" }), false),
            (json!({ "test": "cli::csv_prints_rows" }), true),
            (json!({ "test": "cli::nothing_like_it" }), false),
            (json!("src/main.rs:34"), true),
            (json!("see lib/src/main.rs"), false),
            (json!("`cargo test --test cli`: exit 0"), true),
            (json!("csv_prints_rows passes"), true),
            (json!("I am sure that it works"), false),
        ] {
            assert_eq!(prove(claim.clone()).holds(), holds, "{claim}");
        }
    }

    #[test]
    fn the_newest_run_of_a_command_counts() {
        let branch = BranchFacts::default();
        let commands = [("cargo test".to_owned(), Some(0)), ("cargo test".to_owned(), Some(1))];
        let claim = EvidenceClaim { command: Some("cargo test".into()), ..EvidenceClaim::default() };
        assert_eq!(
            claim.prove(Facts { branch: &branch, commands: &commands }),
            Proof::Unproven { why: "`cargo test` exited with 1".into() }
        );
    }

    #[test]
    fn a_text_stays_a_text_and_an_object_an_object() {
        for value in [json!("cargo test: exit 0"), json!({ "file": "a.rs", "line": 3 }), json!({ "note": "n", "command": "make" })] {
            let claim: EvidenceClaim = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(&claim).unwrap(), value);
        }
    }
}
