//! The machine: what each command brings about in each state, through `decide` and `apply` alone.

mod chain;
mod control;
mod judged;
mod model;
mod retries;
mod table;

use super::{
    AttemptFailure, AttemptResult, Command, Conversation, Event, FailureClass, FailureReason, Finished, NewAttempt, NewPipeline, PauseCode,
    Pipeline, PipelineStatus, ReasonCode, RecordedHandoff, Refused, StepStatus, decide,
};
use crate::approvals::Decision;
use crate::budgets::Budget;
use crate::criteria::BranchFacts;
use crate::handoffs::{Channel, parse_arguments};
use crate::templates::{ReviewLoop, StepKind, StepPlan};
use crate::{
    AgentName, ApprovalId, AttemptId, BranchName, CommitId, HandoffId, MessageId, PipelineId, SessionId, StepId, TemplateName, Timestamp,
    Usage,
};
use serde_json::{Value, json};

const ARCHITECT: StepId = StepId(1);
const GATE: StepId = StepId(2);
const DEVELOPER: StepId = StepId(3);
const REVIEWER: StepId = StepId(4);

/// A pipeline under test, with ids that count up.
struct Story {
    pipeline: Pipeline,
    last_id: i64,
    now: Timestamp,
}

impl Story {
    /// architect, approval, developer, senior-reviewer (two rounds); running.
    fn begin() -> Self {
        let mut story = Self::queued();
        story.act(Command::Start);
        story
    }

    fn queued() -> Self {
        let name = |raw: &str| AgentName::parse(raw).unwrap();
        let agent = |raw: &str, on_changes_requested| StepKind::Agent { agent: name(raw), on_changes_requested };
        let kinds = [
            agent("architect", None),
            StepKind::Approval { question: "Build this?".into(), remind_after: None },
            agent("developer", None),
            agent("senior-reviewer", Some(ReviewLoop { back_to: name("developer"), max_rounds: 2 })),
        ];
        Self::over(kinds.map(StepPlan::of).into())
    }

    fn over(plans: Vec<StepPlan>) -> Self {
        let steps = (1..).map(StepId).zip(plans).collect();
        let new = NewPipeline {
            id: PipelineId(1),
            title: "Shout".into(),
            description: "Add --shout".into(),
            attachments: Vec::new(),
            template: TemplateName::ad_hoc(),
            template_version: None,
            repo: "/repo".into(),
            base: "main".into(),
            base_commit: commit('a'),
            branch: BranchName::suggest(PipelineId(1), "Shout"),
            model: None,
            budget: Budget::default(),
            steps,
            forked_from: None,
        };
        Self { pipeline: Pipeline::new(new, Timestamp::UNIX_EPOCH), last_id: 0, now: Timestamp::UNIX_EPOCH }
    }

    fn act(&mut self, command: Command) -> Vec<Event> {
        let events = decide(&self.pipeline, command, self.now).unwrap();
        self.pipeline.apply_all(&events, self.now);
        events
    }

    fn refuse(&self, command: Command) -> Refused {
        decide(&self.pipeline, command, self.now).unwrap_err()
    }

    fn attempt(&mut self, step: StepId) -> AttemptId {
        self.last_id += 1;
        let attempt = AttemptId(self.last_id);
        self.act(Command::BeginAttempt(new_attempt(step, attempt)));
        attempt
    }

    fn finish(&mut self, attempt: AttemptId, result: AttemptResult) -> Vec<Event> {
        self.act(Command::FinishAttempt { attempt, usage: Usage::default(), result })
    }

    fn work(&mut self, step: StepId, arguments: &Value) {
        let attempt = self.attempt(step);
        self.finish(attempt, handed_off(attempt, arguments));
    }

    fn gate(&mut self) -> ApprovalId {
        self.last_id += 1;
        let approval = ApprovalId(self.last_id);
        self.act(Command::OpenApproval { step: GATE, approval, digest: "digest".into() });
        approval
    }

    /// Up to the developer's first attempt.
    fn approved() -> Self {
        let mut story = Self::begin();
        story.work(ARCHITECT, &done());
        let approval = story.gate();
        story.act(decision(approval, Decision::Approve, None));
        story
    }

    fn status_of(&self, step: StepId) -> StepStatus {
        self.pipeline.step(step).unwrap().status
    }

    fn reason(&self) -> ReasonCode {
        match &self.pipeline.status {
            PipelineStatus::Failed(reason) => reason.code,
            other => panic!("not failed but {other:?}"),
        }
    }

    fn pause(&self) -> PauseCode {
        match &self.pipeline.status {
            PipelineStatus::Paused(reason) => reason.code,
            other => panic!("not paused but {other:?}"),
        }
    }
}

fn commit(digit: char) -> CommitId {
    CommitId::parse(&digit.to_string().repeat(40)).unwrap()
}

fn new_attempt(step: StepId, attempt: AttemptId) -> NewAttempt {
    NewAttempt {
        step,
        attempt,
        model: None,
        conversation: Some(Conversation {
            session: SessionId::parse("ses_1").unwrap(),
            message: MessageId::parse("msg_1").unwrap(),
            prompt_sha256: String::new(),
            prompt_bytes: 0,
        }),
        base_commit: commit('a'),
        steers: Vec::new(),
    }
}

fn done() -> Value {
    json!({ "summary": "Done.", "outcome": "done" })
}

/// A review that settles every finding before `number` and, unless it approves, raises that one.
fn review(verdict: &str, number: u32) -> Value {
    let finding = |id: u32, status: &str| json!({ "id": format!("F-{id}"), "severity": "major", "claim": "No test.", "status": status });
    let mut findings: Vec<Value> = (1..number).map(|id| finding(id, "fixed")).collect();
    if verdict == "changes_requested" {
        findings.push(finding(number, "open"));
    }
    json!({ "summary": "Judged.", "outcome": "done", "verdict": verdict, "findings": findings })
}

fn handed_off(attempt: AttemptId, arguments: &Value) -> AttemptResult {
    let verdict_required = arguments.get("verdict").is_some();
    let record = parse_arguments(arguments, verdict_required).unwrap();
    let handoff =
        RecordedHandoff { id: HandoffId(attempt.0), record, channel: Channel::Tool, content_md: String::new(), at: Timestamp::UNIX_EPOCH };
    AttemptResult::Succeeded(Box::new(Finished { handoff, head_commit: Some(commit('b')), verdict_required, branch: changes() }))
}

fn changes() -> BranchFacts {
    BranchFacts { files: vec!["src/a.rs".into()], added: String::new() }
}

fn failed(class: FailureClass) -> AttemptResult {
    AttemptResult::Failed(AttemptFailure { class, message: "it broke".into() })
}

fn decision(approval: ApprovalId, decision: Decision, comment: Option<&str>) -> Command {
    Command::DecideApproval {
        approval,
        decision,
        comment: comment.map(str::to_owned),
        decided_by: "kim".into(),
        digest: None,
        back_to: None,
    }
}

/// A step of an agent.
fn agent(name: &str, writes: bool) -> StepPlan {
    let kind = StepKind::Agent { agent: AgentName::parse(name).unwrap(), on_changes_requested: None };
    let mut plan = StepPlan::of(kind);
    plan.settings.writes = writes;
    plan
}
