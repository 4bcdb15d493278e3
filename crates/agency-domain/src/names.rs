//! Constrained strings. Parsed once at the edge, trusted from there on.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// A string that does not fit its type; the text says what would.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} {given:?} does not fit: {rule}")]
pub struct NameError {
    what: &'static str,
    given: String,
    rule: String,
}

impl NameError {
    fn new(what: &'static str, given: &str, rule: impl Into<String>) -> Self {
        Self { what, given: given.chars().take(80).collect(), rule: rule.into() }
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The string as it was parsed.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(raw: String) -> Result<Self, NameError> {
                Self::parse(&raw)
            }
        }
    };
}

name!(
    /// An agent's name: `senior-reviewer`. 1–64 of `a-z 0-9 - _`, beginning with a letter.
    AgentName
);
name!(
    /// A template's name: `full_feature`. 1–64 of `a-z 0-9 - _`, beginning with a letter.
    TemplateName
);
name!(
    /// A branch of a pipeline: always under `agency/`, lower case, at most 200 bytes; without the `refs/heads/`.
    BranchName
);
name!(
    /// A full commit id: 40 or 64 lower-case hex digits.
    CommitId
);
name!(
    /// A model as `provider/model`; the model's own part may contain slashes.
    ModelName
);
name!(
    /// OpenCode's id of a session.
    SessionId
);
name!(
    /// The id of a prompt, chosen by us before it is sent.
    MessageId
);

const SLUG_RULE: &str = "use 1 to 64 of a-z, 0-9, - and _, beginning with a letter";

fn is_slug(raw: &str) -> bool {
    raw.len() <= 64
        && raw.starts_with(|c: char| c.is_ascii_lowercase())
        && raw.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

impl AgentName {
    /// # Errors
    /// Where `raw` is not a slug.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        if is_slug(raw) { Ok(Self(raw.to_owned())) } else { Err(NameError::new("agent name", raw, SLUG_RULE)) }
    }
}

impl TemplateName {
    /// The name that a chain given as `steps` has.
    pub const AD_HOC: &'static str = "ad_hoc";

    /// # Errors
    /// Where `raw` is not a slug.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        if is_slug(raw) { Ok(Self(raw.to_owned())) } else { Err(NameError::new("template name", raw, SLUG_RULE)) }
    }

    /// The name of a chain that no template file names.
    pub fn ad_hoc() -> Self {
        Self(Self::AD_HOC.to_owned())
    }
}

impl BranchName {
    const BYTES_MAX: usize = 200;
    const SLUG_BYTES_MAX: usize = 48;

    /// Stricter than git's own rule, which accepts `@`, `a;b` and `a$(id)`.
    ///
    /// # Errors
    /// With the rule that `raw` breaks, and the name it could have where only `agency/` is missing.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        let Some(rest) = raw.strip_prefix("agency/") else {
            return Err(NameError::new(
                "branch",
                raw,
                format!("branches of a pipeline are under agency/, for example agency/{}", slug(raw)),
            ));
        };
        if raw.len() > Self::BYTES_MAX {
            return Err(NameError::new("branch", raw, "use at most 200 bytes"));
        }
        if rest.split('/').all(is_branch_segment) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(NameError::new(
                "branch",
                raw,
                "after agency/ use a-z, 0-9, '.', '_' and '-', each part beginning with a letter or digit, without '..', a final '.' or '.lock'",
            ))
        }
    }

    /// `agency/<id>-<slug of the title>`.
    pub fn suggest(id: crate::PipelineId, title: &str) -> Self {
        Self(format!("agency/{id}-{}", slug(title)))
    }
}

fn is_branch_segment(segment: &str) -> bool {
    segment.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && segment.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))
        && !segment.contains("..")
        && !segment.ends_with('.')
        && !segment.ends_with(".lock")
}

/// Lower-case words joined by dashes, at most 48 bytes, never empty.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for word in text.to_lowercase().split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if out.len() + word.len() + 1 > BranchName::SLUG_BYTES_MAX {
            break;
        }
        if !out.is_empty() {
            out.push('-');
        }
        out.push_str(word);
    }
    if out.is_empty() { "pipeline".to_owned() } else { out }
}

impl CommitId {
    /// # Errors
    /// Where `raw` is not a full commit id.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        let is_hex = raw.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
        if is_hex && (raw.len() == 40 || raw.len() == 64) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(NameError::new("commit id", raw, "40 or 64 lower-case hex digits"))
        }
    }

    /// The first ten digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..10]
    }
}

impl ModelName {
    /// # Errors
    /// Where provider or model is missing, or there is white space in it.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        let fits = raw.len() <= 200
            && !raw.chars().any(|c| c.is_whitespace() || c.is_control())
            && raw.split_once('/').is_some_and(|(provider, model)| !provider.is_empty() && !model.is_empty());
        if fits {
            Ok(Self(raw.to_owned()))
        } else {
            Err(NameError::new("model", raw, "write provider/model, for example anthropic/claude-sonnet"))
        }
    }

    /// The provider's id, before the first slash.
    pub fn provider(&self) -> &str {
        self.0.split_once('/').expect("has a slash: checked in parse").0
    }

    /// The model's id, after the first slash.
    pub fn model(&self) -> &str {
        self.0.split_once('/').expect("has a slash: checked in parse").1
    }
}

fn parse_token(what: &'static str, raw: &str) -> Result<String, NameError> {
    let fits = !raw.is_empty() && raw.len() <= 128 && raw.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if fits { Ok(raw.to_owned()) } else { Err(NameError::new(what, raw, "1 to 128 letters, digits, _ and -")) }
}

impl SessionId {
    /// # Errors
    /// Where `raw` could not stand in a URL path as it is.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        parse_token("session id", raw).map(Self)
    }
}

impl MessageId {
    /// # Errors
    /// Where `raw` could not stand in a URL path as it is.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        parse_token("message id", raw).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PipelineId;

    #[test]
    fn a_branch_outside_agency_is_refused_with_the_name_it_could_have() {
        let error = BranchName::parse("Feature/Add export").unwrap_err().to_string();
        assert!(error.contains("agency/feature-add-export"), "{error}");
    }

    #[test]
    fn branch_names_that_git_would_misread_are_refused() {
        for raw in [
            "agency/",
            "agency/-x",
            "agency/a..b",
            "agency/a.lock",
            "agency/@{",
            "agency/$(id)",
            "agency/a b",
            "agency/A",
            "agency/a//b",
            "agency/.a",
            "agency/a.",
        ] {
            assert!(BranchName::parse(raw).is_err(), "{raw}");
        }
        assert!(BranchName::parse(&format!("agency/{}", "a".repeat(300))).is_err());
    }

    #[test]
    fn a_suggested_branch_parses_whatever_the_title() {
        for title in ["Add CSV export", "", "日本語", "a/b; rm -rf $(x)", &"long words ".repeat(60)] {
            let branch = BranchName::suggest(PipelineId(7), title);
            assert_eq!(BranchName::parse(branch.as_str()), Ok(branch));
        }
        assert_eq!(BranchName::suggest(PipelineId(7), "Add CSV export!").as_str(), "agency/7-add-csv-export");
    }

    #[test]
    fn a_model_has_a_provider_and_may_have_more_slashes() {
        let model = ModelName::parse("openrouter/meta/llama").unwrap();
        assert_eq!((model.provider(), model.model()), ("openrouter", "meta/llama"));
        assert!(ModelName::parse("gpt").is_err());
    }
}
