//! The shape of a template's file as a JSON schema, for editors: completion, descriptions, and most faults while somebody types.
//!
//! Draft 7, which every editor's YAML support knows. Limits and keys are those of the parser, so that neither can move without the other;
//! what no schema can say (whether an agent exists, whether a loop goes back to an earlier step) is left to the parser.

use crate::rules::Action;
use crate::steps::{AUTO, COMMANDS_MAX, Kind, MODELS_MAX, ROUNDS_DEFAULT, TIMEOUT_HOURS_MAX};
use crate::{budget, steps, template};
use agency_domain::checks::TIMEOUT_DEFAULT;
use agency_domain::templates::{ROUNDS_MAX, RetryPolicy, STEPS_MAX};
use serde_json::{Map, Value, json};

const SLUG: &str = "^[a-z][a-z0-9_-]{0,63}$";
const MODEL_NAME: &str = r"^[^/\s]+/\S+$";
const DURATION: &str = "^0*[1-9][0-9]*[smh]$";
/// Anything but white space alone.
const TEXT: &str = r"\S";

/// The JSON schema (draft 7) of a template's file. The committed copy is `docs/template.schema.json`.
pub fn template_schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A template of theAgency",
        "description": "A named chain of steps: .agency/templates/NAME.yaml in a repository, or templates/NAME.yaml in your own configuration directory.",
        "type": "object",
        "additionalProperties": false,
        "required": ["description", "steps"],
        "properties": keyed(&template::KEYS, template_property),
        "definitions": {
            "agent_step": step(Kind::Agent, "An agent works on the branch."),
            "check_step": step(Kind::Check, "Commands that must exit with 0. What fails goes back to be mended."),
            "approval_step": step(Kind::Approval, "A person decides. Nothing is ever approved by time."),
            "budget": budget_schema(),
            "way_back": way_back(),
            "permissions": permissions(),
            "permission": permission(),
            "duration": { "type": "string", "pattern": DURATION, "examples": ["90s", "10m", "4h"] },
            "model": { "type": "string", "pattern": MODEL_NAME, "examples": ["anthropic/claude-sonnet"] },
            "agent_name": { "type": "string", "pattern": SLUG, "examples": ["developer", "senior-reviewer"] },
        },
    })
}

fn template_property(key: &str) -> Value {
    match key {
        "name" => json!({ "type": "string", "pattern": SLUG, "description": "Optional. The same as the file's name without .yaml." }),
        "description" => text("What the template is for, in a sentence."),
        "budget" => described("budget", "What a whole run may use. A run that reaches a ceiling pauses; one call raises it and goes on."),
        "steps" => json!({
            "description": "The chain, first step first.",
            "type": "array",
            "minItems": 1,
            "maxItems": STEPS_MAX,
            "items": { "oneOf": [reference("agent_step"), reference("check_step"), reference("approval_step")] },
        }),
        unknown => unreachable!("a template has no key {unknown}"),
    }
}

/// What a kind of step looks like.
fn step(kind: Kind, description: &str) -> Value {
    json!({
        "type": "object",
        "description": description,
        "additionalProperties": false,
        "required": [kind.key()],
        "properties": keyed(kind.keys(), step_property),
    })
}

fn step_property(key: &str) -> Value {
    match key {
        "agent" => described("agent_name", "The agent that works: a built-in one, yours, or the repository's."),
        "check" => check(),
        "approval" => text("The question that the person decides."),
        "description" => text("What this step is to do. An agent is sent these words."),
        "model" => json!({
            "description": "The model of this step alone. Of a list the first is asked, and each next one when the provider before it has failed.",
            "oneOf": [reference("model"), { "type": "array", "minItems": 1, "maxItems": MODELS_MAX, "uniqueItems": true, "items": reference("model") }],
        }),
        "on_changes_requested" => described("way_back", "Where the findings of this reviewing step go."),
        "budget" => described("budget", "What all attempts at this step may use together."),
        "retry" => retry(),
        "stall_after" => {
            described("duration", "Silence after which an attempt counts as stalled, at most 24h. Unless said, the server's setting.")
        }
        "permissions" => described("permissions", "OpenCode's permission rules, behind the agent's own: the last match wins."),
        "timeout" => {
            let minutes = TIMEOUT_DEFAULT.as_secs() / 60;
            let text = format!("How long each command may take, at most {TIMEOUT_HOURS_MAX}h. Unless said, {minutes}m.");
            described("duration", &text)
        }
        "on_failure" => described("way_back", "Who mends what fails. Unless said, the nearest earlier agent that may write."),
        "remind_after" => described("duration", "When to remind of a decision that is still open, at most 30 days."),
        unknown => unreachable!("no step has a key {unknown}"),
    }
}

fn check() -> Value {
    let command = text("A command, as a shell takes it.");
    json!({
        "description": format!("A command, a list of commands, or {AUTO}: what the repository's own files suggest, found when the step begins."),
        "oneOf": [command, { "type": "array", "minItems": 1, "maxItems": COMMANDS_MAX, "items": {
            "type": "string", "pattern": TEXT, "not": { "const": AUTO },
        } }],
        "examples": [AUTO, "cargo test", ["cargo fmt --check", "cargo test"]],
    })
}

fn way_back() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": [steps::LOOP_KEYS[0]],
        "properties": keyed(&steps::LOOP_KEYS, |key| match key {
            "back_to" => described("agent_name", "The agent of an earlier step; the nearest one before this."),
            "max_rounds" => json!({
                "type": "integer", "minimum": 1, "maximum": ROUNDS_MAX, "default": ROUNDS_DEFAULT,
                "description": "How many times it may go back. The next time ends the run.",
            }),
            unknown => unreachable!("a way back has no key {unknown}"),
        }),
    })
}

fn budget_schema() -> Value {
    let whole = |most: u64, description: &str| json!({ "type": "integer", "minimum": 1, "maximum": most, "description": description });
    let property = |key: &str| match key {
        "tokens" => whole(budget::TOKENS_MAX, "Input and output together, subagents and failed attempts included."),
        "money" => json!({
            "type": "number", "minimum": budget::MONEY_MIN, "maximum": budget::MONEY_MAX,
            "description": "In US dollars, as far as the provider's prices are known.",
        }),
        "minutes" => whole(budget::MINUTES_MAX, "Of agents' and checks' time, not of waiting for a person."),
        "attempts" => whole(u64::from(budget::ATTEMPTS_MAX), "Visits of steps, repeated ones included."),
        unknown => unreachable!("a budget has no key {unknown}"),
    };
    json!({
        "type": "object",
        "description": "Ceilings. What is left out is not limited.",
        "additionalProperties": false,
        "properties": keyed(&budget::KEYS, property),
    })
}

fn retry() -> Value {
    let unless_said = RetryPolicy::default();
    let attempts = json!({
        "type": "integer", "minimum": 1, "maximum": RetryPolicy::ATTEMPTS_MAX, "default": unless_said.attempts,
        "description": "Attempts in a row that may fail before the step does; 1 never tries again.",
    });
    let pause = format!(
        "Before the second attempt, doubled for each one after it, at most {}m. Unless said, {}s.",
        RetryPolicy::PAUSE_MAX.as_secs() / 60,
        unless_said.pause.as_secs()
    );
    let map = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": keyed(&steps::RETRY_KEYS, |key| match key {
            "attempts" => attempts.clone(),
            "pause" => described("duration", &pause),
            unknown => unreachable!("retry has no key {unknown}"),
        }),
    });
    json!({ "description": "How often a failed attempt is followed by another: a number of attempts, or a map.", "oneOf": [attempts, map] })
}

fn permissions() -> Value {
    let mut of_a_tool = described("permission", "Whether the agent may use this tool in this step. To ask waits for a person.");
    of_a_tool["examples"] = json!(actions());
    json!({
        "description": "One word for everything, or a map from a tool to a word, or to a map from a pattern to a word.",
        "oneOf": [{ "enum": actions() }, { "type": "object", "additionalProperties": of_a_tool }],
        "examples": [{ "webfetch": "allow", "bash": { "*": "deny", "cargo *": "allow" } }],
    })
}

fn actions() -> [&'static str; 3] {
    Action::ALL.map(Action::as_str)
}

fn permission() -> Value {
    let action = json!({ "enum": actions() });
    json!({ "oneOf": [action, { "type": "object", "additionalProperties": action }] })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "pattern": TEXT, "description": description })
}

fn reference(definition: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{definition}") })
}

/// Draft 7 ignores whatever stands beside a reference, so that it has to stand around it.
fn described(definition: &str, description: &str) -> Value {
    json!({ "description": description, "allOf": [reference(definition)] })
}

/// A property for each key that the parser knows.
fn keyed(keys: &[&str], property: impl Fn(&str) -> Value) -> Value {
    let pair = |key: &&str| ((*key).to_owned(), property(key));
    Value::Object(keys.iter().map(pair).collect::<Map<_, _>>())
}
