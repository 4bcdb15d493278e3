//! Templates and agents.

use crate::settings::Span;
use agency_contract as wire;
use agency_domain::agents::{Access, Agent};
use agency_domain::templates::{CatalogError, Entry, Source, StepKind, StepPlan, Template};

pub(crate) fn template(entry: &Entry<Template>) -> wire::Template {
    let (description, steps, error) = match &entry.item {
        Ok(template) => (template.description.clone(), template.steps.iter().map(step).collect(), None),
        Err(error) => (String::new(), Vec::new(), Some(fault(error))),
    };
    wire::Template { name: entry.name.clone(), description, source: source(entry.source), steps, error }
}

pub(crate) fn agent(entry: &Entry<Agent>) -> wire::Agent {
    let source = source(entry.source);
    match &entry.item {
        Ok(agent) => wire::Agent {
            name: entry.name.clone(),
            description: agent.description.clone(),
            source,
            access: match agent.access {
                Access::ReadOnly => wire::AgentAccess::ReadOnly,
                Access::Write => wire::AgentAccess::Write,
            },
            reviews: agent.reviews,
            model: agent.model.as_ref().map(ToString::to_string),
            prompt: agent.prompt.clone(),
            error: None,
        },
        Err(error) => wire::Agent {
            name: entry.name.clone(),
            description: String::new(),
            source,
            access: wire::AgentAccess::ReadOnly,
            reviews: false,
            model: None,
            prompt: String::new(),
            error: Some(fault(error)),
        },
    }
}

fn fault(error: &CatalogError) -> String {
    crate::http::problem::sentence(&error.to_string())
}

fn source(source: Source) -> wire::Source {
    match source {
        Source::BuiltIn => wire::Source::BuiltIn,
        Source::User => wire::Source::User,
        Source::Repository => wire::Source::Repository,
    }
}

fn step(plan: &StepPlan) -> wire::NewStep {
    let mut step = wire::NewStep {
        description: plan.description.clone(),
        model: plan.model.as_ref().map(ToString::to_string),
        ..wire::NewStep::default()
    };
    match &plan.kind {
        StepKind::Agent { agent, on_changes_requested } => {
            step.agent = Some(agent.to_string());
            step.on_changes_requested = on_changes_requested
                .as_ref()
                .map(|review| wire::Loop { back_to: review.back_to.to_string(), max_rounds: review.max_rounds });
        }
        StepKind::Approval { question, remind_after } => {
            step.approval = Some(question.clone());
            step.remind_after = remind_after.map(|after| Span(after).to_string());
        }
    }
    step
}
