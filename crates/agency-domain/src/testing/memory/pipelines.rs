//! Pipelines in memory.

use super::{Kept, MemoryStore, State, items, precision};
use crate::agents::KeptAgent;
use crate::approvals::{Approval, ApprovalState, Decision};
use crate::attachments::Content;
use crate::pipelines::{
    Ask, Counted, Created, Fact, Fence, Fork, IdempotencyKey, PageCursor, Pipeline, PipelineChange, PipelineFilter, PipelineStatus,
    PipelineStore, PipelineSummary, Receipt, Recorded, StepStatus, StoreError,
};
use crate::{ApprovalId, AskId, AttemptId, PipelineId, QuestionId};
use async_trait::async_trait;
use std::collections::BTreeMap;

#[async_trait]
impl PipelineStore for MemoryStore {
    async fn create(&self, change: PipelineChange, key: Option<IdempotencyKey>) -> Result<Created, StoreError> {
        let mut state = self.state()?;
        if let Some(before) = key.as_ref().map(|key| state.created_with(key)).transpose()?.flatten() {
            return Ok(Created::Before(before));
        }
        let id = change.after.id;
        state.check_branch(&change.after)?;
        if state.pipelines.contains_key(&id) {
            return Err(StoreError::Conflict);
        }
        if let Some(key) = key {
            state.keys.insert(key.key, (key.request_sha256, id));
        }
        let mut agents = change.agents.clone();
        agents.sort_by(|a, b| a.agent.name.cmp(&b.agent.name));
        state.agents.insert(id, agents);
        state.contents.insert(id, change.contents.clone());
        let facts = state.keep(change, 1, 0);
        self.publish(facts);
        Ok(Created::New(id))
    }

    async fn created_with(&self, key: &IdempotencyKey) -> Result<Option<PipelineId>, StoreError> {
        self.state()?.created_with(key)
    }

    async fn load(&self, id: PipelineId) -> Result<Option<Pipeline>, StoreError> {
        Ok(self.state()?.pipelines.get(&id).map(|kept| kept.pipeline.clone()))
    }

    async fn commit(&self, change: PipelineChange) -> Result<i64, StoreError> {
        let mut state = self.state()?;
        let kept = state.pipelines.get(&change.after.id).ok_or(StoreError::Missing)?;
        let fence = kept.fence;
        if change.fence.is_some_and(|held| held.0 != fence) {
            return Err(StoreError::Fenced);
        }
        if kept.pipeline.version != change.after.version {
            return Err(StoreError::Conflict);
        }
        if kept.pipeline.status.is_final() && !change.after.status.is_final() {
            state.check_branch(&change.after)?;
        }
        let version = change.after.version + 1;
        let facts = state.keep(change, version, fence);
        self.publish(facts);
        Ok(state.last_seq)
    }

    async fn claim(&self, id: PipelineId, _owner: &str) -> Result<Fence, StoreError> {
        let mut state = self.state()?;
        let kept = state.pipelines.get_mut(&id).ok_or(StoreError::Missing)?;
        kept.fence += 1;
        Ok(Fence(kept.fence))
    }

    async fn due(&self, limit: u32) -> Result<Vec<PipelineId>, StoreError> {
        let state = self.state()?;
        let due = state.pipelines.values().map(|kept| &kept.pipeline);
        let due = due.filter(|pipeline| matches!(pipeline.status, PipelineStatus::Queued | PipelineStatus::Running));
        Ok(due.map(|pipeline| pipeline.id).take(items(limit)).collect())
    }

    async fn count(&self, what: Counted) -> Result<BTreeMap<String, u64>, StoreError> {
        let state = self.state()?;
        let pipelines = || state.pipelines.values().map(|kept| &kept.pipeline);
        let words: Vec<&str> = match what {
            Counted::Pipelines => pipelines().map(|pipeline| pipeline.status.as_str()).collect(),
            Counted::Attempts => {
                let attempts = pipelines().flat_map(|pipeline| &pipeline.steps).flat_map(|step| &step.attempts);
                attempts.map(|attempt| attempt.status.as_str()).collect()
            }
        };
        let mut counts = BTreeMap::new();
        for word in words {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
        Ok(counts)
    }

    async fn list(&self, filter: &PipelineFilter, before: PageCursor, limit: u32) -> Result<Vec<PipelineSummary>, StoreError> {
        let state = self.state()?;
        let newest_first = state.pipelines.values().rev().map(|kept| &kept.pipeline);
        let page = newest_first.filter(|pipeline| is_below(pipeline.id.0, before) && fits(pipeline, filter));
        Ok(page.take(items(limit)).map(summary).collect())
    }

    async fn approvals(&self, status: Option<&str>, before: PageCursor, limit: u32) -> Result<Vec<(ApprovalId, PipelineId)>, StoreError> {
        let state = self.state()?;
        let mut found: Vec<_> = state
            .approvals()
            .filter(|(approval, _)| is_below(approval.id.0, before) && status.is_none_or(|status| status == word_of(&approval.state)))
            .map(|(approval, pipeline)| (approval.id, pipeline))
            .collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(items(limit));
        Ok(found)
    }

    async fn pipeline_of_approval(&self, id: ApprovalId) -> Result<Option<PipelineId>, StoreError> {
        let state = self.state()?;
        Ok(state.approvals().find(|(approval, _)| approval.id == id).map(|(_, pipeline)| pipeline))
    }

    async fn open_asks(&self, limit: u32) -> Result<Vec<(AskId, PipelineId)>, StoreError> {
        let state = self.state()?;
        let mut open: Vec<_> = state.asks().filter(|(ask, _)| ask.answer.is_none()).map(|(ask, pipeline)| (ask.id, pipeline)).collect();
        open.sort_unstable();
        open.truncate(items(limit));
        Ok(open)
    }

    async fn pipeline_of_ask(&self, id: AskId) -> Result<Option<PipelineId>, StoreError> {
        Ok(self.state()?.asks().find(|(ask, _)| ask.id == id).map(|(_, pipeline)| pipeline))
    }

    async fn agents(&self, id: PipelineId) -> Result<Vec<KeptAgent>, StoreError> {
        Ok(self.state()?.agents.get(&id).cloned().unwrap_or_default())
    }

    async fn attachment(&self, id: PipelineId, place: u32) -> Result<Option<Content>, StoreError> {
        let state = self.state()?;
        Ok(state.contents.get(&id).and_then(|contents| contents.get(items(place))).cloned())
    }

    async fn open_questions(&self, limit: u32) -> Result<Vec<(QuestionId, PipelineId)>, StoreError> {
        let state = self.state()?;
        let open = |kept: &Kept| kept.pipeline.open_question().map(|question| (question.id, kept.pipeline.id));
        let mut open: Vec<_> = state.pipelines.values().filter_map(open).collect();
        open.sort_unstable();
        open.truncate(items(limit));
        Ok(open)
    }

    async fn forks(&self, id: PipelineId, limit: u32) -> Result<Vec<Fork>, StoreError> {
        let state = self.state()?;
        let forks =
            state.pipelines.values().map(|kept| &kept.pipeline).filter(|one| one.forked_from.is_some_and(|origin| origin.pipeline == id));
        Ok(forks.take(items(limit)).map(|one| Fork { id: one.id, title: one.title.clone(), status: one.status.clone() }).collect())
    }

    async fn receipt(&self, attempt: AttemptId) -> Result<Option<Receipt>, StoreError> {
        Ok(self.state()?.receipts.get(&attempt).cloned())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.state().map(drop)
    }
}

impl State {
    fn created_with(&self, key: &IdempotencyKey) -> Result<Option<PipelineId>, StoreError> {
        match self.keys.get(&key.key) {
            Some((request, id)) if *request == key.request_sha256 => Ok(Some(*id)),
            Some(_) => Err(StoreError::KeyReused),
            None => Ok(None),
        }
    }

    fn check_branch(&self, new: &Pipeline) -> Result<(), StoreError> {
        let holds = |other: &Pipeline| {
            !other.status.is_final() && other.repo == new.repo && other.branch.as_str().eq_ignore_ascii_case(new.branch.as_str())
        };
        match self.pipelines.values().find(|kept| holds(&kept.pipeline)) {
            None => Ok(()),
            Some(kept) => Err(StoreError::BranchTaken { branch: new.branch.as_str().to_owned(), held_by: kept.pipeline.id }),
        }
    }

    /// Keeps the pipeline as the change leaves it, and answers the facts to publish.
    fn keep(&mut self, change: PipelineChange, version: i64, fence: i64) -> Vec<Recorded> {
        let PipelineChange { after: mut pipeline, events, at, fence: _, receipt, agents: _, contents: _ } = change;
        let id = pipeline.id;
        pipeline.version = version;
        precision::pipeline(&mut pipeline);
        self.pipelines.insert(id, Kept { pipeline, fence });
        if let Some(mut receipt) = receipt {
            receipt.created_at = precision::time(receipt.created_at);
            self.receipts.insert(receipt.attempt_id, receipt);
        }
        let facts: Vec<_> = events.into_iter().map(|event| self.record(id, at, Fact::Event(event))).collect();
        self.events.extend(facts.iter().map(|fact| (fact.seq, fact.clone())));
        facts
    }

    fn asks(&self) -> impl Iterator<Item = (&Ask, PipelineId)> {
        self.pipelines.values().flat_map(|kept| kept.pipeline.asks.iter().map(|ask| (ask, kept.pipeline.id)))
    }

    fn approvals(&self) -> impl Iterator<Item = (&Approval, PipelineId)> {
        self.pipelines.values().flat_map(|kept| kept.pipeline.approvals.iter().map(|approval| (approval, kept.pipeline.id)))
    }
}

fn is_below(id: i64, before: PageCursor) -> bool {
    before.is_none_or(|before| id < before)
}

fn fits(pipeline: &Pipeline, filter: &PipelineFilter) -> bool {
    let contains = |text: &str, part: &str| text.to_ascii_lowercase().contains(&part.to_ascii_lowercase());
    (filter.statuses.is_empty() || filter.statuses.iter().any(|word| word == pipeline.status.as_str()))
        && filter.template.as_deref().is_none_or(|template| template == pipeline.template.as_str())
        && filter.agent.as_deref().is_none_or(|agent| pipeline.steps.iter().any(|step| step.is_of(agent)))
        && filter.repo.as_ref().is_none_or(|repo| *repo == pipeline.repo)
        && filter.text.as_ref().is_none_or(|text| contains(&pipeline.title, text) || contains(&pipeline.description, text))
}

fn word_of(state: &ApprovalState) -> &'static str {
    match state {
        ApprovalState::Pending => "pending",
        ApprovalState::Decided { decision: Decision::Approve, .. } => "approved",
        ApprovalState::Decided { decision: Decision::RequestChanges, .. } => "changes_requested",
        ApprovalState::Decided { decision: Decision::Reject, .. } => "rejected",
        ApprovalState::Withdrawn { .. } => "withdrawn",
    }
}

fn summary(pipeline: &Pipeline) -> PipelineSummary {
    let count = |number: usize| u32::try_from(number).expect("a chain has few steps");
    PipelineSummary {
        usage: pipeline.usage(),
        current_step: pipeline.current_step().map(|step| step.id),
        steps_total: count(pipeline.steps.len()),
        steps_done: count(pipeline.steps.iter().filter(|step| step.status == StepStatus::Succeeded).count()),
        scripted: pipeline.is_scripted(),
        pipeline: Pipeline {
            attachments: Vec::new(),
            steps: Vec::new(),
            approvals: Vec::new(),
            criteria: Vec::new(),
            findings: Vec::new(),
            steers: Vec::new(),
            asks: Vec::new(),
            questions: Vec::new(),
            ..pipeline.clone()
        },
    }
}
