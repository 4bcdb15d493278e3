//! The one way in which the page reads JSON.
//!
//! Every text becomes a plain value first and its type second, through a reader that knows only what the wire uses: objects for structs, strings for
//! enums. The general reader would also accept arrays for structs and objects for enums, and the code for that is a tenth of the whole module.

use serde::de::value::StringDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value, map};
use std::vec;

pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    from_value(serde_json::from_str(text)?)
}

pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(Plain(value))
}

/// A value that is read as a type.
struct Plain(Value);

impl Plain {
    fn is_not(&self, wanted: &str) -> Error {
        let found = match &self.0 {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Error::custom(format_args!("{found} in the place of {wanted}"))
    }

    fn object<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(fields) => visitor.visit_map(Fields { fields: fields.into_iter(), value: Value::Null }),
            _ => Err(self.is_not("an object")),
        }
    }
}

impl<'de> Deserializer<'de> for Plain {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(flag),
            Value::Number(number) => number.deserialize_any(visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(Items { items: items.into_iter() }),
            Value::Object(_) => self.object(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.object(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.object(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items { items: items.into_iter() }),
            _ => Err(self.is_not("a list")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            _ => Err(self.is_not("a string")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(IntoDeserializer::<Error>::into_deserializer(name)),
            _ => Err(self.is_not("one of several names")),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

struct Items {
    items: vec::IntoIter<Value>,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.items.next().map(|item| seed.deserialize(Plain(item))).transpose()
    }
}

struct Fields {
    fields: map::IntoIter,
    /// Of the key that was read last.
    value: Value,
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.fields.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(StringDeserializer::<Error>::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Plain(self.value.take()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_contract::{Page, Template, Tokens, Usage};
    use serde_json::json;

    #[test]
    fn the_wire_is_read_as_the_general_reader_reads_it() {
        let page = json!({"next_cursor": null, "unknown": {"a": [1]}, "items": [{
            "name": "quick_fix", "description": "ü", "source": "built_in", "error": "line 3",
            "budget": {"tokens": 5, "money": null},
            "steps": [{"agent": "developer", "model": ["a/b", "c/d"]}, {"check": "make"}, {"agent": "senior-reviewer", "on_changes_requested": {"back_to": "developer", "max_rounds": 3}}]
        }]});
        let general: Page<Template> = serde_json::from_value(page.clone()).unwrap();
        assert_eq!(from_value::<Page<Template>>(page).unwrap(), general);
    }

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
        assert!(fault.contains("a string in the place of a list"), "{fault}");
        assert!(read::<Page<Template>>("[").is_err());
        assert!(from_value::<Page<Template>>(json!([[], null])).is_err());
        assert!(read::<Tokens>("{}").unwrap_err().to_string().contains("input"));
    }
}
