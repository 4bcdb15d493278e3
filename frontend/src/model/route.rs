//! Which address shows which page, and what its query says.

use super::catalog::Shelf;

/// Where the tab is: the path, and the query's pairs, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    pub path: String,
    query: Vec<(String, String)>,
}

impl Address {
    /// `search` with or without its question mark.
    pub fn new(path: &str, search: &str) -> Self {
        let pairs = search.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
        let query = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(name, value)| (decode(name), decode(value)));
        Self { path: path.to_owned(), query: query.collect() }
    }

    /// The first value under `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the tab is at `href` or below it.
    pub fn is_within(&self, href: &str) -> bool {
        self.path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// A page, with what its address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    Pipelines,
    NewPipeline,
    Pipeline(i64),
    /// Two side by side.
    Compare(i64, i64),
    /// Of one pipeline, or of all.
    Audit(Option<i64>),
    Inbox,
    Templates,
    Agents,
    /// One file, or a new one; its name is the last of the address.
    File(Shelf),
    Settings,
    NotFound,
}

impl Route {
    pub fn of(path: &str) -> Self {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let numbered = |id: &str, page: fn(i64) -> Self| id.parse().map_or(Self::NotFound, page);
        match segments.as_slice() {
            [] | ["pipelines"] => Self::Pipelines,
            ["pipelines", "new"] => Self::NewPipeline,
            ["pipelines", id] => numbered(id, Self::Pipeline),
            ["pipelines", id, "compare", other] => {
                id.parse().ok().zip(other.parse().ok()).map_or(Self::NotFound, |(id, other)| Self::Compare(id, other))
            }
            ["pipelines", id, "audit"] => numbered(id, |id| Self::Audit(Some(id))),
            // What the inbox was called before agents asked questions: links to it stay good.
            ["inbox" | "approvals"] => Self::Inbox,
            ["audit"] => Self::Audit(None),
            ["templates"] => Self::Templates,
            ["agents"] => Self::Agents,
            ["templates", _] => Self::File(Shelf::Templates),
            ["agents", _] => Self::File(Shelf::Agents),
            ["settings" | "doctor"] => Self::Settings,
            _ => Self::NotFound,
        }
    }
}

/// Undoes the percent-encoding of a query; what is no encoding stays as it is.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
                continue;
            }
            (b'+', ..) => decoded.push(b' '),
            _ => decoded.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::urls::with_query;

    #[test]
    fn each_page_has_its_address() {
        for (path, route) in [
            ("/", Route::Pipelines),
            ("/pipelines/", Route::Pipelines),
            ("/pipelines/new", Route::NewPipeline),
            ("/pipelines/7", Route::Pipeline(7)),
            ("/pipelines/7/compare/9", Route::Compare(7, 9)),
            ("/pipelines/7/compare/x", Route::NotFound),
            ("/pipelines/7/audit", Route::Audit(Some(7))),
            ("/pipelines/seven", Route::NotFound),
            ("/inbox", Route::Inbox),
            ("/approvals", Route::Inbox),
            ("/audit", Route::Audit(None)),
            ("/settings", Route::Settings),
            ("/doctor", Route::Settings),
            ("/templates/quick_fix", Route::File(Shelf::Templates)),
            ("/agents/new", Route::File(Shelf::Agents)),
            ("/audit/7", Route::NotFound),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }

    #[test]
    fn a_query_is_read_as_it_was_written() {
        let value = "ä & b = 100% +?#/";
        let url = with_query("/pipelines", &[("q", Some(value)), ("status", Some("failed"))]);
        let address = Address::new("/pipelines", &url["/pipelines".len()..]);
        assert_eq!((address.get("q"), address.get("status"), address.get("page")), (Some(value), Some("failed"), None));
        assert_eq!(Address::new("", "a+b=%zz&c").get("a b"), Some("%zz"));
    }

    #[test]
    fn a_page_is_within_its_section_and_not_within_one_that_begins_alike() {
        let address = Address::new("/pipelines/7", "");
        assert!(address.is_within("/pipelines") && !address.is_within("/pipe") && !address.is_within("/audit"));
    }
}
