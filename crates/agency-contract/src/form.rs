//! A template's file as a form: its fields, and changes to its text.

use crate::{FieldError, NewStep, StepKind};
use serde::{Deserialize, Serialize};

/// Answer of `POST /templates/form`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateForm {
    /// In the order of the chain, those that are not written too; none where the text cannot be taken apart.
    pub fields: Vec<FormField>,
    /// As in a check of the text; `field` is the `path` of a field, or something that has none.
    pub faults: Vec<FieldError>,
}

/// How a field is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FormFieldKind {
    Text,
    /// May have several lines.
    LongText,
    /// One of `options`, or nothing.
    Choice,
    Number,
    /// How long: `90s`, `10m`, `4h`.
    Span,
    /// One item a line.
    List,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormField {
    /// `steps[1].budget.tokens`.
    pub path: String,
    /// `Budget: tokens`.
    pub label: String,
    /// Fields of a group follow each other: `Template`, `Step 2: developer`.
    pub group: String,
    pub kind: FormFieldKind,
    /// As it is written; empty where it is not.
    pub value: String,
    /// What a choice has; examples of any other kind.
    pub options: Vec<String>,
    pub hint: String,
    /// Where it is written, from 1.
    pub line: Option<u32>,
}

/// `POST /templates/edit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EditTemplate {
    /// What it will be called; the text's own `name` where it is left out.
    #[serde(default)]
    pub name: Option<String>,
    pub content: String,
    pub change: TemplateChange,
}

/// One change: `{"set": {"path": "steps[0].agent", "value": "qa"}}`, `{"remove_step": 1}`. Steps count from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TemplateChange {
    Set(SetField),
    AddStep(AddStep),
    RemoveStep(u32),
    MoveStep(MoveStep),
}

/// Writes a field; an empty value takes it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetField {
    /// `path` of a field of the form.
    pub path: String,
    pub value: String,
}

/// A new step: an agent's, a check of what the repository suggests, or an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddStep {
    /// The step that it comes behind; `null` for the first place.
    #[serde(default)]
    pub after: Option<u32>,
    /// An agent's unless said.
    #[serde(default)]
    pub kind: Option<StepKind>,
    /// Of an agent's step: its name.
    #[serde(default)]
    pub agent: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MoveStep {
    pub from: u32,
    /// Its place afterwards.
    pub to: u32,
}

/// Answer of `POST /templates/edit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EditedTemplate {
    /// The whole text with the change, everything else to the letter.
    pub content: String,
    /// The form of that text.
    pub fields: Vec<FormField>,
    pub faults: Vec<FieldError>,
    /// Without faults, its chain as a pipeline would take it.
    pub steps: Vec<NewStep>,
}
