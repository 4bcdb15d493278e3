//! Carries a change out in the text, and makes sure that the text says what was meant.

use super::entry::{Entry, entry};
use super::meant::meant;
use super::write::value_of;
use super::{fields, set, steps};
use crate::node::{Data, Node, Pair};
use agency_domain::templates::FormChange;
use std::ops::Range;

/// Why a change was not made, when nothing better can be said.
pub(super) const UNABLE: &str = "this part is written in a way that the form cannot change without touching more than it: edit the source";

/// A piece of the text, and what comes in its place.
pub(super) type Splice = (Range<usize>, String);

/// The text with just this changed; or why the form cannot do it, as the end of a sentence. `agents` are those that there are.
pub(crate) fn changed(text: &str, change: &FormChange, agents: &[&str]) -> Result<String, String> {
    let root = Node::from_yaml(text).map_err(|syntax| format!("the text has to be mended first: {}", syntax.message))?;
    let (after, value) = match change {
        FormChange::Set { path, value } => {
            let known = fields(text, &root, agents).into_iter().find(|field| field.path == *path);
            let field = known.ok_or_else(|| format!("the template has no field {path}"))?;
            let meant = value_of(field.kind, value);
            let splices = match &meant {
                Some(meant) => set::set(text, &root, path, meant, value),
                None if field.value.is_empty() => return Ok(text.to_owned()),
                None => set::unset(text, &root, path),
            };
            (spliced(text, splices.ok_or(UNABLE)?), meant)
        }
        FormChange::AddStep { after, step } => (steps::add(text, &root, *after, step)?, None),
        FormChange::RemoveStep(index) => (steps::remove(text, &root, *index)?, None),
        FormChange::MoveStep { from, to } => (steps::moved(text, &root, *from, *to)?, None),
    };
    let meant = meant(root.to_json(), change, value).ok_or(UNABLE)?;
    match Node::from_yaml(&after) {
        Ok(now) if now.to_json() == meant => Ok(after),
        Ok(_) | Err(_) => Err(UNABLE.to_owned()),
    }
}

fn spliced(text: &str, (range, with): Splice) -> String {
    format!("{}{with}{}", &text[..range.start], &text[range.end..])
}

/// The entry of a key in a map.
pub(super) fn find<'n>(text: &str, map: &'n Node, key: &str) -> Option<(Entry, &'n Pair)> {
    let Data::Map(pairs) = &map.data else { return None };
    let pair = pairs.iter().find(|pair| pair.key == key)?;
    Some((entry(text, pair)?, pair))
}
