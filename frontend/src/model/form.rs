//! The form for a new pipeline: the draft, what is wrong with it, and what is sent.

use super::attachments::{self, Held};
use super::bodies;
use super::tailoring;
use agency_contract::{Budget, FieldError, Pipeline};
use serde::Serialize;
use serde_json::{Map, Value};

const TITLE_CHARACTERS_MAX: usize = 200;
const DESCRIPTION_BYTES_MAX: usize = 200_000;
/// Under which name a draft keeps those of its files.
const FILES: &str = "files";
/// The template of a chain that was given as steps.
const AD_HOC: &str = "ad_hoc";

/// What has been typed so far. It is kept in the browser until the pipeline exists, so that nothing typed is ever lost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// By the fields' names.
    texts: Map<String, Value>,
    /// The `Idempotency-Key` of this draft: two clicks, or a click and a reload, start one pipeline.
    pub key: String,
    /// The draft was sent with this key. A later edit makes it another request, which needs another key.
    pub sent: bool,
}

super::json::objects! { Draft { ; texts, key, sent } }

/// The fields in the order of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Description,
    Title,
    Repo,
    Template,
    Skip,
    AskAfter,
    Tokens,
    Money,
    Minutes,
    Attempts,
    Base,
    Branch,
    Model,
}

pub const FIELDS: [Field; 13] = [
    Field::Description,
    Field::Title,
    Field::Repo,
    Field::Template,
    Field::Skip,
    Field::AskAfter,
    Field::Tokens,
    Field::Money,
    Field::Minutes,
    Field::Attempts,
    Field::Base,
    Field::Branch,
    Field::Model,
];

/// What this run wants otherwise than its template.
pub const TAILORED: [Field; 2] = [Field::Skip, Field::AskAfter];
/// The ceilings of the run.
pub const LIMITS: [Field; 4] = [Field::Tokens, Field::Money, Field::Minutes, Field::Attempts];
/// What most people leave alone.
pub const MORE: [Field; 3] = [Field::Base, Field::Branch, Field::Model];

impl Field {
    /// The name that the API gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Description => "description",
            Self::Title => "title",
            Self::Repo => "repo",
            Self::Template => "template",
            Self::Skip => "skip",
            Self::AskAfter => "ask_after",
            Self::Tokens => "budget.tokens",
            Self::Money => "budget.money",
            Self::Minutes => "budget.minutes",
            Self::Attempts => "budget.attempts",
            Self::Base => "base",
            Self::Branch => "branch",
            Self::Model => "model",
        }
    }
}

impl Draft {
    pub fn get(&self, field: Field) -> &str {
        self.texts.get(field.name()).and_then(Value::as_str).unwrap_or_default()
    }

    /// Takes an edit. `new_key` is used where the draft was sent before.
    pub fn set(&mut self, field: Field, value: String, new_key: impl FnOnce() -> String) {
        if self.get(field) == value {
            return;
        }
        self.texts.insert(field.name().to_owned(), value.into());
        if field == Field::Template {
            // They are places in the other template's chain.
            self.texts.retain(|name, _| TAILORED.iter().all(|field| field.name() != name));
        }
        self.renew(new_key);
    }

    /// What was sent with the key was another request.
    fn renew(&mut self, new_key: impl FnOnce() -> String) {
        if self.sent {
            self.key = new_key();
            self.sent = false;
        }
    }

    /// Takes note of the files that are attached now: of their names alone, because a browser keeps little.
    pub fn set_files(&mut self, held: &[Held], new_key: impl FnOnce() -> String) {
        let names: Vec<_> = held.iter().map(|file| file.name.as_str()).collect();
        self.texts.insert(FILES.to_owned(), names.join(", ").into());
        self.renew(new_key);
    }

    /// Its files are gone with the page that held them: sent again it is another request.
    pub fn lose_files(&mut self, new_key: impl FnOnce() -> String) {
        if !self.lost_files().is_empty() {
            self.renew(new_key);
        }
    }

    /// The names of the files that were attached when the draft was kept.
    pub fn lost_files(&self) -> &str {
        self.texts.get(FILES).and_then(Value::as_str).unwrap_or_default()
    }

    /// What can be seen to be wrong without asking the server, in the order of the form.
    pub fn faults(&self) -> Vec<FieldError> {
        let fault = |field| self.fault(field).map(|message| FieldError::new(Field::name(field), message));
        FIELDS.into_iter().filter_map(fault).collect()
    }

    fn fault(&self, field: Field) -> Option<&'static str> {
        let text = self.get(field).trim();
        match field {
            Field::Description if text.is_empty() => Some("Describe what is to be built: every agent is sent these words."),
            Field::Description if text.len() > DESCRIPTION_BYTES_MAX => {
                Some("This is longer than 200,000 bytes. Put the details into a file of the repository and name it here.")
            }
            Field::Title if text.chars().count() > TITLE_CHARACTERS_MAX => Some("A title has at most 200 characters."),
            Field::Repo if text.is_empty() => Some("Give the path of a git repository on the server's machine."),
            Field::Repo if !text.starts_with('/') && !text.contains(":\\") => {
                Some("Give the whole path, from the root on, such as /home/you/project.")
            }
            Field::Template if text.is_empty() => Some("Choose a template: it says which agents work in which order."),
            Field::Tokens | Field::Minutes | Field::Attempts if !text.is_empty() && whole(text).is_none() => {
                Some("Give a whole number above 0, or leave it empty.")
            }
            Field::Money if !text.is_empty() && amount(text).is_none() => Some("Give an amount above 0 such as 2.50, or leave it empty."),
            Field::Model if !text.is_empty() && !text.contains('/') => Some("Name provider and model with a slash between them."),
            Field::Description
            | Field::Title
            | Field::Repo
            | Field::Template
            | Field::Skip
            | Field::AskAfter
            | Field::Tokens
            | Field::Money
            | Field::Minutes
            | Field::Attempts
            | Field::Base
            | Field::Branch
            | Field::Model => None,
        }
    }

    /// The request. Fields that are left empty are not sent, so that the server's defaults hold.
    pub fn request(&self, held: &[Held]) -> Value {
        let sent = [Field::Title, Field::Repo, Field::Template, Field::Base, Field::Branch, Field::Model];
        let fields: Vec<_> = sent.into_iter().map(|field| (field.name(), self.get(field))).collect();
        let mut request = bodies::create(self.get(Field::Description), &fields, &self.budget());
        let files = attachments::sent(held);
        if !files.is_null() {
            request[attachments::FIELD] = files;
        }
        for field in TAILORED {
            let places = tailoring::sent(self.get(field));
            if !places.is_null() {
                request[field.name()] = places;
            }
        }
        request
    }

    fn budget(&self) -> Budget {
        Budget {
            tokens: whole(self.get(Field::Tokens)),
            money: amount(self.get(Field::Money)),
            minutes: whole(self.get(Field::Minutes)),
            attempts: whole(self.get(Field::Attempts)).and_then(|attempts| u32::try_from(attempts).ok()),
        }
    }

    /// What was asked of another pipeline, to be changed and asked again; its branch is its own, and its limits may be its template's.
    /// `files` are the names of those that were attached to it, which are not taken over.
    pub fn of_pipeline(pipeline: &Pipeline, files: &str, key: String) -> Self {
        let mut draft = Self { key, ..Self::default() };
        let is_own_title = !pipeline.description.trim_start_matches(['#', ' ']).starts_with(&pipeline.title);
        let texts = [
            (Field::Description, Some(&pipeline.description)),
            (Field::Title, Some(&pipeline.title).filter(|_| is_own_title)),
            (Field::Repo, Some(&pipeline.repo)),
            (Field::Template, Some(&pipeline.template).filter(|name| *name != AD_HOC)),
            (Field::Base, Some(&pipeline.base)),
            (Field::Model, pipeline.model.as_ref()),
        ];
        for (field, text) in texts {
            draft.texts.extend(text.map(|text| (field.name().to_owned(), text.as_str().into())));
        }
        draft.texts.insert(FILES.to_owned(), files.into());
        draft
    }

    /// Whether nobody has begun to describe anything.
    pub fn is_blank(&self) -> bool {
        self.get(Field::Description).trim().is_empty()
    }

    /// What the next draft begins with: the same repository and template, and nothing else.
    pub fn successor(&self, key: String) -> Self {
        let mut next = Self { key, ..Self::default() };
        for field in [Field::Repo, Field::Template] {
            next.texts.insert(field.name().to_owned(), self.get(field).into());
        }
        next
    }
}

/// `250000`, or `250,000`.
pub fn whole(text: &str) -> Option<u64> {
    text.trim().replace([',', '_'], "").parse().ok().filter(|number| *number > 0)
}

/// `2`, `2.5` or `2.50`. By hand: the general reader of decimal numbers would come with tables of powers.
pub fn amount(text: &str) -> Option<f64> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let digits = |text: &str| text.parse::<u32>().ok().filter(|_| !text.starts_with('+'));
    let amount = f64::from(digits(whole)?) + f64::from(digits(part)?) / 10_f64.powi(i32::try_from(part.len()).ok()?);
    (amount > 0.0).then_some(amount)
}

/// The template for who has not chosen: the whole chain where there is one, else the first that can be used.
pub fn preselected<'a>(usable: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    usable.clone().find(|name| *name == "full_feature").or_else(|| usable.into_iter().next())
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
        .filter(|error| FIELDS.iter().all(|field| field.name() != error.field) && !attachments::is_of_attachments(&error.field))
        .map(|error| format!("{}: {}", error.field, error.message))
        .collect()
}

/// The first field of the form with a fault: it gets the focus.
pub fn first_with_fault(errors: &[FieldError]) -> Option<Field> {
    FIELDS.into_iter().find(|field| errors.iter().any(|error| error.field == field.name()))
}

#[cfg(test)]
mod tests;
