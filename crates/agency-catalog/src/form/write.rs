//! Values as YAML, in the plainest way that the parser reads as meant.

use crate::node::{Data, Node};
use agency_domain::templates::FieldKind;
use serde_json::Value;

/// Where a value is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// Behind a key of a map in lines, whose keys begin in this column (from 0); `has_room` where nothing else stands on the line.
    Lines { column: usize, has_room: bool },
    /// Between braces or brackets.
    Braces,
}

/// What a field holds once a person has typed `typed`; `None` where it is taken out.
pub(super) fn value_of(kind: FieldKind, typed: &str) -> Option<Value> {
    let typed = typed.replace("\r\n", "\n");
    let typed = typed.trim_end();
    match kind {
        _ if typed.trim().is_empty() => None,
        FieldKind::Number => Some(number(typed.trim()).unwrap_or_else(|| Value::from(typed.trim()))),
        FieldKind::List => {
            let items: Vec<&str> = typed.lines().map(str::trim).filter(|item| !item.is_empty()).collect();
            Some(if let [one] = items.as_slice() { Value::from(*one) } else { Value::from(items) })
        }
        FieldKind::Text | FieldKind::Choice | FieldKind::Span => Some(Value::from(typed.trim())),
        FieldKind::LongText => Some(Value::from(typed)),
    }
}

/// A number as YAML has them; what has blanks in it would bring something else along.
fn number(typed: &str) -> Option<Value> {
    if !typed.chars().all(|letter| letter.is_ascii_graphic() && letter != '#') {
        return None;
    }
    let node = Node::from_yaml(&format!("k: {typed}\n")).ok()?;
    match &node.child("k")?.data {
        Data::Number(number) => Some(Value::Number(number.clone())),
        Data::Null | Data::Bool(_) | Data::Text(_) | Data::List(_) | Data::Map(_) => None,
    }
}

/// The value as text; `typed` is how a number was written.
pub(super) fn written(value: &Value, typed: &str, around: Around) -> String {
    match value {
        Value::String(text) => scalar(text, around),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| scalar(item.as_str().unwrap_or_default(), Around::Braces)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Number(_) => typed.trim().to_owned(),
        Value::Null | Value::Bool(_) | Value::Object(_) => value.to_string(),
    }
}

fn scalar(text: &str, around: Around) -> String {
    if reads_as(text, text, around) {
        return text.to_owned();
    }
    if let Around::Lines { column, has_room: true } = around
        && text.contains('\n')
    {
        let indent = " ".repeat(column + 2);
        let lines = text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("\n{indent}{line}") });
        let block = format!("|-{}", lines.collect::<String>());
        if reads_as(&block, text, around) {
            return block;
        }
    }
    quoted(text)
}

/// JSON's quotes and escapes are YAML's too.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Whether a value that is written like this is read as that text.
fn reads_as(written: &str, text: &str, around: Around) -> bool {
    if written == text && text.contains(['\n', '\t']) {
        return false;
    }
    let around = match around {
        Around::Lines { column, .. } => format!("{}k: {written}\n", " ".repeat(column)),
        Around::Braces => format!("{{ k: {written}, l: 1 }}"),
    };
    Node::from_yaml(&around).ok().and_then(|node| Some(node.child("k")?.data == Data::Text(text.to_owned()))).unwrap_or(false)
}
