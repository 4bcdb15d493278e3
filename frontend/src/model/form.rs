//! The form for a new pipeline: the draft, what is wrong with it, and what is sent.

use agency_contract::{CreatePipeline, FieldError};
use serde::{Deserialize, Serialize};

const TITLE_CHARACTERS_MAX: usize = 200;
const DESCRIPTION_BYTES_MAX: usize = 200_000;

/// What has been typed so far. It is kept in the browser until the pipeline exists, so that nothing typed is ever lost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    pub description: String,
    pub title: String,
    pub repo: String,
    pub template: String,
    pub base: String,
    pub branch: String,
    pub model: String,
    /// The `Idempotency-Key` of this draft: two clicks, or a click and a reload, start one pipeline.
    pub key: String,
    /// The draft was sent with this key. A later edit makes it another request, which needs another key.
    pub sent: bool,
}

/// The fields in the order of the form, by the names that the API gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Description,
    Title,
    Repo,
    Template,
    Base,
    Branch,
    Model,
}

pub const FIELDS: [Field; 7] = [Field::Description, Field::Title, Field::Repo, Field::Template, Field::Base, Field::Branch, Field::Model];

impl Field {
    pub fn name(self) -> &'static str {
        match self {
            Self::Description => "description",
            Self::Title => "title",
            Self::Repo => "repo",
            Self::Template => "template",
            Self::Base => "base",
            Self::Branch => "branch",
            Self::Model => "model",
        }
    }
}

impl Draft {
    pub fn get(&self, field: Field) -> &str {
        match field {
            Field::Description => &self.description,
            Field::Title => &self.title,
            Field::Repo => &self.repo,
            Field::Template => &self.template,
            Field::Base => &self.base,
            Field::Branch => &self.branch,
            Field::Model => &self.model,
        }
    }

    /// Takes an edit. `new_key` is used where the draft was sent before.
    pub fn set(&mut self, field: Field, value: String, new_key: impl FnOnce() -> String) {
        let slot = match field {
            Field::Description => &mut self.description,
            Field::Title => &mut self.title,
            Field::Repo => &mut self.repo,
            Field::Template => &mut self.template,
            Field::Base => &mut self.base,
            Field::Branch => &mut self.branch,
            Field::Model => &mut self.model,
        };
        if *slot == value {
            return;
        }
        *slot = value;
        if self.sent {
            self.key = new_key();
            self.sent = false;
        }
    }

    /// What can be seen to be wrong without asking the server, in the order of the form.
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut fault = |field: Field, message: &str| {
            let field = field.name().to_owned();
            let message = message.to_owned();
            faults.push(FieldError { field, message });
        };
        if self.description.trim().is_empty() {
            fault(Field::Description, "Describe what is to be built: every agent is sent these words.");
        } else if self.description.len() > DESCRIPTION_BYTES_MAX {
            fault(Field::Description, "This is longer than 200,000 bytes. Put the details into a file of the repository and name it here.");
        }
        if self.title.chars().count() > TITLE_CHARACTERS_MAX {
            fault(Field::Title, "A title has at most 200 characters.");
        }
        let repo = self.repo.trim();
        if repo.is_empty() {
            fault(Field::Repo, "Give the path of a git repository on the server's machine.");
        } else if !repo.starts_with('/') && !repo.contains(":\\") {
            fault(Field::Repo, "Give the whole path, from the root on, such as /home/you/project.");
        }
        if self.template.is_empty() {
            fault(Field::Template, "Choose a template: it says which agents work in which order.");
        }
        if !self.model.trim().is_empty() && !self.model.contains('/') {
            fault(Field::Model, "Name provider and model with a slash between them.");
        }
        faults
    }

    /// The request. Fields that are left empty are not sent, so that the server's defaults hold.
    pub fn request(&self) -> CreatePipeline {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        CreatePipeline {
            title: given(&self.title),
            description: self.description.clone(),
            repo: self.repo.trim().to_owned(),
            template: given(&self.template),
            base: given(&self.base),
            branch: given(&self.branch),
            model: given(&self.model),
            ..CreatePipeline::default()
        }
    }

    /// What the next draft begins with: the same repository and template, and nothing else.
    pub fn successor(&self, key: String) -> Self {
        Self { repo: self.repo.clone(), template: self.template.clone(), key, ..Self::default() }
    }
}

/// The messages for one field, joined.
pub fn messages_for(field: Field, errors: &[FieldError]) -> Option<String> {
    let messages: Vec<_> = errors.iter().filter(|error| error.field == field.name()).map(|error| error.message.as_str()).collect();
    (!messages.is_empty()).then(|| messages.join(" "))
}

/// Messages for fields that the form does not have: they are shown above it.
pub fn messages_for_no_field(errors: &[FieldError]) -> Vec<String> {
    errors
        .iter()
        .filter(|error| FIELDS.iter().all(|field| field.name() != error.field))
        .map(|error| format!("{}: {}", error.field, error.message))
        .collect()
}

/// The first field of the form with a fault: it gets the focus.
pub fn first_with_fault(errors: &[FieldError]) -> Option<Field> {
    FIELDS.into_iter().find(|field| errors.iter().any(|error| error.field == field.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            description: "Add a search box".to_owned(),
            repo: " /home/kim/shop ".to_owned(),
            template: "quick_fix".to_owned(),
            key: "k1".to_owned(),
            ..Draft::default()
        }
    }

    #[test]
    fn an_empty_draft_names_each_field_that_is_needed() {
        let faults = Draft::default().faults();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["description", "repo", "template"]);
        assert_eq!(first_with_fault(&faults), Some(Field::Description));
    }

    #[test]
    fn a_relative_path_and_a_model_without_provider_are_named() {
        let faults = Draft { repo: "shop".to_owned(), model: "big".to_owned(), ..draft() }.faults();
        assert!(messages_for(Field::Repo, &faults).unwrap().contains("whole path"));
        assert!(messages_for(Field::Model, &faults).is_some());
        assert_eq!(messages_for(Field::Title, &faults), None);
    }

    #[test]
    fn empty_fields_are_not_sent_and_the_description_is_sent_word_for_word() {
        let request = Draft { description: "  two\nlines ".to_owned(), ..draft() }.request();
        assert_eq!(request.description, "  two\nlines ");
        assert_eq!((request.repo.as_str(), request.title, request.base), ("/home/kim/shop", None, None));
    }

    #[test]
    fn an_edit_after_sending_makes_a_new_key_and_an_edit_before_does_not() {
        let mut draft = draft();
        draft.set(Field::Title, "One".to_owned(), || unreachable!());
        draft.sent = true;
        draft.set(Field::Title, "One".to_owned(), || unreachable!());
        assert_eq!(draft.key, "k1");
        draft.set(Field::Title, "Two".to_owned(), || "k2".to_owned());
        assert_eq!((draft.key.as_str(), draft.sent), ("k2", false));
    }

    #[test]
    fn faults_of_the_server_without_a_field_here_are_not_lost() {
        let errors = [FieldError { field: "steps[1].agent".to_owned(), message: "unknown agent".to_owned() }];
        assert_eq!(messages_for_no_field(&errors), ["steps[1].agent: unknown agent"]);
        assert_eq!(first_with_fault(&errors), None);
    }

    #[test]
    fn the_next_draft_keeps_the_repository_and_the_template() {
        let next = draft().successor("k2".to_owned());
        assert_eq!((next.description.as_str(), next.template.as_str(), next.key.as_str()), ("", "quick_fix", "k2"));
    }
}
