//! Times to the millisecond, as every store keeps them: a test on the fake shall not rely on digits that a database drops.

use crate::Timestamp;
use crate::approvals::ApprovalState;
use crate::pipelines::Pipeline;

pub(super) fn time(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).expect("a timestamp's own milliseconds are in range")
}

fn cut(at: &mut Timestamp) {
    *at = time(*at);
}

/// Cuts every time of a pipeline.
pub(super) fn pipeline(pipeline: &mut Pipeline) {
    cut(&mut pipeline.created_at);
    cut(&mut pipeline.updated_at);
    pipeline.started_at.iter_mut().chain(&mut pipeline.finished_at).for_each(cut);
    for step in &mut pipeline.steps {
        step.started_at.iter_mut().chain(&mut step.finished_at).chain(&mut step.retry_at).for_each(cut);
        for attempt in &mut step.attempts {
            cut(&mut attempt.started_at);
            attempt.finished_at.iter_mut().chain(attempt.handoff.as_mut().map(|handoff| &mut handoff.at)).for_each(cut);
        }
    }
    pipeline.criteria.iter_mut().filter_map(|criterion| criterion.accepted.as_mut()).for_each(|accepted| cut(&mut accepted.at));
    pipeline.steers.iter_mut().for_each(|steer| cut(&mut steer.at));
    for ask in &mut pipeline.asks {
        cut(&mut ask.asked_at);
        cut(&mut ask.deadline);
        ask.answer.iter_mut().for_each(|answer| cut(&mut answer.at));
    }
    for question in &mut pipeline.questions {
        cut(&mut question.asked_at);
        question.end.iter_mut().for_each(|end| cut(&mut end.at));
    }
    for approval in &mut pipeline.approvals {
        cut(&mut approval.created_at);
        approval.reminded_at.iter_mut().for_each(cut);
        match &mut approval.state {
            ApprovalState::Pending => {}
            ApprovalState::Decided { at, .. } | ApprovalState::Withdrawn { at } => cut(at),
        }
    }
}
