//! Durations as people write them: `90s`, `10m`, `4h`. Used by the settings alone.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A duration that reads and writes as a number with a unit: `ms`, `s`, `m` or `h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub Duration);

/// Longest span that makes sense here: a week.
const SECONDS_MAX: u64 = 7 * 24 * 3600;

impl FromStr for Span {
    type Err = String;

    fn from_str(raw: &str) -> Result<Self, String> {
        let fault = || format!("{raw:?} is no duration; write 90s, 10m or 4h");
        let digits = raw.find(|c: char| !c.is_ascii_digit()).ok_or_else(fault)?;
        let (number, unit) = raw.split_at(digits);
        let number: u64 = number.parse().map_err(|_| fault())?;
        let millis_per_unit = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(fault()),
        };
        let millis = number.checked_mul(millis_per_unit).ok_or_else(fault)?;
        if millis > SECONDS_MAX * 1_000 {
            return Err(format!("{raw:?} is out of bounds; use at most a week"));
        }
        Ok(Self(Duration::from_millis(millis)))
    }
}

impl TryFrom<String> for Span {
    type Error = String;
    fn try_from(raw: String) -> Result<Self, String> {
        raw.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        match millis {
            0 => f.write_str("0s"),
            _ if millis.is_multiple_of(3_600_000) => write!(f, "{}h", millis / 3_600_000),
            _ if millis.is_multiple_of(60_000) => write!(f, "{}m", millis / 60_000),
            _ if millis.is_multiple_of(1_000) => write!(f, "{}s", millis / 1_000),
            _ => write!(f, "{millis}ms"),
        }
    }
}
