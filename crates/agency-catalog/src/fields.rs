//! Reading the fields of a map, gathering every fault rather than stopping at the first.

use crate::node::{Data, Node, Pair, Place, Syntax};
use agency_domain::templates::{CatalogError, PlanFault, TextFault};
use serde_json::Number;
use std::ops::RangeInclusive;

/// Faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<PlanFault>);

impl Faults {
    pub(crate) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(PlanFault { field: field.into(), message: message.into() });
    }

    pub(crate) fn extend(&mut self, faults: Vec<PlanFault>) {
        self.0.extend(faults);
    }

    pub(crate) fn into_result<T>(self, value: T) -> Result<T, Vec<PlanFault>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}

/// A map that is being read, with its place in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'n> {
    node: &'n Node,
    path: &'n str,
}

impl<'n> Fields<'n> {
    /// The fields of `node` at `path` (empty: the whole file); a fault where it is no map, or where it has keys that are not in `known`.
    pub(crate) fn of(node: &'n Node, path: &'n str, known: &[&str], faults: &mut Faults) -> Option<Self> {
        let Data::Map(pairs) = &node.data else {
            let field = if path.is_empty() { "the file" } else { path };
            faults.add(field, format!("write a map with the keys {}, not {}", known.join(", "), node.what()));
            return None;
        };
        let fields = Self { node, path };
        for pair in pairs.iter().filter(|pair| !known.contains(&pair.key.as_str())) {
            faults.add(fields.at(&pair.key), format!("this key is not known; use {}", known.join(", ")));
        }
        Some(fields)
    }

    /// The path of a field, for faults.
    pub(crate) fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key that is there and not empty.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        let Data::Map(pairs) = &self.node.data else { return None };
        let value = &pairs.iter().find(|pair| pair.key == key)?.value;
        (value.data != Data::Null).then_some(value)
    }

    /// Whether a file has the key with nothing behind it. Programs write null for what they leave out.
    fn is_left_empty(&self, key: &str) -> bool {
        let empty = |pair: &Pair| pair.key == key && pair.place.is_some() && pair.value.data == Data::Null;
        matches!(&self.node.data, Data::Map(pairs) if pairs.iter().any(empty))
    }

    /// Whether the key is there, even with nothing behind it.
    pub(crate) fn has(&self, key: &str) -> bool {
        matches!(&self.node.data, Data::Map(pairs) if pairs.iter().any(|pair| pair.key == key))
    }

    /// A text that is not blank.
    pub(crate) fn text(&self, key: &str, faults: &mut Faults) -> Option<String> {
        let Some(node) = self.get(key) else {
            if self.is_left_empty(key) {
                faults.add(self.at(key), "write a text, or leave the key out");
            }
            return None;
        };
        text_of(node, &self.at(key), faults)
    }

    /// A text that `parse` understands. A number or a truth value comes to it as it was written, so that its own words say what is wrong.
    pub(crate) fn parsed<T>(&self, key: &str, faults: &mut Faults, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let node = self.get(key)?;
        let text = match &node.data {
            Data::Number(number) => number.to_string(),
            Data::Bool(flag) => flag.to_string(),
            Data::Null | Data::Text(_) | Data::List(_) | Data::Map(_) => text_of(node, &self.at(key), faults)?,
        };
        parse(&text).map_err(|message| faults.add(self.at(key), message)).ok()
    }

    /// A number within a range.
    pub(crate) fn number(&self, key: &str, faults: &mut Faults, range: RangeInclusive<f64>) -> Option<f64> {
        let found = self.given_number(key)?.and_then(Number::as_f64).filter(|number| range.contains(number));
        if found.is_none() {
            faults.add(self.at(key), format!("write a number from {} to {}", range.start(), range.end()));
        }
        found
    }

    /// A whole number within a range. `2e6` is one.
    pub(crate) fn whole(&self, key: &str, faults: &mut Faults, range: RangeInclusive<u32>) -> Option<u32> {
        let wide = self.whole_wide(key, faults, u64::from(*range.start())..=u64::from(*range.end()))?;
        Some(u32::try_from(wide).expect("within a range of u32: checked above"))
    }

    /// A whole number that may be large.
    pub(crate) fn whole_wide(&self, key: &str, faults: &mut Faults, range: RangeInclusive<u64>) -> Option<u64> {
        let found = self.given_number(key)?.and_then(whole_of).filter(|number| range.contains(number));
        if found.is_none() {
            faults.add(self.at(key), format!("write a whole number from {} to {}", range.start(), range.end()));
        }
        found
    }

    /// What stands behind a key that is there: a number, or something else.
    fn given_number(&self, key: &str) -> Option<Option<&'n Number>> {
        match &self.get(key)?.data {
            Data::Number(number) => Some(Some(number)),
            Data::Null | Data::Bool(_) | Data::Text(_) | Data::List(_) | Data::Map(_) => Some(None),
        }
    }

    pub(crate) fn flag(&self, key: &str, faults: &mut Faults) -> Option<bool> {
        let node = self.get(key)?;
        if let Data::Bool(flag) = node.data {
            return Some(flag);
        }
        faults.add(self.at(key), format!("write true or false, not {}", node.what()));
        None
    }
}

/// A text that is not blank, wherever it stands. A number or a truth value is none: who means one as a text puts it in quotes.
pub(crate) fn text_of(node: &Node, at: &str, faults: &mut Faults) -> Option<String> {
    match &node.data {
        Data::Text(text) if !text.trim().is_empty() => return Some(text.trim().to_owned()),
        Data::Number(_) | Data::Bool(_) => {
            let written = node.to_json();
            faults
                .add(at, format!("write a text, not {}; where you mean the text {written}, put it in quotes: \"{written}\"", node.what()));
        }
        Data::Text(_) => faults.add(at, "write a text, or leave the key out"),
        Data::Null | Data::List(_) | Data::Map(_) => faults.add(at, format!("write a text, not {}", node.what())),
    }
    None
}

/// People write large numbers as `2e6`, which is read as a number with a point.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, not negative, and within what a float holds exactly")]
fn whole_of(number: &Number) -> Option<u64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    let from_float = |float: f64| ((0.0..=EXACT_MAX).contains(&float) && float.fract() == 0.0).then_some(float as u64);
    number.as_u64().or_else(|| number.as_f64().and_then(from_float))
}

/// Faults with their places, in the order of the file, which begins `lines_before` earlier than what was parsed.
pub(crate) fn by_place(node: &Node, lines_before: u32, faults: Vec<PlanFault>) -> Vec<TextFault> {
    let mut placed: Vec<_> = faults.into_iter().map(|fault| (node.place_of(&fault.field), fault)).collect();
    placed.sort_by_key(|(place, _)| *place);
    let with_place = |(place, fault): (Option<Place>, PlanFault)| TextFault {
        field: Some(fault.field),
        line: place.map(|place| place.line + lines_before),
        column: place.map(|place| place.column),
        message: fault.message,
    };
    placed.into_iter().map(with_place).collect()
}

/// A text that cannot even be taken apart.
pub(crate) fn syntax_fault(lines_before: u32, syntax: Syntax) -> Vec<TextFault> {
    let (line, column) = (syntax.place.map(|place| place.line + lines_before), syntax.place.map(|place| place.column));
    vec![TextFault { field: None, line, column, message: syntax.message }]
}

/// The first fault, as an error of the file; it says how many more there are.
pub(crate) fn first_of(file: &str, faults: Vec<TextFault>) -> CatalogError {
    let more = match faults.len().saturating_sub(1) {
        0 => String::new(),
        1 => " (and 1 more fault)".to_owned(),
        count => format!(" (and {count} more faults)"),
    };
    let first = faults.into_iter().next().expect("asked only where there are faults");
    CatalogError::Broken { file: file.to_owned(), line: first.line, field: first.field, message: format!("{}{more}", first.message) }
}
