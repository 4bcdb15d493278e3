//! Sample pipelines and what belongs to them. Times are whole milliseconds, as stores keep them.

use crate::agents::{Access, Agent, KeptAgent};
use crate::attachments::{AttachedFile, GivenFile, check};
use crate::budgets::Budget;
use crate::handoffs::{Channel, HandoffRecord, parse_arguments, render};
use crate::pipelines::{NewPipeline, Pipeline, PipelineChange, RecordedHandoff};
use crate::templates::{CheckPlan, ReviewLoop, Source, StepKind, StepPlan, TemplateVersion};
use crate::transcripts::{PartKind, PartState, TranscriptPart};
use crate::{
    AgentName, AttemptId, BranchName, CommitId, Cost, HandoffId, Ids, ModelName, PipelineId, StepId, TemplateName, Timestamp, Tokens, Usage,
};
use serde_json::Value;
use std::time::Duration;

/// The commit whose every digit is `digit`.
pub fn commit(digit: char) -> CommitId {
    CommitId::parse(&digit.to_string().repeat(40)).expect("a hex digit")
}

pub fn model(name: &str) -> ModelName {
    ModelName::parse(name).expect("provider/model")
}

/// A step of an agent; `back_to` names the agent that its findings go to, twice at most.
pub fn agent_step(name: &str, back_to: Option<&str>) -> StepPlan {
    let agent = |raw| AgentName::parse(raw).expect("a slug");
    let on_changes_requested = back_to.map(|raw| ReviewLoop { back_to: agent(raw), max_rounds: 2 });
    let kind = StepKind::Agent { agent: agent(name), on_changes_requested };
    StepPlan { description: Some(format!("Be {name}.")), ..StepPlan::of(kind) }
}

/// A step at which a person decides.
pub fn approval_step(question: &str) -> StepPlan {
    let kind = StepKind::Approval { question: question.into(), remind_after: Some(Duration::from_secs(14_400)) };
    StepPlan::of(kind)
}

/// Commands that must exit with 0; who mends what fails is not said.
pub fn check_step(commands: &[&str]) -> StepPlan {
    let commands = commands.iter().map(ToString::to_string).collect();
    StepPlan::of(StepKind::Check(CheckPlan { commands, timeout: Duration::from_secs(60), on_failure: None }))
}

/// The same step, of an agent that may write.
#[must_use]
pub fn writing(mut plan: StepPlan) -> StepPlan {
    plan.settings.writes = true;
    plan
}

/// A pipeline over `steps`, on the branch that its id suggests.
pub fn new_pipeline(ids: &dyn Ids, template: &str, steps: Vec<StepPlan>) -> NewPipeline {
    let id = ids.pipeline();
    NewPipeline {
        id,
        title: "Shout".into(),
        description: "Add --shout, which prints in capitals.\nWith a test: 100% of it.".into(),
        attachments: Vec::new(),
        template: TemplateName::parse(template).expect("a slug"),
        template_version: Some(TemplateVersion { sha256: "7e".repeat(32), source: Source::User }),
        repo: "/home/kim/greeter".into(),
        base: "main".into(),
        base_commit: commit('a'),
        branch: BranchName::suggest(id, "Shout"),
        model: Some(model("anthropic/claude-sonnet")),
        budget: Budget::default(),
        steps: steps.into_iter().map(|plan| (ids.step(), plan)).collect(),
        forked_from: None,
    }
}

/// developer, senior-reviewer.
pub fn quick_fix(ids: &dyn Ids) -> NewPipeline {
    new_pipeline(ids, "quick_fix", vec![agent_step("developer", None), agent_step("senior-reviewer", Some("developer"))])
}

/// product-owner, architect, approval, developer, senior-reviewer.
pub fn full_feature(ids: &dyn Ids) -> NewPipeline {
    let steps = vec![
        agent_step("product-owner", None),
        agent_step("architect", None),
        approval_step("Build this?"),
        agent_step("developer", None),
        agent_step("senior-reviewer", Some("developer")),
    ];
    new_pipeline(ids, "full_feature", steps)
}

/// An agent as a pipeline keeps it.
pub fn kept_agent(name: &str) -> KeptAgent {
    let agent = Agent {
        name: AgentName::parse(name).expect("a slug"),
        description: format!("The {name}."),
        prompt: format!("You are the {name}.\n\nWrite \u{fc}ber-careful code: 100% of it."),
        model: Some(model("a/b")),
        access: Access::Write,
        reviews: false,
        permission: serde_json::json!({ "webfetch": "deny", "bash": { "*": "ask", "cargo *": "allow" }, "edit": "allow" }),
        options: serde_json::Map::from_iter([("temperature".to_owned(), serde_json::json!(0.2))]),
        sha256: "a9".repeat(32),
    };
    KeptAgent { agent, source: Source::Repository }
}

/// A picture and a text, as they are attached to a request.
pub fn attached() -> Vec<AttachedFile> {
    let file = |name: &str, content: &[u8]| GivenFile { name: name.into(), content: content.to_vec(), ..GivenFile::default() };
    check(vec![file("mock.png", b"\x89PNG\r\n\x1a\n\0\xff"), file("notes.md", "# Gr\u{fc}\u{df}e".as_bytes())]).expect("they fit")
}

/// The change that stores a new pipeline.
pub fn creation(new: NewPipeline, at: Timestamp) -> PipelineChange {
    let mut after = Pipeline::new(new, at);
    let created = after.created();
    after.apply(&created, at);
    PipelineChange { after, events: vec![created], at, fence: None, receipt: None, agents: Vec::new(), contents: Vec::new() }
}

/// A record as the hand-off tool takes it.
pub fn record(arguments: &Value) -> HandoffRecord {
    parse_arguments(arguments, false).expect("arguments that fit the tool")
}

/// A hand-off that came through the tool.
pub fn handoff(id: HandoffId, record: HandoffRecord, at: Timestamp) -> RecordedHandoff {
    let content_md = render("developer", &record);
    RecordedHandoff { id, record, channel: Channel::Tool, content_md, at }
}

/// Some tokens, and a cost that binary fractions hold exactly.
pub fn usage(cost: Cost) -> Usage {
    Usage { tokens: Tokens { input: 1_200, output: 340, reasoning: 56, cache_read: 7_000, cache_write: 8 }, cost }
}

/// A finished part of text.
pub fn text_part(place: (PipelineId, StepId, AttemptId), ordinal: u32, text: &str, at: Timestamp) -> TranscriptPart {
    let (pipeline_id, step_id, attempt_id) = place;
    TranscriptPart {
        pipeline_id,
        step_id,
        attempt_id,
        part_id: format!("prt_{ordinal}"),
        ordinal,
        kind: PartKind::Text,
        state: PartState::Done,
        text: text.into(),
        tool: None,
        input: None,
        output: None,
        diff: None,
        took_ms: None,
        at,
    }
}
