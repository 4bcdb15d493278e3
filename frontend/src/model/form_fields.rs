//! A template's form, as far as the page decides anything about it: the server says what its fields are and changes the text.

use super::bodies::body;
use agency_contract::{FormField, StepKind};
use serde_json::Value;

/// The step that a field belongs to, from 0; `None` for one of the template itself.
pub fn step_of(path: &str) -> Option<u32> {
    path.strip_prefix("steps[")?.split(']').next()?.parse().ok()
}

/// Whether a field is the first of its group.
pub fn heads_group(fields: &[FormField], path: &str) -> bool {
    let place = fields.iter().position(|field| field.path == path);
    place.is_some_and(|place| place == 0 || fields[place - 1].group != fields[place].group)
}

pub fn steps_of(fields: &[FormField]) -> u32 {
    fields.iter().rev().find_map(|field| step_of(&field.path)).map_or(0, |last| last + 1)
}

pub fn set(path: &str, value: &str) -> Value {
    body(vec![("set", body(vec![("path", path.into()), ("value", value.into())]))])
}

/// A step behind another one. An agent's begins as a developer's.
pub fn add_step(after: u32, kind: StepKind) -> Value {
    let (kind, agent) = match kind {
        StepKind::Agent => ("agent", Some("developer")),
        StepKind::Check => ("check", None),
        StepKind::Approval => ("approval", None),
    };
    body(vec![("add_step", body(vec![("after", after.into()), ("kind", kind.into()), ("agent", agent.into())]))])
}

pub fn remove_step(step: u32) -> Value {
    body(vec![("remove_step", step.into())])
}

pub fn move_step(from: u32, to: u32) -> Value {
    body(vec![("move_step", body(vec![("from", from.into()), ("to", to.into())]))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_contract::TemplateChange;

    #[test]
    fn changes_are_what_the_server_takes() {
        for change in
            [set("steps[0].agent", ""), add_step(1, StepKind::Agent), add_step(0, StepKind::Check), remove_step(2), move_step(1, 0)]
        {
            serde_json::from_value::<TemplateChange>(change.clone()).unwrap_or_else(|error| panic!("{change}: {error}"));
        }
    }

    #[test]
    fn a_field_says_its_step_and_whether_it_heads_its_group() {
        let field = |path: &str, group: &str| -> FormField {
            serde_json::from_value(
                serde_json::json!({"path": path, "label": "", "group": group, "kind": "text", "value": "", "options": [],
                "hint": "", "line": null}),
            )
            .unwrap()
        };
        let fields = [
            field("description", "Template"),
            field("steps[0].agent", "Step 1"),
            field("steps[0].model", "Step 1"),
            field("steps[1].agent", "Step 2"),
        ];
        assert_eq!(fields.each_ref().map(|field| heads_group(&fields, &field.path)), [true, true, false, true]);
        assert_eq!(fields.each_ref().map(|field| step_of(&field.path)), [None, Some(0), Some(0), Some(1)]);
        assert_eq!((steps_of(&fields), steps_of(&fields[..1])), (2, 0));
        assert!(!heads_group(&fields, "nowhere"));
    }
}
