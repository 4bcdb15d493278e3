//! What a change means, carried out on the value of the text: the text must say the same afterwards.

use crate::node::{Segment, segments};
use agency_domain::templates::{AddedStep, FormChange};
use serde_json::{Map, Value, json};

/// The question of an approval that is added.
pub(super) const QUESTION: &str = "Shall it go on?";

/// What the text has to say; `value` is what a set field then holds, `None` where it is taken out. `None` where the change fits nowhere.
pub(super) fn meant(mut root: Value, change: &FormChange, value: Option<Value>) -> Option<Value> {
    match change {
        FormChange::Set { path, .. } => {
            let (parent, key) = path.rsplit_once('.').map_or((None, path.as_str()), |(parent, key)| (Some(parent), key));
            match value {
                Some(value) => make(&mut root, parent)?.insert(key.to_owned(), value),
                None => take(&mut root, parent, key),
            };
        }
        FormChange::AddStep { after, step } => {
            let root = root.as_object_mut()?;
            let steps = root.entry("steps").or_insert(Value::Null);
            if steps.is_null() {
                *steps = json!([]);
            }
            let at = after.map_or(0, |after| after + 1);
            let steps = steps.as_array_mut().filter(|steps| at <= steps.len())?;
            steps.insert(at, step_value(step));
        }
        FormChange::RemoveStep(index) => {
            let steps = root.get_mut("steps")?.as_array_mut().filter(|steps| *index < steps.len())?;
            steps.remove(*index);
        }
        FormChange::MoveStep { from, to } => {
            let steps = root.get_mut("steps")?.as_array_mut().filter(|steps| *from < steps.len() && *to < steps.len())?;
            let step = steps.remove(*from);
            steps.insert(*to, step);
        }
    }
    Some(root)
}

fn step_value(step: &AddedStep) -> Value {
    match step {
        AddedStep::Agent(name) => json!({ "agent": name }),
        AddedStep::Check => json!({ "check": "auto" }),
        AddedStep::Approval => json!({ "approval": QUESTION }),
    }
}

/// The map at a path (`steps[1].budget`), made where it is not there.
fn make<'v>(root: &'v mut Value, path: Option<&str>) -> Option<&'v mut Map<String, Value>> {
    let mut value = root;
    for segment in segments(path.unwrap_or_default()) {
        value = match segment {
            Segment::Key(key) => value.as_object_mut()?.entry(key).or_insert_with(|| json!({})),
            Segment::Index(index) => value.as_array_mut()?.get_mut(index)?,
        };
    }
    value.as_object_mut()
}

/// Takes a key out, and the map with it where it was the last one.
fn take(root: &mut Value, parent: Option<&str>, key: &str) -> Option<Value> {
    let map = make(root, parent)?;
    let taken = map.shift_remove(key);
    if let Some(parent) = parent.filter(|parent| map.is_empty() && !parent.ends_with(']')) {
        let (above, name) = parent.rsplit_once('.').map_or((None, parent), |(above, name)| (Some(above), name));
        make(root, above)?.shift_remove(name);
    }
    taken
}
