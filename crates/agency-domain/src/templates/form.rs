//! A template's file as a form: its fields, and changes to its text that leave everything else as it is.

/// A field of a template's file, whether it is written there or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// `steps[1].budget.tokens`.
    pub path: String,
    pub label: String,
    /// What it belongs to: `Template`, `Step 2: developer`.
    pub group: String,
    pub kind: FieldKind,
    /// As it is written; empty where it is not. Of a list, one item a line.
    pub value: String,
    /// What can be chosen, or is suggested.
    pub options: Vec<String>,
    /// What it means, in a sentence or two.
    pub hint: String,
    /// Where it is written, from 1.
    pub line: Option<u32>,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    LongText,
    Choice,
    Number,
    /// `90s`, `10m`, `4h`.
    Span,
    /// One item a line.
    List,
}

/// What a step is made of that is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddedStep {
    Agent(String),
    /// Runs what the repository suggests.
    Check,
    Approval,
}

/// A change of a template's text. Steps count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormChange {
    /// An empty value takes the field out.
    Set {
        path: String,
        value: String,
    },
    /// Behind a step, or as the first.
    AddStep {
        after: Option<usize>,
        step: AddedStep,
    },
    RemoveStep(usize),
    /// `to` is its place afterwards.
    MoveStep {
        from: usize,
        to: usize,
    },
}
