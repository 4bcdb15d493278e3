//! Fields of a template's form, and changes that come from it.

use agency_contract as wire;
use agency_domain::templates::{AddedStep, FieldKind, FormChange, FormField};

pub(crate) fn field(field: FormField) -> wire::FormField {
    wire::FormField {
        path: field.path,
        label: field.label,
        group: field.group,
        kind: match field.kind {
            FieldKind::Text => wire::FormFieldKind::Text,
            FieldKind::LongText => wire::FormFieldKind::LongText,
            FieldKind::Choice => wire::FormFieldKind::Choice,
            FieldKind::Number => wire::FormFieldKind::Number,
            FieldKind::Span => wire::FormFieldKind::Span,
            FieldKind::List => wire::FormFieldKind::List,
        },
        value: field.value,
        options: field.options,
        hint: field.hint,
        line: field.line,
    }
}

/// What is to change; or which field of the change does not fit, and why.
pub(crate) fn change(change: wire::TemplateChange) -> Result<FormChange, (&'static str, &'static str)> {
    Ok(match change {
        wire::TemplateChange::Set(wire::SetField { path, value }) => FormChange::Set { path, value },
        wire::TemplateChange::AddStep(wire::AddStep { after, kind, agent }) => {
            FormChange::AddStep { after: after.map(index), step: added(kind, agent)? }
        }
        wire::TemplateChange::RemoveStep(step) => FormChange::RemoveStep(index(step)),
        wire::TemplateChange::MoveStep(wire::MoveStep { from, to }) => FormChange::MoveStep { from: index(from), to: index(to) },
    })
}

fn added(kind: Option<wire::StepKind>, agent: Option<String>) -> Result<AddedStep, (&'static str, &'static str)> {
    match (kind.unwrap_or(wire::StepKind::Agent), agent.filter(|name| !name.trim().is_empty())) {
        (wire::StepKind::Agent, Some(name)) => Ok(AddedStep::Agent(name.trim().to_owned())),
        (wire::StepKind::Agent, None) => Err(("change.add_step.agent", "name the agent of the new step")),
        (wire::StepKind::Check | wire::StepKind::Approval, Some(_)) => Err(("change.add_step.agent", "only an agent's step has an agent")),
        (wire::StepKind::Check, None) => Ok(AddedStep::Check),
        (wire::StepKind::Approval, None) => Ok(AddedStep::Approval),
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
