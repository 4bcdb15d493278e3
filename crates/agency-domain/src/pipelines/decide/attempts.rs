//! Attempts: how they begin.

use super::{conflict, current};
use crate::Timestamp;
use crate::pipelines::{Event, NewAttempt, Pipeline, PipelineStatus, Refused, StepStatus};
use crate::templates::StepKind;

pub(super) fn begin_attempt(pipeline: &Pipeline, new: NewAttempt, at: Timestamp) -> Result<Vec<Event>, Refused> {
    if pipeline.status != PipelineStatus::Running {
        return Err(conflict(pipeline, "begin an attempt"));
    }
    if let Some((_, open)) = pipeline.open_attempt() {
        return Err(Refused::Conflict(format!("attempt {} is still {}", open.id, open.status.as_str())));
    }
    let step = current(pipeline, new.step)?;
    if let StepKind::Approval { .. } = step.plan.kind {
        return Err(Refused::Conflict(format!("step {} is an approval: nothing is attempted there", step.id)));
    }
    if let Some(ceiling) = pipeline.ceiling_reached(step, at) {
        return Err(Refused::Conflict(format!("the budget's ceiling of {} is reached", ceiling.as_str())));
    }
    let mut events = Vec::new();
    if step.status == StepStatus::Pending {
        events.push(Event::StepStarted { step_id: step.id });
    }
    let (session, message, prompt) = match new.conversation {
        Some(said) => (Some(said.session), Some(said.message), Some((said.prompt_sha256, said.prompt_bytes))),
        None => (None, None, None),
    };
    let (prompt_sha256, prompt_bytes) = prompt.unzip();
    events.push(Event::AttemptStarted {
        step_id: step.id,
        attempt_id: new.attempt,
        number: u32::try_from(step.attempts.len()).expect("fewer attempts than 2^32") + 1,
        model: new.model,
        session,
        message,
        base_commit: new.base_commit,
        prompt_sha256,
        prompt_bytes,
    });
    let waiting = pipeline.steers_for(step.id).filter(|steer| new.steers.contains(&steer.id));
    events.extend(waiting.map(|steer| Event::SteerDelivered { steer_id: steer.id, attempt_id: new.attempt }));
    Ok(events)
}
