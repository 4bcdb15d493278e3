//! What a search in a transcript has found, in words.

use super::format::counted;
use serde_json::Value;

/// The words of the API by which entries are sorted out, and what is read of them.
pub const SORTS: [(&str, &str); 6] = [
    ("", "Any entry"),
    ("errors", "Errors"),
    ("tools", "Tool calls"),
    ("edits", "Edits"),
    ("texts", "What it said"),
    ("notices", "Notices"),
];

/// How many there are, and how many of them are shown.
pub fn how_many(found: &Value) -> String {
    let total = found["total"].as_u64().unwrap_or_default();
    let shown = found["items"].as_array().map_or(0, Vec::len);
    let all = counted(usize::try_from(total).unwrap_or(usize::MAX), "entry", "entries");
    match shown as u64 {
        0 => "No entry has this. Case does not matter; spelling does.".to_owned(),
        first if first < total => format!("{all}, the first {shown} are shown"),
        _ => all,
    }
}

/// The tool's name, or what kind of entry it is.
pub fn label(part: &Value) -> String {
    part["tool"].as_str().or(part["kind"].as_str()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_shown_is_said() {
        assert!(how_many(&json!({ "total": 0, "items": [] })).starts_with("No entry"));
        assert_eq!(how_many(&json!({ "total": 1, "items": [1] })), "1 entry");
        assert_eq!(how_many(&json!({ "total": 120, "items": [1, 2] })), "120 entries, the first 2 are shown");
    }

    #[test]
    fn an_entry_is_called_by_its_tool_or_its_kind() {
        assert_eq!(label(&json!({ "kind": "tool", "tool": "bash" })), "bash");
        assert_eq!(label(&json!({ "kind": "text", "tool": null })), "text");
    }
}
