//! What a pipeline's state says: where it stands, what comes next, what it has cost. Reads only.

use super::{
    Attempt, AttemptStatus, Event, FailureClass, NewPipeline, Pipeline, PipelineStatus, Question, SCRIPTED_PROVIDER, Steer, Step,
    StepStatus,
};
use crate::approvals::{Approval, ApprovalState, Decision};
use crate::criteria::Criterion;
use crate::reviews::ReviewRules;
use crate::templates::{ReviewLoop, StepKind};
use crate::{ApprovalId, AttemptId, CommitId, ModelName, StepId, Timestamp, Usage};

/// Rounds of a check whose template names nobody to mend it.
const CHECK_ROUNDS_DEFAULT: u32 = 3;

/// What a pipeline waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It is queued: claim and start it.
    Start,
    /// Run an attempt at this agent's step, not before its `retry_at`.
    Attempt(StepId),
    /// Run the commands of this check.
    Check(StepId),
    /// A ceiling of the budget is reached before this step: pause.
    PauseForBudget(StepId),
    /// An attempt is open that nobody may be carrying out.
    Resume(StepId, AttemptId),
    /// Open the gate of this step.
    OpenApproval(StepId),
    /// A person decides.
    Decision(ApprovalId),
    /// A person resumes it.
    Resumption,
    /// Nothing: it has ended.
    Nothing,
}

impl Pipeline {
    /// A pipeline as it is before its first event.
    pub fn new(new: NewPipeline, at: Timestamp) -> Self {
        let steps = new
            .steps
            .into_iter()
            .map(|(id, plan)| Step {
                id,
                plan,
                status: StepStatus::Pending,
                rounds: 0,
                tries_from: 0,
                retry_at: None,
                started_at: None,
                finished_at: None,
                attempts: Vec::new(),
            })
            .collect();
        Self {
            id: new.id,
            title: new.title,
            description: new.description,
            attachments: new.attachments,
            template: new.template,
            template_version: new.template_version,
            repo: new.repo,
            base: new.base,
            head_commit: new.base_commit.clone(),
            base_commit: new.base_commit,
            branch: new.branch,
            model: new.model,
            status: PipelineStatus::Queued,
            created_at: at,
            updated_at: at,
            started_at: None,
            finished_at: None,
            steps,
            approvals: Vec::new(),
            budget: new.budget,
            warned: Vec::new(),
            pause_requested: None,
            criteria: Vec::new(),
            findings: Vec::new(),
            steers: Vec::new(),
            asks: Vec::new(),
            questions: Vec::new(),
            forked_from: new.forked_from,
            version: 0,
        }
    }

    /// The first event of a pipeline, as it is when it is stored.
    pub fn created(&self) -> Event {
        Event::PipelineCreated {
            title: self.title.clone(),
            template: self.template.clone(),
            repo: self.repo.clone(),
            base: self.base.clone(),
            base_commit: self.base_commit.clone(),
            branch: self.branch.clone(),
            steps: self.steps.iter().map(|step| step.name().to_owned()).collect(),
            forked_from: self.forked_from,
            attachments: self.attachments.clone(),
            template_version: self.template_version.clone(),
            agents: self.steps.iter().filter_map(|step| Some((step.agent()?.clone(), step.plan.settings.agent_sha256.clone()?))).collect(),
        }
    }

    /// The step with this id.
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The place of a step in the chain.
    pub fn index_of(&self, id: StepId) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }

    /// An attempt and the step that it belongs to.
    pub fn attempt(&self, id: AttemptId) -> Option<(&Step, &Attempt)> {
        self.steps.iter().find_map(|step| step.attempts.iter().find(|attempt| attempt.id == id).map(|attempt| (step, attempt)))
    }

    /// The attempt that is under way, if one is.
    pub fn open_attempt(&self) -> Option<(&Step, &Attempt)> {
        self.steps.iter().find_map(|step| step.attempts.iter().find(|attempt| attempt.status.is_open()).map(|attempt| (step, attempt)))
    }

    /// The first step that is not done: where the chain stands.
    pub fn current_step(&self) -> Option<&Step> {
        if self.status.is_final() { None } else { self.first_open_step() }
    }

    /// As [`Pipeline::current_step`], of an ended pipeline too.
    pub fn first_open_step(&self) -> Option<&Step> {
        self.steps.iter().find(|step| !matches!(step.status, StepStatus::Succeeded | StepStatus::Skipped))
    }

    pub fn is_paused(&self) -> bool {
        matches!(self.status, PipelineStatus::Paused(_))
    }

    /// The gate that waits for a person, if one does.
    pub fn pending_approval(&self) -> Option<&Approval> {
        self.approvals.iter().find(|approval| approval.state == ApprovalState::Pending)
    }

    /// The gate that a person passed last, where nothing was attempted since.
    pub fn approval_passed_last(&self) -> Option<&Approval> {
        let approval = self.approvals.last()?;
        let ApprovalState::Decided { decision: Decision::Approve, at, .. } = &approval.state else { return None };
        // Behind the gate, an attempt that began in the same millisecond came after it.
        let behind = &self.steps[self.index_of(approval.step_id)?..];
        let attempted_since = behind.iter().flat_map(|step| &step.attempts).any(|attempt| attempt.started_at >= *at);
        let is_done = self.step(approval.step_id).is_some_and(|step| step.status == StepStatus::Succeeded);
        (is_done && !attempted_since).then_some(approval)
    }

    /// The nearest step of this agent before another.
    pub fn nearest_before(&self, id: StepId, agent: &str) -> Option<&Step> {
        let before = &self.steps[..self.index_of(id)?];
        before.iter().rev().find(|step| step.is_of(agent))
    }

    /// Who mends what a check finds: as its template says, else the nearest earlier agent that may write.
    pub fn loop_of_check(&self, step: &Step) -> Option<ReviewLoop> {
        let StepKind::Check(plan) = &step.plan.kind else { return None };
        let writer = || {
            let before = &self.steps[..self.index_of(step.id)?];
            let writer = before.iter().rev().find(|step| step.plan.settings.writes)?;
            Some(ReviewLoop { back_to: writer.agent()?.clone(), max_rounds: CHECK_ROUNDS_DEFAULT })
        };
        plan.on_failure.clone().or_else(writer)
    }

    /// The model of the next attempt at a step: its own, else the pipeline's; a fall-back for each failure of the provider since the step began
    /// afresh, as long as there are any.
    pub fn model_for<'a>(&'a self, step: &'a Step) -> Option<&'a ModelName> {
        let providers_fault = |attempt: &&Attempt| {
            let fault = |class| {
                matches!(class, FailureClass::ProviderRateLimited | FailureClass::ProviderUnavailable | FailureClass::ContextOverflow)
            };
            attempt.number > step.tries_from && matches!(&attempt.status, AttemptStatus::Failed(failure) if fault(failure.class))
        };
        let own = step.plan.model.as_ref().or(self.model.as_ref());
        let fallbacks = &step.plan.settings.fallback_models;
        match step.attempts.iter().filter(providers_fault).count() {
            0 => own,
            failures => fallbacks.get(failures - 1).or(fallbacks.last()).or(own),
        }
    }

    /// What people said that concerns this step and that no attempt has been sent yet, or only one that came to nothing here: the next is told again.
    pub fn steers_for(&self, step: StepId) -> impl Iterator<Item = &Steer> {
        self.steers.iter().filter(move |steer| match steer.delivered_in.and_then(|attempt| self.attempt(attempt)) {
            None => steer.step.is_none_or(|of| of == step),
            Some((at, attempt)) => at.id == step && came_to_nothing(&attempt.status),
        })
    }

    /// What a review at this step is held to; `delta` are the files that have changed since its last one.
    pub fn review_rules(&self, step: StepId, delta: Option<Vec<String>>) -> ReviewRules {
        let own = || self.findings.iter().filter(|finding| finding.step == step);
        let later_round = own().next().is_some();
        ReviewRules {
            open: own().filter(|finding| finding.is_open() && finding.severity.is_grave()).map(|finding| finding.id.clone()).collect(),
            known: self.findings.iter().map(|finding| finding.id.clone()).collect(),
            delta: delta.filter(|_| later_round),
        }
    }

    /// The criteria that keep the pipeline from succeeding. Nobody can prove anything where no agent may write, so nothing is asked there.
    pub fn unsettled_criteria(&self) -> impl Iterator<Item = &Criterion> {
        let provable = |criterion: &Criterion| {
            let from = self.index_of(criterion.defined_by).unwrap_or(0);
            self.steps[from..].iter().any(|step| step.plan.settings.writes)
        };
        self.criteria.iter().filter(move |criterion| provable(criterion) && !criterion.is_settled(&self.head_commit))
    }

    /// The commands that ran on the branch as it stands, oldest first: agents' and checks'.
    pub fn commands_at_head(&self) -> Vec<(String, Option<i64>)> {
        let at_head = |commit: &CommitId| *commit == self.head_commit;
        let mut commands = Vec::new();
        for (_, attempt) in self.attempts_in_order() {
            if !at_head(attempt.head_commit.as_ref().unwrap_or(&attempt.base_commit)) {
                continue;
            }
            commands.extend(attempt.handoff.iter().flat_map(|handoff| handoff.record.engine.commands_run.iter().cloned()));
            commands.extend(attempt.checks.iter().map(|check| (check.command.clone(), Some(i64::from(!check.passed())))));
        }
        commands
    }

    /// All attempts over all steps, oldest first.
    pub fn attempts_in_order(&self) -> Vec<(&Step, &Attempt)> {
        let mut all: Vec<_> = self.steps.iter().flat_map(|step| step.attempts.iter().map(move |attempt| (step, attempt))).collect();
        all.sort_by_key(|(_, attempt)| attempt.id);
        all
    }

    /// Tokens and cost of all attempts and questions.
    pub fn usage(&self) -> Usage {
        let attempts = self.steps.iter().flat_map(|step| &step.attempts).map(|attempt| attempt.usage);
        attempts.fold(self.questions_usage(), Usage::plus)
    }

    /// Tokens and cost of all questions.
    pub fn questions_usage(&self) -> Usage {
        self.questions.iter().fold(Usage::default(), |sum, question| sum.plus(question.usage))
    }

    /// The question that waits for its answer, if one does.
    pub fn open_question(&self) -> Option<&Question> {
        self.questions.iter().find(|question| question.is_open())
    }

    /// Whether a step runs on the scripted model of the demo.
    pub fn is_scripted(&self) -> bool {
        self.steps.iter().any(|step| self.model_for(step).is_some_and(|model| model.provider() == SCRIPTED_PROVIDER))
    }

    /// Agents of the steps before `step`, each once: where `request_changes` may go back to. The first one is meant where none is named: the nearest
    /// that may change files, since a reviewer has nothing to change; without such a one, the nearest. The others follow, nearest first.
    pub fn back_to_choices(&self, step: StepId) -> Vec<&str> {
        let before = &self.steps[..self.index_of(step).unwrap_or(0)];
        let writer = before.iter().rev().find(|step| step.plan.settings.writes && step.agent().is_some());
        let mut names: Vec<&str> = Vec::new();
        for name in writer.into_iter().chain(before.iter().rev()).filter_map(Step::agent) {
            if !names.contains(&name.as_str()) {
                names.push(name.as_str());
            }
        }
        names
    }

    /// What has to happen next. Reads the state alone, so that a restart goes on where it stood.
    pub fn next(&self) -> Next {
        match &self.status {
            PipelineStatus::Queued => Next::Start,
            PipelineStatus::Succeeded | PipelineStatus::Failed(_) | PipelineStatus::Cancelled => Next::Nothing,
            PipelineStatus::Paused(_) => Next::Resumption,
            PipelineStatus::Running | PipelineStatus::WaitingForApproval => self.next_in_chain(),
        }
    }

    fn next_in_chain(&self) -> Next {
        if let Some(approval) = self.pending_approval() {
            return Next::Decision(approval.id);
        }
        if let Some((step, attempt)) = self.open_attempt() {
            return Next::Resume(step.id, attempt.id);
        }
        match self.current_step() {
            None => Next::Nothing,
            Some(step) => match step.plan.kind {
                StepKind::Approval { .. } => Next::OpenApproval(step.id),
                StepKind::Agent { .. } | StepKind::Check(_) if self.ceiling_reached_before(step) => Next::PauseForBudget(step.id),
                StepKind::Agent { .. } => Next::Attempt(step.id),
                StepKind::Check(_) => Next::Check(step.id),
            },
        }
    }
}

/// Whether an attempt ended without a result, so that what it was told is still to be taken into account.
fn came_to_nothing(status: &AttemptStatus) -> bool {
    match status {
        AttemptStatus::Failed(_) | AttemptStatus::Interrupted | AttemptStatus::Cancelled => true,
        AttemptStatus::Starting | AttemptStatus::Running | AttemptStatus::Finishing | AttemptStatus::Succeeded => false,
    }
}
