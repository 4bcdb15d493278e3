//! What the schema says of a field: kind, label, hint, examples.

use crate::schema::template_schema;
use agency_domain::templates::FieldKind;
use serde_json::Value;
use std::sync::LazyLock;

/// The schema, to look fields up in.
pub(super) struct Words(Value);

pub(super) struct Word {
    pub(super) kind: FieldKind,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) examples: Vec<String>,
}

/// The schema is the same for as long as the program runs.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| Words(template_schema()));

impl Words {
    /// Of a place such as `budget`, `tokens`; in a step, its kind comes first.
    pub(super) fn of(&self, place: &[&str], in_step: bool) -> Word {
        let (mut schema, keys) = match (in_step, place) {
            (true, [kind, keys @ ..]) => (&self.0["definitions"][format!("{kind}_step")], keys),
            (_, keys) => (&self.0, keys),
        };
        for key in keys {
            let map = self.resolved(schema);
            schema = map["properties"].get(*key).unwrap_or(&map["additionalProperties"]);
        }
        let meaning = self.resolved(schema);
        let key = keys.last().copied().unwrap_or_default();
        Word {
            kind: kind(schema, meaning, key),
            label: label(keys),
            hint: schema["description"].as_str().unwrap_or_default().to_owned(),
            examples: examples(schema).or_else(|| examples(meaning)).unwrap_or_default(),
        }
    }

    /// What a reference leads to; of a choice between a number and a map, the map.
    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let inner = if schema["allOf"].is_array() { &schema["allOf"][0] } else { schema };
        if let Some(name) = inner["$ref"].as_str().and_then(|name| name.strip_prefix("#/definitions/")) {
            return self.resolved(&self.0["definitions"][name]);
        }
        let choices = inner["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        choices.iter().find(|choice| choice["type"] == "object").unwrap_or(inner)
    }
}

fn kind(schema: &Value, meaning: &Value, key: &str) -> FieldKind {
    let is = |definition: &str| schema["allOf"][0]["$ref"] == format!("#/definitions/{definition}");
    let choices = schema["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_number = |schema: &Value| schema["type"] == "integer" || schema["type"] == "number";
    if is("duration") {
        FieldKind::Span
    } else if is("agent_name") || is("permission") {
        FieldKind::Choice
    } else if choices.iter().any(|choice| choice["type"] == "array") {
        FieldKind::List
    } else if is_number(meaning) || choices.iter().any(is_number) {
        FieldKind::Number
    } else if key == "description" || key == "approval" {
        FieldKind::LongText
    } else {
        FieldKind::Text
    }
}

/// `On changes requested: back to`.
fn label(keys: &[&str]) -> String {
    let words = keys.join(": ").replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn examples(schema: &Value) -> Option<Vec<String>> {
    let examples = schema["examples"].as_array()?;
    Some(examples.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
