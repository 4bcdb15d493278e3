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

/// A text as the address of a file to be downloaded.
pub fn text_file(text: &str) -> String {
    format!("data:text/markdown;charset=utf-8,{}", encode(text))
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

/// The form, with what a pipeline was asked.
pub fn again(id: i64) -> String {
    format!("/pipelines/new?from={id}")
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
    pub template: String,
    pub repo: String,
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
        Self { status: text("status"), template: text("template"), repo: text("repo"), q: text("q") }
    }

    pub fn are_empty(&self) -> bool {
        *self == Self::default()
    }

    /// With the names of the API and of the page's own address, which are the same.
    pub fn pairs(&self) -> [(&'static str, Option<&str>); 4] {
        let Self { status, template, repo, q } = self;
        [("status", Some(status)), ("template", Some(template)), ("repo", Some(repo)), ("q", Some(q))]
    }

    /// The page's own address with these filters.
    pub fn href(&self) -> String {
        with_query("/pipelines", &self.pairs())
    }

    pub fn with_status(&self, status: &str) -> Self {
        Self { status: status.to_owned(), ..self.clone() }
    }

    /// What was typed in the search field: words, and `template:NAME`, `repo:PATH` and `status:NAME` among them.
    pub fn typed(&self, text: &str) -> Self {
        let mut filters = Self { status: self.status.clone(), ..Self::default() };
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            let (field, value) = match word.split_once(':') {
                Some(("template", value)) => (&mut filters.template, value),
                Some(("repo", value)) => (&mut filters.repo, value),
                Some(("status", value)) => (&mut filters.status, value),
                _ => {
                    words.push(word);
                    continue;
                }
            };
            value.clone_into(field);
        }
        Self { q: words.join(" "), ..filters }
    }

    /// What stands in the search field. A status has its own place beside it.
    pub fn text(&self) -> String {
        let named = [("template:", &self.template), ("repo:", &self.repo), ("", &self.q)];
        let words = named.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}{value}"));
        words.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_person_types_survives_the_url() {
        assert_eq!(encode("a b&c=d/ü"), "a%20b%26c%3Dd%2F%C3%BC");
        let filters = Filters { status: "failed".to_owned(), q: "50 % & more".to_owned(), ..Filters::default() };
        assert_eq!(filters.href(), "/pipelines?status=failed&q=50%20%25%20%26%20more");
    }

    #[test]
    fn empty_filters_leave_a_clean_address() {
        assert_eq!(Filters::default().href(), "/pipelines");
        assert!(Filters::default().typed("  ").are_empty());
        assert_eq!(Filters::default().with_status("failed").with_status("").href(), "/pipelines");
    }

    #[test]
    fn a_search_may_name_a_template_a_repository_and_a_status() {
        let filters = Filters::default().with_status("failed").typed(" search  template:quick_fix box ");
        assert_eq!((filters.template.as_str(), filters.q.as_str(), filters.status.as_str()), ("quick_fix", "search box", "failed"));
        assert_eq!(filters.text(), "template:quick_fix search box");
        assert_eq!(filters.typed(&filters.text()), filters, "typing on begins where it was");
        assert_eq!(filters.href(), "/pipelines?status=failed&template=quick_fix&q=search%20box");
        assert_eq!(filters.typed("status:paused repo:/srv/shop").href(), "/pipelines?status=paused&repo=%2Fsrv%2Fshop");
        assert_eq!(filters.typed("fix: a").q, "fix: a", "other words may have a colon");
    }
}
