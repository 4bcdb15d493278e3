//! A dry run: the request checked as for a start, and its chain walked through the machine in memory. Nothing is stored, and no token is spent.
//!
//! Every step is taken to succeed at its first attempt; where it may be sent back to is named beside it. Hand-offs that do not exist yet stand in the
//! prompts as what they are: places.

use super::draft::{Draft, Drafted};
use super::{CreateError, CreateRequest};
use crate::prompt::{Diff, Extras, compose, verdict_required};
use agency_domain::agents::Agent;
use agency_domain::approvals::Decision;
use agency_domain::budgets::Budget;
use agency_domain::checks::{CheckEnd, CheckRun};
use agency_domain::criteria::BranchFacts;
use agency_domain::handoffs::{Channel, HandoffRecord, parse_arguments, render};
use agency_domain::pipelines::{AttemptResult, Command, Finished, NewAttempt, Next, Pipeline, RecordedHandoff, Step, decide};
use agency_domain::templates::{ReviewLoop, StepKind};
use agency_domain::{ApprovalId, AttemptId, HandoffId, StepId, Timestamp, Usage};
use serde_json::json;

/// A dry run of a request.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// As it would be created; its ids are none of the store's.
    pub pipeline: Pipeline,
    pub budget: Budget,
    /// In the order in which they would come.
    pub steps: Vec<RehearsedStep>,
}

/// What a step would be and be sent.
#[derive(Debug, Clone)]
pub struct RehearsedStep {
    pub step: StepId,
    /// Of an agent: role and rules, and the prompt to the letter.
    pub role: Option<String>,
    pub prompt: Option<String>,
    /// Of a check: its commands; none where the repository's files decide.
    pub commands: Vec<String>,
    /// Of a gate.
    pub question: Option<String>,
    /// Where it may send the chain back to.
    pub back: Option<ReviewLoop>,
}

impl crate::Engine {
    /// Rehearses a request.
    ///
    /// # Errors
    /// With every fault of the input that [`crate::Engine::create`] would find.
    pub async fn rehearse(&self, request: CreateRequest) -> Result<Rehearsal, CreateError> {
        let Drafted { new, agents, files: _ } = Draft { engine: self, request, faults: Vec::new() }.check().await?;
        let usable: Vec<Agent> = agents.into_iter().map(|kept| kept.agent).collect();
        let pipeline = Pipeline::new(new, self.shared.ports.clock.now());
        let mut stage = Stage { at: pipeline.created_at, pipeline: pipeline.clone(), agents: usable, last_id: 0, steps: Vec::new() };
        stage.play();
        Ok(Rehearsal { budget: pipeline.budget, pipeline, steps: stage.steps })
    }
}

struct Stage {
    pipeline: Pipeline,
    agents: Vec<Agent>,
    last_id: i64,
    at: Timestamp,
    steps: Vec<RehearsedStep>,
}

impl Stage {
    fn play(&mut self) {
        loop {
            match self.pipeline.next() {
                Next::Start => self.act(Command::Start),
                Next::Attempt(step) => self.agent(step),
                Next::Check(step) => self.check(step),
                Next::OpenApproval(step) => self.gate(step),
                Next::Decision(approval) => self.act(Command::DecideApproval {
                    approval,
                    decision: Decision::Approve,
                    comment: None,
                    decided_by: "dry run".into(),
                    digest: None,
                    back_to: None,
                }),
                Next::Resume(..) | Next::PauseForBudget(_) | Next::Resumption | Next::Nothing => return,
            }
        }
    }

    fn act(&mut self, command: Command) {
        let events = decide(&self.pipeline, command, self.at).expect("the machine allows what it asked for");
        self.pipeline.apply_all(&events, self.at);
    }

    fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    fn step(&self, id: StepId) -> Step {
        self.pipeline.step(id).expect("the machine named a step of this pipeline").clone()
    }

    fn agent(&mut self, id: StepId) {
        let step = self.step(id);
        let StepKind::Agent { agent: name, on_changes_requested } = &step.plan.kind else { return };
        let agent = self.agents.iter().find(|agent| agent.name == *name).cloned().expect("the request was checked");
        let diff = if agent.reviews { Diff::Whole("(the changes of this branch)".into()) } else { Diff::None };
        let prompt = compose(&self.pipeline, &step, &agent, &Extras { diff, earlier_failure: None }).text;
        let back = on_changes_requested.clone();
        let role = Some(agent.prompt.clone());
        self.steps.push(RehearsedStep { step: id, role, prompt: Some(prompt), commands: Vec::new(), question: None, back });
        let judges = verdict_required(&step, &agent);
        let handoff = place_of(&agent, judges, HandoffId(self.next_id()), self.at);
        let finished = Finished { handoff, head_commit: None, verdict_required: judges, branch: BranchFacts::default() };
        self.visit(id, AttemptResult::Succeeded(Box::new(finished)));
    }

    fn check(&mut self, id: StepId) {
        let step = self.step(id);
        let StepKind::Check(plan) = &step.plan.kind else { return };
        let back = self.pipeline.loop_of_check(&step);
        self.steps.push(RehearsedStep { step: id, role: None, prompt: None, commands: plan.commands.clone(), question: None, back });
        let passed = |command: &String| CheckRun {
            command: command.clone(),
            end: CheckEnd::Exited { code: 0 },
            duration_ms: 0,
            tail: String::new(),
        };
        self.visit(id, AttemptResult::Checked(plan.commands.iter().map(passed).collect()));
    }

    fn gate(&mut self, id: StepId) {
        let StepKind::Approval { question, .. } = self.step(id).plan.kind else { return };
        self.steps.push(RehearsedStep { step: id, role: None, prompt: None, commands: Vec::new(), question: Some(question), back: None });
        let approval = ApprovalId(self.next_id());
        self.act(Command::OpenApproval { step: id, approval, digest: String::new() });
    }

    fn visit(&mut self, step: StepId, result: AttemptResult) {
        let attempt = AttemptId(self.next_id());
        let base_commit = self.pipeline.head_commit.clone();
        self.act(Command::BeginAttempt(NewAttempt { step, attempt, model: None, conversation: None, base_commit, steers: Vec::new() }));
        self.act(Command::FinishAttempt { attempt, usage: Usage::default(), result });
    }
}

/// What stands where a hand-off will be.
fn place_of(agent: &Agent, judges: bool, id: HandoffId, at: Timestamp) -> RecordedHandoff {
    let summary = format!("(what {} hands off)", agent.name);
    let mut arguments = json!({ "summary": summary, "outcome": "done" });
    if judges {
        arguments["verdict"] = json!("approved");
    }
    let record: HandoffRecord = parse_arguments(&arguments, judges).expect("the least hand-off fits");
    let content_md = render(agent.name.as_str(), &record);
    RecordedHandoff { id, record, channel: Channel::Tool, content_md, at }
}
