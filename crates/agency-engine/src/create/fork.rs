//! Forking: a new pipeline that goes on from a finished step of another, on a branch of its own.

use super::draft::Draft;
use super::{CreateError, CreateRequest, FieldFault};
use agency_domain::budgets::Budget;
use agency_domain::pipelines::{Command, NewPipeline, Pipeline, PipelineChange, StepStatus, decide};
use agency_domain::{PipelineId, StepId};
use std::path::Path;

/// What is different in the fork; what is not given stays as it is in the original.
#[derive(Debug, Clone, Default)]
pub struct ForkRequest {
    /// The finished step to go on after: the last one with another behind it, where none is named.
    pub after: Option<StepId>,
    pub title: Option<String>,
    pub branch: Option<String>,
    /// Of every step that is still to be worked on.
    pub model: Option<String>,
    pub budget: Budget,
    /// Sent to the first step that works.
    pub instruction: Option<String>,
    pub by: String,
}

impl crate::Engine {
    /// Forks a pipeline, whatever has become of it, and stores the new one as `queued`.
    ///
    /// # Errors
    /// Where there is no such pipeline or step, the step is not done, or the input does not fit.
    pub async fn fork(&self, id: PipelineId, request: ForkRequest) -> Result<PipelineId, CreateError> {
        let ports = &self.shared.ports;
        let original = ports.store.load(id).await?.ok_or_else(|| CreateError::NotFound(format!("pipeline {id}")))?;
        let after = match request.after {
            Some(step) => step,
            None => last_done(&original)
                .ok_or_else(|| CreateError::Refused("no step of it is done yet, so there is nothing to go on from".into()))?,
        };
        let draft = CreateRequest { branch: request.branch.clone(), repo: original.repo.clone(), ..CreateRequest::default() };
        let mut draft = Draft { engine: self, request: draft, faults: Vec::new() };
        let root = Path::new(&original.repo);
        let wanted = draft.wanted_branch(root).await?;
        let model = draft.model("model", request.model.as_deref());
        if !draft.faults.is_empty() {
            return Err(CreateError::Invalid(draft.faults));
        }
        self.expect_room().await?;
        let new_id = ports.ids.pipeline();
        let title = request.title.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| original.title.clone());
        let branch = match wanted {
            Some(branch) => branch,
            None => draft.free_branch(root, new_id, &title).await?,
        };
        let new = NewPipeline {
            id: new_id,
            title,
            description: original.description.clone(),
            attachments: original.attachments.clone(),
            template: original.template.clone(),
            template_version: original.template_version.clone(),
            repo: original.repo.clone(),
            base: original.base.clone(),
            base_commit: original.base_commit.clone(),
            branch,
            model: original.model.clone(),
            budget: original.budget.with(request.budget),
            steps: Vec::new(),
            forked_from: None,
        };
        let at = ports.clock.now();
        let mut fork = original.fork(after, new, ports.ids.as_ref(), at).map_err(|refused| CreateError::Refused(refused.to_string()))?;
        if let Some(model) = model {
            for step in fork.steps.iter_mut().filter(|step| step.status == StepStatus::Pending && step.agent().is_some()) {
                step.plan.model = Some(model.clone());
            }
        }
        let mut events = vec![fork.created()];
        if let Some(text) = request.instruction.filter(|text| !text.trim().is_empty()) {
            let steer = Command::Steer { steer: ports.ids.steer(), text, by: request.by };
            let said = decide(&fork, steer, at)
                .map_err(|refused| CreateError::Invalid(vec![FieldFault { field: "instruction".into(), message: refused.to_string() }]))?;
            fork.apply_all(&said, at);
            events.extend(said);
        }
        // What is taken over was made by these agents, and what is left to do was planned for them.
        let agents = ports.store.agents(id).await?;
        let contents = self.shared.files(&original).await?.into_iter().map(|file| file.content).collect();
        ports.store.create(PipelineChange { after: fork, events, at, fence: None, receipt: None, agents, contents }, None).await?;
        self.shared.changed.notify_one();
        Ok(new_id)
    }
}

/// The last step of the unbroken row of finished ones that has another behind it.
fn last_done(pipeline: &Pipeline) -> Option<StepId> {
    // Behind the last step of all there is nothing to go on with.
    let all_but_last = pipeline.steps.split_last().map(|(_, before)| before)?;
    all_but_last.iter().take_while(|step| step.is_done()).last().map(|step| step.id)
}
