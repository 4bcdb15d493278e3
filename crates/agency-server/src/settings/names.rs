//! The names of all keys, and the nearest one to a name that is none. Used by the loader.

use super::Settings;
use serde_json::Value;

/// Every key with dots, as the struct has them: `server.port`.
pub(crate) fn known() -> Vec<String> {
    let mut names = Vec::new();
    let defaults = serde_json::to_value(Settings::default()).expect("settings are plain data");
    collect("", &defaults, &mut names);
    names
}

fn collect(prefix: &str, value: &Value, names: &mut Vec<String>) {
    let Value::Object(map) = value else {
        names.push(prefix.to_owned());
        return;
    };
    for (key, value) in map {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        collect(&name, value, names);
    }
}

/// The variable of a key: `server.port` is `AGENCY_SERVER__PORT`.
pub(crate) fn variable(key: &str) -> String {
    format!("{}{}", super::load::PREFIX, key.replace('.', "__").to_uppercase())
}

/// More letters than this apart, and a suggestion would be a riddle.
const DISTANCE_MAX: usize = 4;

/// The key that was probably meant: a key with the same last part, or one that a few letters turn into it.
pub(crate) fn nearest(unknown: &str) -> Option<String> {
    let last = unknown.rsplit('.').next().unwrap_or(unknown);
    known()
        .into_iter()
        .map(|name| {
            let same_end = name.rsplit('.').next() == Some(last);
            (if same_end { 1 } else { distance(&name, unknown) }, name)
        })
        .filter(|(distance, _)| *distance <= DISTANCE_MAX)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
