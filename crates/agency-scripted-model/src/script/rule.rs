//! Rules: which requests a script answers.

use super::Step;
use serde::{Deserialize, Deserializer, Serialize};

/// Which requests, and what is played for them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RuleFile", into = "RuleFile")]
pub struct Rule {
    /// Shown in the request log as the scenario's name.
    pub name: String,
    pub matches: Match,
    pub play: Play,
}

impl Rule {
    /// A rule that plays one script, step by turn.
    pub fn new(name: impl Into<String>, matches: Match, steps: Vec<Step>) -> Self {
        Self { name: name.into(), matches, play: Play::ByTurn(steps) }
    }
}

/// How a rule's script is played.
#[derive(Debug, Clone, PartialEq)]
pub enum Play {
    /// `steps`: the step is the number of assistant turns since the newest user message. It needs no memory, so it
    /// survives restarts of either side.
    ByTurn(Vec<Step>),
    /// `scripts`: the first OpenCode session that comes here plays the first list, the second the second, and so on; the last
    /// list serves all further sessions. Within a list the step goes by turn.
    BySession(Vec<Vec<Step>>),
    /// `by_calls`: one step further with each request that matches, whoever asks.
    ByCalls(Vec<Step>),
}

/// Substrings that must all be present. An empty match matches everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// In the model's id.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub model: Vec<String>,
    /// In the system prompt.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub system: Vec<String>,
    /// In the newest user message.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub user: Vec<String>,
    /// In the newest user message, or in the result of a tool called since.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<String>,
    /// In the name of a tool that is offered.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub tool: Vec<String>,
}

impl Match {
    /// Matches a request whose system prompt contains `text`.
    pub fn system(text: impl Into<String>) -> Self {
        Self { system: vec![text.into()], ..Self::default() }
    }

    /// Narrows the match to requests whose newest user message contains `text`.
    #[must_use]
    pub fn and_user(mut self, text: impl Into<String>) -> Self {
        self.user.push(text.into());
        self
    }

    /// Narrows the match to requests in which `text` was seen, in the newest user message or in a tool's result.
    #[must_use]
    pub fn and_seen(mut self, text: impl Into<String>) -> Self {
        self.seen.push(text.into());
        self
    }

    /// Narrows the match to requests that offer a tool whose name contains `text`.
    #[must_use]
    pub fn and_tool(mut self, text: impl Into<String>) -> Self {
        self.tool.push(text.into());
        self
    }
}

/// A rule as files have it: exactly one of the three ways to play.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default)]
    name: String,
    #[serde(default, rename = "match")]
    matches: Match,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<Step>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scripts: Option<Vec<Vec<Step>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by_calls: Option<Vec<Step>>,
}

impl TryFrom<RuleFile> for Rule {
    type Error = String;

    fn try_from(file: RuleFile) -> Result<Self, String> {
        let play = match (file.steps, file.scripts, file.by_calls) {
            (Some(steps), None, None) => Play::ByTurn(steps),
            (None, Some(scripts), None) => Play::BySession(scripts),
            (None, None, Some(steps)) => Play::ByCalls(steps),
            _several_or_none => return Err(format!("rule {:?} needs exactly one of steps, scripts, by_calls", file.name)),
        };
        Ok(Self { name: file.name, matches: file.matches, play })
    }
}

impl From<Rule> for RuleFile {
    fn from(rule: Rule) -> Self {
        let mut file = Self { name: rule.name, matches: rule.matches, steps: None, scripts: None, by_calls: None };
        match rule.play {
            Play::ByTurn(steps) => file.steps = Some(steps),
            Play::BySession(scripts) => file.scripts = Some(scripts),
            Play::ByCalls(steps) => file.by_calls = Some(steps),
        }
        file
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    })
}
