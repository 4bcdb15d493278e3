//! Lives a pipeline through: decides, applies and commits, one command after the other.

use super::{TestClock, builders};
use crate::approvals::Decision;
use crate::criteria::BranchFacts;
use crate::pipelines::{
    AttemptResult, Command, Conversation, Created, Fence, Finished, NewAttempt, NewPipeline, Next, Pipeline, PipelineChange, PipelineStore,
    Receipt, StoreError, decide,
};
use crate::{ApprovalId, AttemptId, Clock, Cost, Ids, MessageId, PipelineId, SessionId, StepId, Usage};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A pipeline in a store, with the state that it should have there. Each step of the story takes place a second after the one before.
pub struct Story {
    store: Arc<dyn PipelineStore>,
    ids: Arc<dyn Ids>,
    pub clock: TestClock,
    /// As the store should have it.
    pub pipeline: Pipeline,
    /// Named in each commit.
    pub fence: Option<Fence>,
}

/// What the branch of every story changes.
fn branch_facts() -> BranchFacts {
    BranchFacts { files: vec!["src/shout.rs".into()], added: "fn it_shouts() {".into() }
}

/// The time between two commits, odd enough to show a lost digit.
const TICK: Duration = Duration::from_millis(1_007);

impl Story {
    /// Creates the pipeline.
    pub async fn begin(store: Arc<dyn PipelineStore>, ids: Arc<dyn Ids>, new: NewPipeline) -> Self {
        let clock = TestClock::default();
        let change = builders::creation(new, clock.now());
        let mut pipeline = change.after.clone();
        let created = store.create(change, None).await.expect("the store takes a new pipeline");
        assert_eq!(created, Created::New(pipeline.id));
        pipeline.version = 1;
        Self { store, ids, clock, pipeline, fence: None }
    }

    /// Stores a fork, as it was made.
    pub async fn forked(store: Arc<dyn PipelineStore>, ids: Arc<dyn Ids>, fork: Pipeline) -> Self {
        let clock = TestClock::default();
        let mut pipeline = fork.clone();
        let change = PipelineChange {
            events: vec![fork.created()],
            at: fork.created_at,
            after: fork,
            fence: None,
            receipt: None,
            agents: Vec::new(),
            contents: Vec::new(),
        };
        store.create(change, None).await.expect("the store takes a fork");
        pipeline.version = 1;
        Self { store, ids, clock, pipeline, fence: None }
    }

    /// Creates the pipeline and starts it.
    pub async fn started(store: Arc<dyn PipelineStore>, ids: Arc<dyn Ids>, new: NewPipeline) -> Self {
        let mut story = Self::begin(store, ids, new).await;
        story.act(Command::Start).await;
        story
    }

    /// Carries out a command, and answers the sequence of its last event.
    pub async fn act(&mut self, command: Command) -> i64 {
        self.try_act(command).await.expect("the store takes the change")
    }

    /// As [`Story::act`], where the store may refuse; the story then stays where it is.
    pub async fn try_act(&mut self, command: Command) -> Result<i64, StoreError> {
        self.commit(command, None).await
    }

    /// The change that a command brings about now, for tests that commit it themselves.
    pub fn change(&self, command: Command) -> PipelineChange {
        let at = self.clock.advance(TICK);
        let events = decide(&self.pipeline, command, at).expect("the state allows the command");
        let mut after = self.pipeline.clone();
        after.apply_all(&events, at);
        PipelineChange { after, events, at, fence: self.fence, receipt: None, agents: Vec::new(), contents: Vec::new() }
    }

    async fn commit(&mut self, command: Command, receipt: Option<Receipt>) -> Result<i64, StoreError> {
        let change = PipelineChange { receipt, ..self.change(command) };
        let mut after = change.after.clone();
        let seq = self.store.commit(change).await?;
        after.version += 1;
        self.pipeline = after;
        Ok(seq)
    }

    /// Begins an attempt at the step that is next, with a receipt.
    pub async fn attempt(&mut self) -> AttemptId {
        let Next::Attempt(step) = self.pipeline.next() else { panic!("no attempt is next, but {:?}", self.pipeline.next()) };
        let attempt = self.ids.attempt();
        let receipt = Receipt {
            attempt_id: attempt,
            role: "You build what is asked.".into(),
            prompt: format!("# Request\n\n{}", self.pipeline.description),
            sha256: "5e".repeat(32),
            ids: vec!["AC-1".into(), "F-3".into()],
            attachments: self.pipeline.attachments.clone(),
            created_at: self.clock.now(),
        };
        let new = NewAttempt {
            step,
            attempt,
            model: Some(builders::model("anthropic/claude-sonnet")),
            conversation: Some(Conversation {
                session: SessionId::parse(&format!("ses_{attempt}")).expect("a token"),
                message: MessageId::parse(&format!("msg_{attempt}")).expect("a token"),
                prompt_sha256: receipt.sha256.clone(),
                prompt_bytes: 42,
            }),
            base_commit: self.pipeline.head_commit.clone(),
            steers: self.pipeline.steers_for(step).map(|steer| steer.id).collect(),
        };
        self.commit(Command::BeginAttempt(new), Some(receipt)).await.expect("the store takes an attempt");
        attempt
    }

    /// A whole attempt at the next step, which hands off with these arguments and makes the commit of `digit`.
    pub async fn work(&mut self, arguments: &Value, digit: Option<char>) -> AttemptId {
        let attempt = self.attempt().await;
        self.act(Command::MarkRunning(attempt)).await;
        self.act(Command::MarkFinishing { attempt, usage: Usage::default() }).await;
        let handoff = builders::handoff(self.ids.handoff(), builders::record(arguments), self.clock.now());
        let verdict_required = arguments.get("verdict").is_some();
        let finished = Finished { handoff, head_commit: digit.map(builders::commit), verdict_required, branch: branch_facts() };
        self.finish(attempt, AttemptResult::Succeeded(Box::new(finished))).await;
        attempt
    }

    /// Ends an attempt, at the price of a quarter.
    pub async fn finish(&mut self, attempt: AttemptId, result: AttemptResult) {
        self.finish_for(attempt, result, Cost::Known(0.25)).await;
    }

    pub async fn finish_for(&mut self, attempt: AttemptId, result: AttemptResult, cost: Cost) {
        self.act(Command::FinishAttempt { attempt, usage: builders::usage(cost), result }).await;
    }

    /// Opens the gate that is next.
    pub async fn gate(&mut self) -> ApprovalId {
        let Next::OpenApproval(step) = self.pipeline.next() else { panic!("no gate is next, but {:?}", self.pipeline.next()) };
        let approval = self.ids.approval();
        self.act(Command::OpenApproval { step, approval, digest: "d1".repeat(32) }).await;
        approval
    }

    /// A person decides.
    pub async fn decide(&mut self, approval: ApprovalId, decision: Decision, comment: Option<&str>) {
        let comment = comment.map(str::to_owned);
        self.act(Command::DecideApproval { approval, decision, comment, decided_by: "kim".into(), digest: None, back_to: None }).await;
    }

    pub fn id(&self) -> PipelineId {
        self.pipeline.id
    }

    /// Where a transcript part of an attempt belongs.
    pub fn place_of(&self, attempt: AttemptId) -> (PipelineId, StepId, AttemptId) {
        let (step, _) = self.pipeline.attempt(attempt).expect("an attempt of this story");
        (self.pipeline.id, step.id, attempt)
    }
}
