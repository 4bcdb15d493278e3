//! The addresses that the page links to and the queries that it reads from them: filters, step, attempt and tab are all in the URL.

use super::route::Address;
use serde_json::Value;
use std::fmt::Write as _;

/// Percent-encodes one value of a query or one segment of a path.
pub fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => {
                // Writing to a string does not fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// `path?name=value&…` of the pairs that have a value.
pub fn with_query(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let mut url = path.to_owned();
    let mut separator = '?';
    for (name, value) in pairs {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = write!(url, "{separator}{name}={}", encode(value));
            separator = '&';
        }
    }
    url
}

/// The page of the pipeline that an answer holds.
pub fn of_made(answer: &Value) -> String {
    of_field(answer, "id")
}

/// The page of the pipeline whose id a field is.
pub fn of_field(answer: &Value, name: &str) -> String {
    pipeline(answer[name].as_i64().unwrap_or_default())
}

pub fn pipeline(id: i64) -> String {
    format!("/pipelines/{id}")
}

/// A fork beside what it came from.
pub fn comparison(id: i64, other: i64) -> String {
    format!("/pipelines/{id}/compare/{other}")
}

pub fn pipeline_audit(id: i64) -> String {
    format!("/pipelines/{id}/audit")
}

/// The filters of the list of pipelines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// A status of the wire, or several with commas; empty for all.
    pub status: String,
    pub q: String,
}

/// The choices that the list offers: what the wire wants and what a person reads.
pub const STATUS_CHOICES: [(&str, &str); 6] = [
    ("", "All"),
    ("queued,running,waiting_for_approval,paused", "Active"),
    ("waiting_for_approval", "Waiting for you"),
    ("succeeded", "Succeeded"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
];

impl Filters {
    /// What the address of the list asks for.
    pub fn of(address: &Address) -> Self {
        let text = |name| address.get(name).unwrap_or_default().to_owned();
        Self { status: text("status"), q: text("q") }
    }

    pub fn are_empty(&self) -> bool {
        self.status.is_empty() && self.q.is_empty()
    }

    /// The page's own address with these filters.
    pub fn href(&self) -> String {
        with_query("/pipelines", &[("status", Some(&self.status)), ("q", Some(&self.q))])
    }

    pub fn with_status(&self, status: &str) -> Self {
        Self { status: status.to_owned(), ..self.clone() }
    }

    pub fn with_q(&self, q: &str) -> Self {
        Self { q: q.trim().to_owned(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_person_types_survives_the_url() {
        assert_eq!(encode("a b&c=d/ü"), "a%20b%26c%3Dd%2F%C3%BC");
        let filters = Filters { status: "failed".to_owned(), q: "50 % & more".to_owned() };
        assert_eq!(filters.href(), "/pipelines?status=failed&q=50%20%25%20%26%20more");
    }

    #[test]
    fn empty_filters_leave_a_clean_address() {
        assert_eq!(Filters::default().href(), "/pipelines");
        assert!(Filters::default().with_q("  ").are_empty());
        assert_eq!(Filters::default().with_status("failed").with_status("").href(), "/pipelines");
    }
}
