//! What holds of every pipeline at every moment, whatever was asked of it.

use crate::approvals::ApprovalState;
use crate::pipelines::{Attempt, AttemptStatus, Next, Pipeline, PipelineStatus, Step, StepStatus};
use crate::reviews::Verdict;
use crate::templates::StepKind;

/// What does not fit together in a pipeline, a sentence each.
pub fn state_faults(pipeline: &Pipeline) -> Vec<String> {
    let mut faults = Faults::default();
    status(pipeline, &mut faults);
    chain(pipeline, &mut faults);
    attempts(pipeline, &mut faults);
    reviews(pipeline, &mut faults);
    talk(pipeline, &mut faults);
    faults.0
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    /// Says `what` does not hold, unless it does.
    fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }
}

/// The status, and what may be open in it.
fn status(pipeline: &Pipeline, faults: &mut Faults) {
    let word = pipeline.status.as_str();
    let (open, gate, next) = (pipeline.open_attempt().is_some(), pipeline.pending_approval().is_some(), pipeline.next());
    let at_rest = !open && !gate;
    let gates = pipeline.approvals.iter().filter(|approval| approval.state == ApprovalState::Pending).count();
    faults.expect(gates <= 1, || format!("{gates} gates are open"));
    faults.expect(pipeline.finished_at.is_some() == pipeline.status.is_final(), || format!("it is {word}, and finished_at says otherwise"));
    let fits = match &pipeline.status {
        PipelineStatus::Queued => at_rest && pipeline.started_at.is_none() && next == Next::Start,
        PipelineStatus::Running => {
            let goes_on = match next {
                Next::Attempt(_) | Next::Check(_) | Next::PauseForBudget(_) | Next::OpenApproval(_) => !open,
                Next::Resume(_, _) => open,
                Next::Start | Next::Decision(_) | Next::Resumption | Next::Nothing => false,
            };
            !gate && goes_on && pipeline.started_at.is_some()
        }
        PipelineStatus::WaitingForApproval => !open && gate && matches!(next, Next::Decision(_)) && pipeline.started_at.is_some(),
        PipelineStatus::Paused(_) => at_rest && next == Next::Resumption && pipeline.pause_requested.is_none(),
        PipelineStatus::Succeeded => {
            let settled = pipeline.unsettled_criteria().next().is_none();
            at_rest && next == Next::Nothing && settled && pipeline.first_open_step().is_none()
        }
        PipelineStatus::Failed(_) | PipelineStatus::Cancelled => at_rest && next == Next::Nothing,
    };
    faults.expect(fits, || {
        format!("it is {word}, with an attempt open: {open}, a gate open: {gate}, next {next:?}, started {:?}", pipeline.started_at)
    });
}

/// The steps: done up to where the chain stands, untouched behind it.
fn chain(pipeline: &Pipeline, faults: &mut Faults) {
    let told = || pipeline.steps.iter().map(|step| step.status.as_str()).collect::<Vec<_>>().join(", ");
    let is_done = |step: &&Step| matches!(step.status, StepStatus::Succeeded | StepStatus::Skipped);
    let mut rest = pipeline.steps.iter().skip_while(is_done);
    let at = rest.next();
    let is_final = pipeline.status.is_final();
    let fits = at.is_none_or(|step| match step.status {
        StepStatus::Pending | StepStatus::Running => !is_final,
        StepStatus::WaitingForApproval => pipeline.pending_approval().is_some_and(|approval| approval.step_id == step.id),
        StepStatus::Failed | StepStatus::Cancelled => is_final,
        StepStatus::Succeeded | StepStatus::Skipped => false,
    });
    let behind = rest.all(|step| match step.status {
        StepStatus::Pending => !is_final,
        StepStatus::Skipped | StepStatus::Cancelled => is_final,
        StepStatus::Running | StepStatus::WaitingForApproval | StepStatus::Succeeded | StepStatus::Failed => false,
    });
    faults.expect(fits && behind, || format!("it is {}, and its steps are {}", pipeline.status.as_str(), told()));
    for step in &pipeline.steps {
        let waits = step.retry_at.is_some();
        let failed_last = matches!(step.attempts.last().map(|attempt| &attempt.status), Some(AttemptStatus::Failed(_)));
        faults.expect(!waits || failed_last, || format!("step {} waits to be tried again, and did not fail last", step.id));
    }
}

/// The attempts: at most one open, at the step where the chain stands, counted from 1.
fn attempts(pipeline: &Pipeline, faults: &mut Faults) {
    let all = pipeline.attempts_in_order();
    let open: Vec<_> = all.iter().filter(|(_, attempt)| attempt.status.is_open()).collect();
    faults.expect(open.len() <= 1, || format!("{} attempts are open", open.len()));
    for (step, attempt) in open {
        let stands_there = pipeline.current_step().is_some_and(|current| current.id == step.id) && step.status == StepStatus::Running;
        let is_newest = step.attempts.last().is_some_and(|last| last.id == attempt.id);
        faults.expect(stands_there && is_newest, || format!("attempt {} is open where the chain does not stand", attempt.id));
    }
    for step in &pipeline.steps {
        let numbers: Vec<u32> = step.attempts.iter().map(|attempt| attempt.number).collect();
        faults.expect(numbers.iter().copied().eq(1..=u32::try_from(numbers.len()).unwrap_or(u32::MAX)), || {
            format!("the attempts of step {} are numbered {numbers:?}", step.id)
        });
        let ids: Vec<_> = step.attempts.iter().map(|attempt| attempt.id).collect();
        faults.expect(ids.is_sorted(), || format!("the attempts of step {} are out of order: {ids:?}", step.id));
        let fits_kind = |attempt: &Attempt| match &step.plan.kind {
            StepKind::Agent { .. } => attempt.checks.is_empty(),
            StepKind::Check(_) => attempt.handoff.is_none() && attempt.session.is_none(),
            StepKind::Approval { .. } => false,
        };
        for attempt in &step.attempts {
            faults.expect(fits_kind(attempt), || format!("attempt {} is of another kind than its step {}", attempt.id, step.name()));
            faults.expect(attempt.status.is_open() == attempt.finished_at.is_none(), || {
                format!("attempt {} is {}, and finished_at says otherwise", attempt.id, attempt.status.as_str())
            });
        }
    }
}

/// No review passes without its verdict, and no loop goes on for ever.
fn reviews(pipeline: &Pipeline, faults: &mut Faults) {
    for step in &pipeline.steps {
        let rounds_max = match &step.plan.kind {
            StepKind::Agent { on_changes_requested, .. } => on_changes_requested.as_ref().map(|back| back.max_rounds),
            StepKind::Check(_) => pipeline.loop_of_check(step).map(|back| back.max_rounds),
            StepKind::Approval { .. } => None,
        };
        faults.expect(step.rounds <= rounds_max.unwrap_or(0), || format!("step {} has gone back {} times", step.id, step.rounds));
        let reviews = matches!(&step.plan.kind, StepKind::Agent { on_changes_requested: Some(_), .. });
        let last = step.attempts.iter().rev().find(|attempt| attempt.status == AttemptStatus::Succeeded);
        let approved = last.is_some_and(|attempt| {
            let said = attempt.handoff.as_ref().and_then(|handoff| handoff.record.verdict);
            attempt.verdict == Some(Verdict::Approved) && said == Some(Verdict::Approved)
        });
        if reviews && step.status == StepStatus::Succeeded {
            faults.expect(approved, || format!("step {} passed without an approving verdict", step.id));
            let grave =
                pipeline.findings.iter().find(|finding| finding.step == step.id && finding.is_open() && finding.severity.is_grave());
            faults.expect(grave.is_none(), || format!("step {} passed with {} open", step.id, grave.map_or("", |finding| &finding.id)));
        }
    }
}

/// What was said and asked belongs to attempts that there are, and nobody waits for an answer to an attempt that has ended.
fn talk(pipeline: &Pipeline, faults: &mut Faults) {
    for ask in &pipeline.asks {
        let is_open = pipeline.attempt(ask.attempt).is_some_and(|(_, attempt)| attempt.status.is_open());
        faults.expect(ask.answer.is_some() || is_open, || format!("request {} waits, and its attempt {} has ended", ask.id, ask.attempt));
    }
    let open = pipeline.questions.iter().filter(|question| question.is_open()).count();
    faults.expect(open <= 1, || format!("{open} questions wait for their answers"));
    for question in &pipeline.questions {
        let asked = pipeline.attempt(question.attempt);
        let has_ended = asked.is_some_and(|(step, attempt)| step.agent().is_some() && !attempt.status.is_open());
        faults.expect(has_ended, || {
            format!("question {} is about attempt {}, which is no agent's that ended", question.id, question.attempt)
        });
    }
    for steer in &pipeline.steers {
        let is_known = steer.delivered_in.is_none_or(|attempt| pipeline.attempt(attempt).is_some());
        faults.expect(is_known, || format!("message {} went to an attempt that there is not", steer.id));
    }
    for (ids, what) in [
        (pipeline.criteria.iter().map(|criterion| &criterion.id).collect::<Vec<_>>(), "criterion"),
        (pipeline.findings.iter().map(|finding| &finding.id).collect(), "finding"),
    ] {
        let twice = ids.iter().enumerate().find(|(index, id)| ids[..*index].contains(id));
        faults.expect(twice.is_none(), || format!("there are two of {what} {}", twice.map_or("", |(_, id)| id)));
    }
}
