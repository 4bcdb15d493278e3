//! The one way in which the page reads JSON.
//!
//! Every text becomes a plain value first and its type second. A type says in [`super::wire`] which fields it has, and each is taken out of its object by
//! one of a dozen small functions. What does not fit is noted and read as nothing, and the whole is refused in the end: a way out at each field would
//! have to clear away all fields before it, and the code for that is a tenth of the whole module.

use serde_json::{Map, Value};
use std::fmt;

/// What is wrong with an answer, for whoever looks into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread(String);

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A type that is made of JSON.
pub trait Read: Sized {
    /// What cannot be read is noted, and something of the type comes all the same; nobody sees it.
    fn read(value: Value, faults: &mut Faults) -> Self;
}

/// The first thing that did not fit, and the field that is being read.
#[derive(Debug, Default)]
pub struct Faults {
    first: Option<Misread>,
    field: &'static str,
}

impl Faults {
    fn note(&mut self, value: &Value, wanted: &str) {
        let found = match value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number that does not fit",
            Value::String(text) => text,
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        if self.first.is_none() {
            self.first = Some(Misread([self.field, ": ", found, " in the place of ", wanted].concat()));
        }
    }
}

pub fn read<T: Read>(text: &str) -> Result<T, Misread> {
    from_value(parse(text)?)
}

pub fn from_value<T: Read>(value: Value) -> Result<T, Misread> {
    let mut faults = Faults { first: None, field: "the answer" };
    let read = T::read(value, &mut faults);
    match faults.first {
        None => Ok(read),
        Some(fault) => Err(fault),
    }
}

pub fn parse(text: &str) -> Result<Value, Misread> {
    serde_json::from_str(text).map_err(|error| Misread(error.to_string()))
}

/// On one line. Not by its `Display`, which would bring two writers more into the module.
pub fn line(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The fields of an object that have not been taken yet.
pub struct Object<'a> {
    fields: Map<String, Value>,
    faults: &'a mut Faults,
}

impl<'a> Object<'a> {
    pub fn of(value: Value, faults: &'a mut Faults) -> Self {
        let fields = match value {
            Value::Object(fields) => fields,
            other => {
                faults.note(&other, "an object");
                Map::new()
            }
        };
        Self { fields, faults }
    }

    /// What is missing counts as null.
    pub fn take<T: Read>(&mut self, name: &'static str) -> T {
        let value = self.value(name);
        T::read(value, self.faults)
    }

    /// For a field that may be missing without being optional.
    pub fn take_or_default<T: Read + Default>(&mut self, name: &'static str) -> T {
        let value = self.value(name);
        if value.is_null() { T::default() } else { T::read(value, self.faults) }
    }

    fn value(&mut self, name: &'static str) -> Value {
        self.faults.field = name;
        self.fields.get_mut(name).map(Value::take).unwrap_or_default()
    }
}

/// The place of a name among those that there are; the first where it is none of them.
pub fn word(value: &Value, known: &[&str], faults: &mut Faults) -> usize {
    let place = value.as_str().and_then(|text| known.iter().position(|word| *word == text));
    place.unwrap_or_else(|| {
        faults.note(value, "one of several names");
        0
    })
}

impl Read for Value {
    fn read(value: Value, _: &mut Faults) -> Self {
        value
    }
}

impl Read for String {
    fn read(value: Value, faults: &mut Faults) -> Self {
        match value {
            Value::String(text) => text,
            other => {
                faults.note(&other, "a string");
                Self::new()
            }
        }
    }
}

/// Types of which a value is one or is not, and what they are called.
macro_rules! plain {
    ($($type:ty, $read:expr, $name:literal;)*) => {$(
        impl Read for $type {
            fn read(value: Value, faults: &mut Faults) -> Self {
                $read(&value).unwrap_or_else(|| {
                    faults.note(&value, $name);
                    Self::default()
                })
            }
        }
    )*};
}

plain! {
    bool, Value::as_bool, "a boolean";
    f64, Value::as_f64, "a number";
    i64, Value::as_i64, "a whole number";
    u64, Value::as_u64, "a whole number";
    u32, |value: &Value| value.as_u64()?.try_into().ok(), "a whole number";
    u16, |value: &Value| value.as_u64()?.try_into().ok(), "a whole number";
    i32, |value: &Value| value.as_i64()?.try_into().ok(), "a whole number";
}

impl<T: Read> Read for Option<T> {
    fn read(value: Value, faults: &mut Faults) -> Self {
        if value.is_null() { None } else { Some(T::read(value, faults)) }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let mut all = Self::new();
        for item in items(value, faults) {
            all.push(T::read(item, faults));
        }
        all
    }
}

fn items(value: Value, faults: &mut Faults) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => {
            faults.note(&other, "a list");
            Vec::new()
        }
    }
}

impl<T: Read> Read for Box<T> {
    fn read(value: Value, faults: &mut Faults) -> Self {
        Self::new(T::read(value, faults))
    }
}

impl Read for Map<String, Value> {
    fn read(value: Value, faults: &mut Faults) -> Self {
        Object::of(value, faults).fields
    }
}

/// Types by their fields; behind a semicolon those that may be missing.
macro_rules! objects {
    ($($type:ty { $($field:ident),* $(; $($missing:ident),*)? })*) => {$(
        impl $crate::model::json::Read for $type {
            fn read(value: serde_json::Value, faults: &mut $crate::model::json::Faults) -> Self {
                let mut object = $crate::model::json::Object::of(value, faults);
                Self {
                    $($field: object.take(stringify!($field)),)*
                    $($($missing: object.take_or_default(stringify!($missing)),)*)?
                }
            }
        }
    )*};
}

/// Enumerations by their names on the wire.
macro_rules! words {
    ($($type:ident { $($variant:ident $word:literal),* })*) => {$(
        impl $crate::model::json::Read for $type {
            fn read(value: serde_json::Value, faults: &mut $crate::model::json::Faults) -> Self {
                [$(Self::$variant),*][$crate::model::json::word(&value, &[$($word),*], faults)]
            }
        }
    )*};
}

pub(crate) use {objects, words};

#[cfg(test)]
mod tests {
    use super::*;
    use agency_contract::{Page, Template, Tokens, Usage};
    use serde_json::json;

    #[test]
    fn numbers_keep_their_kind() {
        let usage: Usage =
            from_value(json!({"cost": 0.5, "tokens": {"input": 1, "output": 2, "reasoning": 3, "cache_read": 4, "cache_write": 5}}))
                .unwrap();
        assert_eq!(usage, Usage { cost: Some(0.5), tokens: Tokens { input: 1, output: 2, reasoning: 3, cache_read: 4, cache_write: 5 } });
        assert!(from_value::<Option<u32>>(json!(-1)).is_err());
        assert_eq!(from_value::<Option<f64>>(json!(3)).unwrap(), Some(3.0));
    }

    #[test]
    fn what_has_another_shape_is_named() {
        let fault = from_value::<Page<Template>>(json!({"items": "none", "next_cursor": null})).unwrap_err().to_string();
        assert_eq!(fault, "items: none in the place of a list");
        assert!(read::<Page<Template>>("[").is_err());
        assert!(from_value::<Page<Template>>(json!([[], null])).is_err());
        assert_eq!(read::<Tokens>("{}").unwrap_err().to_string(), "input: nothing in the place of a whole number");
    }
}
