//! What a pipeline is made from.

use crate::{Budget, NewAttachment};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `POST /api/v1/pipelines`. Unknown fields are refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatePipeline {
    /// Defaults to the description's first line. At most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The feature request; every step is sent it word for word. At most 200,000 bytes.
    pub description: String,
    /// Files that every step is sent beside the description. At most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<NewAttachment>,
    /// Absolute path of a git repository on the server's machine.
    pub repo: String,
    /// Name of a template. Exactly one of `template` and `steps`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Steps of the template that are left out this time, by their places from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<u32>,
    /// Steps of the template after which a person is asked whether to go on, by their places from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ask_after: Vec<u32>,
    /// An ad-hoc chain, in the shape of a template's `steps`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<NewStep>>,
    /// Branch, tag or commit to start from. Defaults to the branch that is checked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Name of the new branch, under `agency/`. Defaults to `agency/<id>-<slug of the title>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// `provider/model` for every step that names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `provider/model` by agent name, before `model`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::HashMap<String, String>))]
    pub models: Map<String, Value>,
    /// Ceilings of the whole run, in place of the template's, one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

/// A repository as it stands, before a pipeline starts there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Repository {
    /// Top level of the checkout.
    pub path: String,
    /// The branch that is checked out: what a pipeline starts from where none is named. `null` where `HEAD` is detached.
    pub branch: Option<String>,
    pub head_commit: String,
    /// Files that differ from that commit, new ones included: a pipeline does not see them. `null` where git could not say in time.
    pub uncommitted: Option<u32>,
}

/// One step of an ad-hoc chain, or of a template: exactly one of `agent`, `check` and `approval`, with the fields that such a step has. What can be
/// written in more than one way is any JSON here; the server says which field does not fit and why.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewStep {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// A command that must exit with 0, a list of them, or `auto` for what the repository's own files suggest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<schema::OneOrMore>))]
    pub check: Option<Value>,
    /// The question that the person decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// What this step is to do, in the words that its agent is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `provider/model` for this step, or a list: the first is asked, the others in turn when its provider fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<schema::OneOrMore>))]
    pub model: Option<Value>,
    /// For an agent that reviews: who makes the changes that it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_changes_requested: Option<Loop>,
    /// For a check: who mends what fails. Defaults to the nearest earlier agent that may write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<Loop>,
    /// For a check, of each command: `90s`, `10m`, `1h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// For an approval: `30m`, `4h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_after: Option<String>,
    /// For an agent: ceilings of all its attempts at this step together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Budget>))]
    pub budget: Option<Value>,
    /// For an agent: a number of attempts, or `{"attempts": 3, "pause": "2s"}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Value>,
    /// For an agent: silence after which it counts as stalled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stall_after: Option<String>,
    /// For an agent: permission rules in OpenCode's own format, which come after the agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub permissions: Option<Value>,
}

impl NewStep {
    /// The commands of a check as they are written, `auto` among them.
    pub fn commands(&self) -> Vec<&str> {
        match &self.check {
            Some(Value::Array(commands)) => commands.iter().filter_map(Value::as_str).collect(),
            Some(command) => command.as_str().into_iter().collect(),
            None => Vec::new(),
        }
    }
}

/// Where a reviewing step's `changes_requested`, or a check's failure, goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Loop {
    /// Agent name of an earlier step.
    pub back_to: String,
    /// How many times it may go back. 1–10, default 3.
    #[serde(default = "rounds_default")]
    pub max_rounds: u32,
}

fn rounds_default() -> u32 {
    3
}

/// Shapes that are described and never read.
#[cfg(feature = "openapi")]
mod schema {
    #[derive(serde::Serialize, utoipa::ToSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is used")]
    pub(super) enum OneOrMore {
        One(String),
        More(Vec<String>),
    }
}
