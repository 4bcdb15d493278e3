//! Scripts as data: what the model says, and when. Pure: knows JSON and nothing of HTTP.
//!
//! A [`Step`] is one answer. A list of steps is a script. A [`Rule`] says which requests it answers and with which script;
//! rules are tried in order and the first that matches wins. Written in Rust by the scenarios and the demo, or read from a file.

mod rule;
mod step;

pub use rule::{Match, Play, Rule};
pub use step::{FailFirst, Fault, HttpReply, Step, ToolCall};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Rules in order; the first that matches a request answers it. Empty is useful too: directives and model ids still work.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    #[serde(default)]
    pub rules: Vec<Rule>,
}

impl Script {
    /// One rule that answers everything with `steps`.
    pub fn always(steps: Vec<Step>) -> Self {
        Self { rules: vec![Rule::new("always", Match::default(), steps)] }
    }

    /// The same script as fast as it can be said: for tests that nobody watches.
    #[must_use]
    pub fn unpaced(mut self) -> Self {
        let steps = self.rules.iter_mut().flat_map(|rule| match &mut rule.play {
            Play::ByTurn(steps) | Play::ByCalls(steps) => steps.iter_mut().collect::<Vec<_>>(),
            Play::BySession(scripts) => scripts.iter_mut().flatten().collect(),
        });
        for step in steps {
            (step.headers_after_ms, step.first_chunk_after_ms, step.chunk_ms) = (0, 0, 0);
        }
        self
    }

    /// Reads a script from a JSON file: `{"rules":[{"name":…,"match":{…},"steps":[…]}]}`.
    ///
    /// # Errors
    /// The file cannot be read, or is not a script; the message names the file and the line.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading the script {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("the script {} does not fit", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_script_survives_the_way_through_json() {
        let script = crate::demo::script();
        let text = serde_json::to_string(&script).unwrap();
        assert_eq!(serde_json::from_str::<Script>(&text).unwrap(), script);
    }

    #[test]
    fn an_unpaced_script_says_the_same_without_waiting() {
        let text = serde_json::to_string(&crate::demo::script().unpaced()).unwrap();
        assert!(!text.contains("_ms") && text.contains("I have handed off."));
    }

    #[test]
    fn a_match_takes_one_string_or_several() {
        let script: Script = serde_json::from_value(json!({"rules": [
            {"match": {"model": "m1", "user": ["a", "b"]}, "steps": [{"text": "x"}]},
            {"match": {}, "scripts": [[{"text": "first session"}], [{"text": "second session"}]]},
            {"by_calls": [{"text": "first call"}]},
        ]}))
        .unwrap();
        assert_eq!(script.rules[0].matches.model, ["m1"]);
        assert_eq!(script.rules[0].matches.user, ["a", "b"]);
        assert!(matches!(&script.rules[1].play, Play::BySession(scripts) if scripts.len() == 2));
        assert!(matches!(&script.rules[2].play, Play::ByCalls(steps) if steps.len() == 1));
    }

    #[test]
    fn a_misspelt_key_and_a_rule_that_plays_nothing_are_errors() {
        for (rule, named) in [
            (json!({"steps": [{"txt": "x"}]}), "txt"),
            (json!({"match": {"usr": "x"}, "steps": []}), "usr"),
            (json!({"match": {}}), "exactly one of"),
            (json!({"steps": [], "by_calls": []}), "exactly one of"),
        ] {
            let error = serde_json::from_value::<Script>(json!({"rules": [rule]})).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_script_file_that_does_not_fit_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("script.json");
        std::fs::write(&path, "{\"rules\":\n[{\"steps\":3}]}").unwrap();
        let error = format!("{:#}", Script::load(&path).unwrap_err());
        assert!(error.contains("script.json") && error.contains("line 2"), "{error}");
    }
}
