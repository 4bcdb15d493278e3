//! A value of a file with the line that it stands on, so that a fault found long after parsing can name it. The same shape serves JSON
//! that came over the API, which has no lines.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, json};
use serde_saphyr::Spanned;
use std::fmt;
use std::ops::Range;

/// Where something stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// `None` where nobody knows.
    pub(crate) place: Option<Place>,
    /// The bytes of a scalar, quotes included; of a list or a map where it begins.
    pub(crate) span: Option<Range<usize>>,
    pub(crate) data: Data,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file.
    Map(Vec<Pair>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pair {
    pub(crate) key: String,
    /// Of the key, which is where people look.
    pub(crate) place: Option<Place>,
    /// The bytes of the key.
    pub(crate) span: Option<Range<usize>>,
    pub(crate) value: Node,
}

/// Why a text is no YAML.
#[derive(Debug)]
pub(crate) struct Syntax {
    pub(crate) place: Option<Place>,
    pub(crate) message: String,
}

impl Node {
    pub(crate) fn from_yaml(text: &str) -> Result<Self, Syntax> {
        let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
        serde_saphyr::from_str_with_options::<Spanned<Data>>(text, options).map(Self::from).map_err(|error| Syntax {
            place: error.location().and_then(known_place),
            message: format!("it is not YAML that can be read: {}", without_place(&error.without_snippet().to_string())),
        })
    }

    pub(crate) fn from_json(value: &Value) -> Self {
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(flag) => Data::Bool(*flag),
            Value::Number(number) => Data::Number(number.clone()),
            Value::String(text) => Data::Text(text.clone()),
            Value::Array(items) => Data::List(items.iter().map(Self::from_json).collect()),
            Value::Object(map) => {
                let pair =
                    |(key, value): (&String, &Value)| Pair { key: key.clone(), place: None, span: None, value: Self::from_json(value) };
                Data::Map(map.iter().map(pair).collect())
            }
        };
        Self { place: None, span: None, data }
    }

    pub(crate) fn to_json(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(flag) => json!(flag),
            Data::Number(number) => Value::Number(number.clone()),
            Data::Text(text) => json!(text),
            Data::List(items) => items.iter().map(Self::to_json).collect(),
            Data::Map(pairs) => Value::Object(pairs.iter().map(|pair| (pair.key.clone(), pair.value.to_json())).collect::<Map<_, _>>()),
        }
    }

    /// For messages: `a list`.
    pub(crate) fn what(&self) -> &'static str {
        match self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "true or false",
            Data::Number(_) => "a number",
            Data::Text(_) => "a text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    /// The value of a key of a map.
    pub(crate) fn child(&self, key: &str) -> Option<&Self> {
        let Data::Map(pairs) = &self.data else { return None };
        pairs.iter().find(|pair| pair.key == key).map(|pair| &pair.value)
    }

    /// The value of a field such as `steps[1].model`; of an empty one, this.
    pub(crate) fn at(&self, field: &str) -> Option<&Self> {
        segments(field).try_fold(self, |node, segment| node.below(segment).map(|(_place, child)| child))
    }

    /// The place of a field such as `steps[1].model`, or of the nearest thing around it that is there.
    pub(crate) fn place_of(&self, field: &str) -> Option<Place> {
        let mut place = self.place;
        let mut node = self;
        for segment in segments(field) {
            let Some((child_place, child)) = node.below(segment) else { break };
            place = child_place.or(place);
            node = child;
        }
        place
    }

    /// What a key or an index leads to, and where that is written.
    fn below(&self, segment: Segment<'_>) -> Option<(Option<Place>, &Self)> {
        match (&self.data, segment) {
            (Data::List(items), Segment::Index(index)) => items.get(index).map(|item| (item.place, item)),
            (Data::Map(pairs), Segment::Key(key)) => pairs.iter().find(|pair| pair.key == key).map(|pair| (pair.place, &pair.value)),
            _no_such_child => None,
        }
    }
}

/// A piece of a field's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Segment<'p> {
    Key(&'p str),
    Index(usize),
}

/// `steps[1].agent` piece by piece.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = Segment<'_>> {
    path.split(['.', '['])
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.strip_suffix(']').and_then(|index| index.parse().ok()).map_or(Segment::Key(piece), Segment::Index))
}

impl From<Spanned<Data>> for Node {
    fn from(spanned: Spanned<Data>) -> Self {
        Self { place: known_place(spanned.referenced), span: known_span(spanned.referenced), data: spanned.value }
    }
}

/// The parser counts lines from the beginning of what it was given, which may not be that of the file.
fn without_place(message: &str) -> &str {
    message.split_once(" at line ").map_or(message, |(what, _place)| what)
}

fn known_place(location: serde_saphyr::Location) -> Option<Place> {
    let line = u32::try_from(location.line()).ok().filter(|line| *line > 0)?;
    let column = u32::try_from(location.column()).unwrap_or(u32::MAX).max(1);
    Some(Place { line, column })
}

fn known_span(location: serde_saphyr::Location) -> Option<Range<usize>> {
    let start = usize::try_from(location.span().byte_offset()?).ok()?;
    Some(start..start + usize::try_from(location.span().byte_len()?).ok()?)
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DataVisitor)
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Data;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Data, E> {
        Ok(Data::Null)
    }

    fn visit_none<E>(self) -> Result<Data, E> {
        Ok(Data::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Data, E> {
        Ok(Data::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Data, E> {
        Ok(Data::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Data, E> {
        Ok(Data::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Data, E> {
        Ok(Number::from_f64(number).map_or_else(|| Data::Text(number.to_string()), Data::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Data, E> {
        Ok(Data::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Data, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Data>>()? {
            list.push(item.into());
        }
        Ok(Data::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Data, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = pairs.next_key::<Spanned<String>>()? {
            let (place, span) = (known_place(key.referenced), known_span(key.referenced));
            map.push(Pair { key: key.value, place, span, value: pairs.next_value::<Spanned<Data>>()?.into() });
        }
        Ok(Data::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "name: a\n# comment\nsteps:\n  - agent: x\n    on: { a: 1,\n      b: 2 }\n  - agent: |\n      two\n      lines\n    last: 1.5\n";

    #[test]
    fn every_field_knows_its_line() {
        let node = Node::from_yaml(TEXT).unwrap();
        assert_eq!(node.place_of("steps[0].agent"), Some(Place { line: 4, column: 5 }));
        for (field, line) in [
            ("name", 1),
            ("steps", 3),
            ("steps[0]", 4),
            ("steps[0].agent", 4),
            ("steps[0].on.b", 6),
            ("steps[1].agent", 7),
            ("steps[1].last", 10),
            ("steps[1].missing", 7),
            ("steps[9]", 3),
        ] {
            assert_eq!(node.place_of(field).map(|place| place.line), Some(line), "{field}");
        }
    }

    #[test]
    fn order_and_types_survive() {
        let node = Node::from_yaml("z: yes\na: true\nn: 12\nt: 10m\nv: \"12\"\ne:\nl: [1, x]\n").unwrap();
        assert_eq!(
            serde_json::to_string(&node.to_json()).unwrap(),
            r#"{"z":"yes","a":true,"n":12,"t":"10m","v":"12","e":null,"l":[1,"x"]}"#
        );
    }

    #[test]
    fn bad_syntax_names_the_line() {
        for (text, line) in
            [("a: 1\nb: [1, 2\nc: 3\n", 2..=4), ("a: 1\na: 2\n", 2..=2), ("a: 1\nb:\n\tc: 2\n", 2..=3), ("- a\nb: 1\n", 2..=2)]
        {
            let syntax = Node::from_yaml(text).unwrap_err();
            assert!(line.contains(&syntax.place.unwrap().line), "{text}: {syntax:?}");
            assert!(!syntax.message.contains("line "), "{syntax:?}");
        }
    }

    #[test]
    fn a_file_that_grows_when_it_is_read_is_refused() {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..9 {
            let refs = format!("*a{},", n - 1).repeat(10);
            text.push_str(&format!("a{n}: &a{n} [{refs}]\n"));
        }
        assert!(Node::from_yaml(&text).is_err());
    }
}
