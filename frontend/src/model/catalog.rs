//! Files of the catalogue as an editor has them: templates and agents.

use super::json::{Faults, Object, Read};
use agency_contract::{FieldError, Source};
use serde_json::Value;

/// Which shelf a file is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    Templates,
    Agents,
}

/// What a new template begins with.
const TEMPLATE: &str = "name: NAME\ndescription: What this chain of steps is for.\nsteps:\n  - agent: developer\n    description: Implement what the request asks for, with a test that fails without it.\n  - agent: senior-reviewer\n    on_changes_requested: { back_to: developer, max_rounds: 3 }\n";

/// What a new agent begins with.
const AGENT: &str = "---\ndescription: What this role is for, in a sentence.\nmode: primary\nagency:\n  access: read_only\n  reviews: false\n---\n\nYou are the NAME of a small team that carries one request through a chain of specialists.\n";

impl Shelf {
    /// Its name in addresses, of the page and of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Templates => "templates",
            Self::Agents => "agents",
        }
    }

    /// One of what is on it.
    pub fn one(self) -> &'static str {
        match self {
            Self::Templates => "template",
            Self::Agents => "agent",
        }
    }

    /// The text that a new file begins with.
    pub fn beginning(self, name: &str) -> String {
        let text = match self {
            Self::Templates => TEMPLATE,
            Self::Agents => AGENT,
        };
        text.replace("NAME", name)
    }

    /// The page of one file.
    pub fn href(self, name: &str) -> String {
        format!("/{}/{}", self.word(), super::urls::encode(name))
    }

    /// Where its file is in the API; `repo` is whose own files count too.
    pub fn url(self, name: &str, repo: Option<&str>) -> String {
        let path = format!("/api/v1/{}/{}", self.word(), super::urls::encode(name));
        super::urls::with_query(&path, &[("repo", repo)])
    }
}

/// A file as the server has it; nothing of it where it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub source: Option<Source>,
    pub text: String,
    pub sha256: Option<String>,
    /// Another file of this name lies behind it.
    pub shadows: bool,
}

/// As far as the editor goes by what the API says of one file.
impl Read for Saved {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let mut object = Object::of(value, faults);
        let source: Source = object.take("source");
        let content: Option<String> = object.take("content");
        let shadows: Vec<Value> = object.take("shadows");
        let sha256 = object.take("sha256");
        Self { source: Some(source), text: content.unwrap_or_default(), sha256, shadows: !shadows.is_empty() }
    }
}

impl Saved {
    /// Whether it is the user's own, which alone can be removed.
    pub fn is_own(&self) -> bool {
        self.source == Some(Source::User)
    }

    /// What saving or removing replaces; nothing of the user's own where there is none.
    pub fn version(&self) -> Option<String> {
        self.sha256.clone().filter(|_| self.is_own())
    }

    pub fn new(shelf: Shelf, name: &str) -> Self {
        Self { source: None, text: shelf.beginning(name), sha256: None, shadows: false }
    }
}

/// What saving does, in a sentence.
pub fn what_saving_does(shelf: Shelf, source: Option<Source>) -> String {
    let one = shelf.one();
    match source {
        None => format!("A new {one} of your own. It counts from the next pipeline on."),
        Some(Source::User) => "Your own file. What is saved counts from the next pipeline on; runs keep what they began with.".to_owned(),
        Some(Source::BuiltIn) => format!("Built in. Saving makes a {one} of your own with this name, which counts in its place."),
        Some(Source::Repository) => {
            format!("From the repository, where it is edited. Saving makes a {one} of your own, which the repository's goes before.")
        }
    }
}

/// A fault with its place: `line 4, steps[0].modle: there is no such field`.
pub fn fault_line(fault: &FieldError) -> String {
    let line = fault.line.map(|line| format!("line {line}, ")).unwrap_or_default();
    format!("{line}{}: {}", fault.field, fault.message)
}

/// Where a line begins in a text, and where it ends, in characters of the browser (UTF-16); lines count from 1.
pub fn span_of_line(text: &str, line: u32) -> (u32, u32) {
    let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
    let mut start = 0;
    for (number, each) in (1_u32..).zip(text.split('\n')) {
        let end = start + units(each);
        if number == line {
            return (start, end);
        }
        start = end + 1;
    }
    (start.saturating_sub(1), start.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::super::json::from_value;
    use super::*;

    #[test]
    fn a_fault_says_where_it_is() {
        let fault = FieldError { field: "steps[0].modle".to_owned(), message: "no such field".to_owned(), line: Some(4), column: Some(5) };
        assert_eq!(fault_line(&fault), "line 4, steps[0].modle: no such field");
        assert_eq!(fault_line(&FieldError { line: None, ..fault }), "steps[0].modle: no such field");
    }

    #[test]
    fn lines_are_found_as_the_browser_counts() {
        let text = "a\nü😀b\n\nend";
        assert_eq!([1, 2, 3, 4].map(|line| span_of_line(text, line)), [(0, 1), (2, 6), (7, 7), (8, 11)]);
        assert_eq!(span_of_line(text, 9), (11, 11));
    }

    #[test]
    fn a_file_is_read_with_its_version() {
        let answer = serde_json::json!({"name": "qa", "source": "user", "file": "/a/qa.md", "content": "x", "sha256": "ab", "warnings": [],
            "shadows": [{"source": "built_in", "file": "qa.md", "content": "y", "sha256": "cd"}]});
        let saved = Saved { source: Some(Source::User), text: "x".to_owned(), sha256: Some("ab".to_owned()), shadows: true };
        assert_eq!(from_value::<Saved>(answer), Ok(saved));
        assert!(from_value::<Saved>(serde_json::json!({"error": 1})).is_err());
    }

    #[test]
    fn a_new_file_has_its_name() {
        assert!(Shelf::Templates.beginning("mine").starts_with("name: mine\n"));
        assert!(Shelf::Agents.beginning("tester").contains("You are the tester of"));
        assert_eq!(Shelf::Agents.url("a b", Some("/r")), "/api/v1/agents/a%20b?repo=%2Fr");
    }
}
