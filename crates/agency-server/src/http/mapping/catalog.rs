//! Templates and agents.

use super::pipelines;
use super::steps::{span, way_back};
use agency_contract as wire;
use agency_domain::agents::{Access, Agent};
use agency_domain::templates::{
    CatalogError, Entry, FileVersion, ItemKind, RetryPolicy, Source, StepKind, StepPlan, StepSettings, Template, TextFault,
};
use serde_json::{Value, json};

/// What a check says that runs what the repository suggests.
const AUTO: &str = "auto";

pub(crate) fn template(entry: &Entry<Template>) -> wire::Template {
    let (name, source) = (entry.name.clone(), source(entry.source));
    match &entry.item {
        Ok(template) => wire::Template {
            name,
            description: template.description.clone(),
            source,
            budget: pipelines::budget(&template.budget),
            steps: steps(template),
            error: None,
        },
        Err(error) => wire::Template {
            name,
            description: String::new(),
            source,
            budget: wire::Budget::default(),
            steps: Vec::new(),
            error: Some(fault(error)),
        },
    }
}

/// The chain of a template.
pub(crate) fn steps(template: &Template) -> Vec<wire::NewStep> {
    template.steps.iter().map(step).collect()
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
            tools: super::tools::sentence(&agent.permission),
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
            tools: String::new(),
            error: Some(fault(error)),
        },
    }
}

/// What a kind is called.
pub(crate) fn noun(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Template => "template",
        ItemKind::Agent => "agent",
    }
}

/// The first version with those behind it; `None` where there is none at all.
pub(crate) fn file_text(versions: Vec<FileVersion>) -> Option<wire::FileText> {
    let mut versions = versions.into_iter();
    let counts = versions.next()?;
    let shadowed = |version: FileVersion| wire::ShadowedFile {
        source: source(version.source),
        file: version.file,
        content: version.text.ok(),
        sha256: version.sha256,
    };
    Some(wire::FileText {
        file: counts.file,
        content: counts.text.ok(),
        sha256: counts.sha256,
        shadows: versions.map(shadowed).collect(),
        warnings: Vec::new(),
    })
}

pub(crate) fn text_fault(fault: TextFault) -> wire::FieldError {
    let field = fault.field.unwrap_or_else(|| "content".to_owned());
    wire::FieldError { field, message: fault.message, line: fault.line, column: fault.column }
}

/// What a change has done to a template that could be used before.
pub(crate) fn broken_by((template, error): &(String, CatalogError)) -> String {
    format!("The template {template} cannot be used any more: {error}.")
}

fn fault(error: &CatalogError) -> String {
    crate::http::problem::sentence(&error.to_string())
}

pub(super) fn source(source: Source) -> wire::Source {
    match source {
        Source::BuiltIn => wire::Source::BuiltIn,
        Source::User => wire::Source::User,
        Source::Repository => wire::Source::Repository,
    }
}

/// A step as a template would write it, with what it says differently from the defaults.
fn step(plan: &StepPlan) -> wire::NewStep {
    let mut step = wire::NewStep { description: plan.description.clone(), ..wire::NewStep::default() };
    match &plan.kind {
        StepKind::Agent { agent, on_changes_requested } => {
            step.agent = Some(agent.to_string());
            step.on_changes_requested = on_changes_requested.as_ref().map(way_back);
            step.model = models(plan);
            settings(&mut step, &plan.settings);
        }
        StepKind::Check(check) => {
            step.check = Some(match check.commands.as_slice() {
                [] => json!(AUTO),
                [command] => json!(command),
                commands => json!(commands),
            });
            step.timeout = Some(span(check.timeout));
            step.on_failure = check.on_failure.as_ref().map(way_back);
        }
        StepKind::Approval { question, remind_after } => {
            step.approval = Some(question.clone());
            step.remind_after = remind_after.map(span);
        }
    }
    step
}

fn models(plan: &StepPlan) -> Option<Value> {
    let first = plan.model.as_ref()?;
    let others = &plan.settings.fallback_models;
    Some(if others.is_empty() { json!(first) } else { json!(std::iter::once(first).chain(others).collect::<Vec<_>>()) })
}

fn settings(step: &mut wire::NewStep, settings: &StepSettings) {
    step.budget = (!settings.budget.is_empty()).then(|| json!(pipelines::budget(&settings.budget)));
    let retry = settings.retry;
    step.retry = (retry != RetryPolicy::default()).then(|| json!({ "attempts": retry.attempts, "pause": span(retry.pause) }));
    step.stall_after = settings.stall_after.map(span);
    step.permissions.clone_from(&settings.permissions);
}
