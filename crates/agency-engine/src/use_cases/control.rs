//! What people do with a run.

use super::{Engine, Shared, UseCaseError};
use agency_domain::approvals::Decision;
use agency_domain::budgets::Budget;
use agency_domain::pipelines::{AnsweredBy, Command, Pipeline, Scope};
use agency_domain::{ApprovalId, AskId, ModelName, PipelineId, StepId};

/// A person's decision, as it came in.
#[derive(Debug, Clone)]
pub struct DecisionRequest {
    pub decision: Decision,
    pub comment: Option<String>,
    pub decided_by: String,
    pub back_to: Option<String>,
    pub digest: Option<String>,
}

/// What to retry, and how differently.
#[derive(Debug, Clone, Default)]
pub struct RetryRequest {
    /// The step that the chain stood at last, where none is named.
    pub step: Option<StepId>,
    pub model: Option<ModelName>,
    /// Sent to the step's agent.
    pub instruction: Option<String>,
    pub by: String,
}

/// A person's answer to what an agent asks.
#[derive(Debug, Clone)]
pub struct AskAnswer {
    pub allowed: bool,
    /// What the model reads: the reason of a denial, the answer of a question.
    pub message: Option<String>,
    pub by: String,
    /// How far a permission holds on, and for which patterns; once where this is `None`.
    pub grant: Option<(Scope, Vec<String>)>,
}

impl Engine {
    /// Ends a pipeline and its agent's processes. Answers once it is recorded; the processes end right after.
    ///
    /// # Errors
    /// Where there is no such pipeline, or it has ended already.
    pub async fn cancel(&self, id: PipelineId, by: String) -> Result<Pipeline, UseCaseError> {
        let pipeline = self.shared.command(id, None, |_| Command::Cancel { by: by.clone() }).await?;
        self.shared.signals.end(id);
        self.shared.cancel_question(&pipeline).await?;
        self.shared.changed.notify_one();
        Ok(pipeline)
    }

    /// Pauses before the next attempt, or `now`, with the attempt under way interrupted.
    ///
    /// # Errors
    /// Where there is no such pipeline, or it neither runs nor is queued.
    pub async fn pause(&self, id: PipelineId, by: String, now: bool) -> Result<Pipeline, UseCaseError> {
        let pipeline = self.shared.command(id, None, |_| Command::Pause { by: by.clone(), now }).await?;
        if pipeline.is_paused() {
            self.shared.signals.end(id);
        }
        Ok(pipeline)
    }

    /// Goes on after a pause; `budget` raises what it names.
    ///
    /// # Errors
    /// Where there is no such pipeline, it is not paused, or its budget still forbids it.
    pub async fn resume(&self, id: PipelineId, by: String, budget: Budget) -> Result<Pipeline, UseCaseError> {
        self.shared.command_and_wake(id, |_| Command::Resume { by: by.clone(), budget }).await
    }

    /// Changes ceilings of a run that has not ended.
    ///
    /// # Errors
    /// Where there is no such pipeline, it has ended, or the numbers make no sense.
    pub async fn change_budget(&self, id: PipelineId, by: String, budget: Budget) -> Result<Pipeline, UseCaseError> {
        self.shared.command_and_wake(id, |_| Command::ChangeBudget { by: by.clone(), budget }).await
    }

    /// Begins a step afresh, and everything after it.
    ///
    /// # Errors
    /// Where there is no such pipeline or step, it runs, the step was never reached, or another pipeline holds the branch by now.
    pub async fn retry(&self, id: PipelineId, request: RetryRequest) -> Result<Pipeline, UseCaseError> {
        let text = request.instruction.filter(|text| !text.trim().is_empty());
        let instruction = text.map(|text| (self.shared.ports.ids.steer(), text));
        let RetryRequest { step, model, by, .. } = RetryRequest { instruction: None, ..request };
        self.shared
            .command_and_wake(id, |_| Command::Retry { by: by.clone(), step, model: model.clone(), instruction: instruction.clone() })
            .await
    }

    /// Says something to the running attempt, or to the next one.
    ///
    /// # Errors
    /// Where there is no such pipeline, it has ended, or the text is empty or too long.
    pub async fn steer(&self, id: PipelineId, by: String, text: String) -> Result<Pipeline, UseCaseError> {
        let steer = self.shared.ports.ids.steer();
        self.shared.command_and_wake(id, |_| Command::Steer { steer, text: text.clone(), by: by.clone() }).await
    }

    /// Answers what an agent asks.
    ///
    /// # Errors
    /// Where there is no such request, or it is answered already.
    pub async fn answer_ask(&self, id: AskId, answer: AskAnswer) -> Result<Pipeline, UseCaseError> {
        let pipeline = self.pipeline_of_ask(id).await?;
        let by = AnsweredBy::Person(answer.by);
        self.shared
            .command_and_wake(pipeline, |_| Command::Answer {
                ask: id,
                allowed: answer.allowed,
                message: answer.message.clone(),
                by: by.clone(),
                grant: answer.grant.clone(),
            })
            .await
    }

    /// Takes back a permission that holds on.
    ///
    /// # Errors
    /// Where there is no such request, it gave none, or the pipeline has ended.
    pub async fn revoke_grant(&self, id: AskId, by: String) -> Result<Pipeline, UseCaseError> {
        let pipeline = self.pipeline_of_ask(id).await?;
        self.shared.command_and_wake(pipeline, |_| Command::Revoke { ask: id, by: by.clone() }).await
    }

    async fn pipeline_of_ask(&self, id: AskId) -> Result<PipelineId, UseCaseError> {
        let pipeline = self.shared.ports.store.pipeline_of_ask(id).await?;
        pipeline.ok_or_else(|| UseCaseError::NotFound(format!("request {id}")))
    }

    /// Takes a criterion as met without evidence.
    ///
    /// # Errors
    /// Where there is no such pipeline or criterion, it is accepted already, or no reason is given.
    pub async fn accept_criterion(&self, id: PipelineId, criterion: String, by: String, reason: String) -> Result<Pipeline, UseCaseError> {
        let command = |_: &Pipeline| Command::AcceptCriterion { criterion: criterion.clone(), by: by.clone(), reason: reason.clone() };
        self.shared.command_and_wake(id, command).await
    }

    /// Decides an approval.
    ///
    /// # Errors
    /// Where there is no such approval, it is decided already, its digest is stale, or the input does not fit.
    pub async fn decide_approval(&self, id: ApprovalId, request: DecisionRequest) -> Result<Pipeline, UseCaseError> {
        let pipeline = self.shared.ports.store.pipeline_of_approval(id).await?;
        let pipeline = pipeline.ok_or_else(|| UseCaseError::NotFound(format!("approval {id}")))?;
        self.shared
            .command_and_wake(pipeline, |_| Command::DecideApproval {
                approval: id,
                decision: request.decision,
                comment: request.comment.clone(),
                decided_by: request.decided_by.clone(),
                digest: request.digest.clone(),
                back_to: request.back_to.clone(),
            })
            .await
    }
}

impl Shared {
    /// A person's command, after which the pipeline may be due, or its runner has something to look at.
    async fn command_and_wake(&self, id: PipelineId, command: impl Fn(&Pipeline) -> Command + Send) -> Result<Pipeline, UseCaseError> {
        let pipeline = self.command(id, None, command).await?;
        self.signals.nudge(id);
        self.changed.notify_one();
        Ok(pipeline)
    }
}
