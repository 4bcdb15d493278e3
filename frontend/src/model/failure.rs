//! One shape for whatever can go wrong with a call: what the server said, or why it could say nothing.

use super::json;
use agency_contract::{FieldError, Problem};

/// A call that failed, ready to be shown: title, detail, a stable code, and what was wrong with which field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub title: String,
    pub detail: String,
    /// The problem's code, or one of the page's own: `unreachable`, `unexpected_answer`.
    pub code: String,
    /// The HTTP status; `None` where no answer came.
    pub status: Option<u16>,
    pub fields: Vec<FieldError>,
}

/// The code of a call that got no answer.
pub const UNREACHABLE: &str = "unreachable";
/// The code of an answer that is not what the API promises.
pub const UNEXPECTED_ANSWER: &str = "unexpected_answer";

impl ApiError {
    /// No answer came: the server is down, restarting, or the time for the call is up.
    pub fn unreachable() -> Self {
        Self {
            title: "The server does not answer".to_owned(),
            detail: "It may be restarting. What you see stays as it is; try again in a moment.".to_owned(),
            code: UNREACHABLE.to_owned(),
            status: None,
            fields: Vec::new(),
        }
    }

    /// An answer came that is no problem document and not what was asked for.
    pub fn unexpected(status: u16, cause: &str) -> Self {
        Self {
            title: "The server's answer cannot be read".to_owned(),
            detail: format!("It answered {status}: {cause}. Reload the page; after an upgrade the page and the server may differ."),
            code: UNEXPECTED_ANSWER.to_owned(),
            status: Some(status),
            fields: Vec::new(),
        }
    }

    /// Reads the body of an answer with an error status.
    pub fn from_body(status: u16, body: &str) -> Self {
        match json::read::<Problem>(body) {
            Ok(problem) => Self {
                title: problem.title,
                detail: problem.detail,
                code: problem.code,
                status: Some(problem.status),
                fields: problem.errors,
            },
            // A proxy in front of a server that is down answers with a page of its own.
            Err(_) if matches!(status, 502..=504) => Self { status: Some(status), ..Self::unreachable() },
            Err(_) => Self::unexpected(status, "not a problem document"),
        }
    }

    /// Whether the state on the server is another one than the page showed.
    pub fn is_conflict(&self) -> bool {
        self.status == Some(409)
    }

    /// Whether the same call may well succeed in a moment: no answer came, or the server could not do its work just then.
    pub fn may_pass(&self) -> bool {
        self.status.is_none_or(|status| status == 429 || status >= 500)
    }

    pub fn is_not_found(&self) -> bool {
        self.status == Some(404)
    }

    /// What "Copy details" puts on the clipboard.
    pub fn for_a_report(&self) -> String {
        let status = self.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        format!("{}\n{}\ncode: {}\nstatus: {status}", self.title, self.detail, self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_is_taken_word_for_word() {
        let body = r#"{"type":"/problems/invalid_input","title":"The input is not valid","status":422,"detail":"Mend it.","code":"invalid_input",
            "errors":[{"field":"repo","message":"no such directory"}]}"#;
        let error = ApiError::from_body(422, body);
        assert_eq!((error.code.as_str(), error.status), ("invalid_input", Some(422)));
        assert_eq!(error.fields[0].field, "repo");
        assert!(!error.may_pass());
    }

    #[test]
    fn a_proxy_without_its_server_reads_as_unreachable() {
        let error = ApiError::from_body(502, "<html>Bad Gateway</html>");
        assert_eq!((error.code.as_str(), error.status), (UNREACHABLE, Some(502)));
        assert!(error.may_pass() && ApiError::unreachable().may_pass());
    }

    #[test]
    fn anything_else_is_named_as_unexpected_with_its_status() {
        let error = ApiError::from_body(500, "oops");
        assert_eq!(error.code, UNEXPECTED_ANSWER);
        assert!(error.detail.contains("500"));
        assert!(error.for_a_report().contains("code: unexpected_answer"));
    }
}
