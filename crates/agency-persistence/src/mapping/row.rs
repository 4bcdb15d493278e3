//! What every mapping needs: words, times, numbers and JSON out of columns, with one error for all that do not fit.

use agency_domain::Timestamp;
use agency_domain::pipelines::StoreError;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::time::Duration;

/// The row that is being read, for the error.
pub(crate) struct Row {
    table: &'static str,
    id: String,
}

impl Row {
    pub(crate) fn new(table: &'static str, id: impl Display) -> Self {
        Self { table, id: id.to_string() }
    }

    pub(crate) fn corrupt(&self, column: &str, detail: impl Display) -> StoreError {
        StoreError::Corrupt { table: self.table, id: self.id.clone(), detail: format!("{column}: {detail}") }
    }

    /// The value of a parser of the domain.
    pub(crate) fn parsed<T, E: Display>(&self, column: &str, parsed: Result<T, E>) -> Result<T, StoreError> {
        parsed.map_err(|error| self.corrupt(column, error))
    }

    /// As [`Row::parsed`], where the column may be empty.
    pub(crate) fn parsed_if<T, E: Display>(
        &self,
        column: &str,
        text: Option<&str>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.parsed(column, parse(text))).transpose()
    }

    pub(crate) fn time(&self, column: &str, text: &str) -> Result<Timestamp, StoreError> {
        self.parsed(column, text.parse())
    }

    pub(crate) fn time_if(&self, column: &str, text: Option<&str>) -> Result<Option<Timestamp>, StoreError> {
        self.parsed_if(column, text, str::parse)
    }

    /// A value that serde writes as one word.
    pub(crate) fn word<'a, T: Deserialize<'a>>(&self, column: &str, word: &'a str) -> Result<T, StoreError> {
        let words: StrDeserializer<'a, WordError> = word.into_deserializer();
        self.parsed(column, T::deserialize(words))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str, text: &str) -> Result<T, StoreError> {
        self.parsed(column, serde_json::from_str(text))
    }

    /// An unsigned number out of a column that is signed.
    pub(crate) fn count<T: TryFrom<i64>>(&self, column: &str, number: i64) -> Result<T, StoreError> {
        T::try_from(number).map_err(|_| self.corrupt(column, format!("{number} is out of range")))
    }

    /// What must be there in this state of the row.
    pub(crate) fn needed<T>(&self, column: &str, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| self.corrupt(column, "is empty"))
    }
}

/// RFC 3339 in UTC with exactly three fractional digits, so that the order of texts is the order of times.
pub(crate) fn time_of(at: Timestamp) -> String {
    format!("{:.3}", to_milliseconds(at))
}

/// The first time that can be stored from `at` on: whatever is stored compares with it as with `at` itself.
pub(crate) fn time_from(at: Timestamp) -> String {
    let stored = to_milliseconds(at);
    let next = if stored < at { stored.checked_add(Duration::from_millis(1)).unwrap_or(Timestamp::MAX) } else { stored };
    format!("{next:.3}")
}

/// The precision that is stored. What is published carries it too, so that a replay shows the same.
pub(crate) fn to_milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).expect("a timestamp's own milliseconds are in range")
}

/// The word that serde writes for a variant without data.
pub(crate) fn word_of<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => unreachable!("{other} is no word: only enums without data come here"),
        Err(error) => unreachable!("an enum without data serialises: {error}"),
    }
}

/// A value of ours as JSON.
pub(crate) fn json_of<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("types of the domain have string keys and no failing serialisers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_time_texts_is_the_order_of_times() {
        let texts = [0, 1, 999, 1_000, 1_764_000_000_000, 1_764_000_000_010].map(|ms| time_of(Timestamp::from_millisecond(ms).unwrap()));
        assert!(texts.is_sorted(), "{texts:?}");
        assert_eq!(texts[1], "1970-01-01T00:00:00.001Z");
        assert!(texts.iter().all(|text| text.len() == texts[0].len()));
    }

    #[test]
    fn what_does_not_fit_names_table_row_and_column() {
        let error = Row::new("steps", 7).time("started_at", "yesterday").unwrap_err().to_string();
        assert!(error.starts_with("row 7 of steps cannot be read: started_at: "), "{error}");
    }
}
