//! A chain in words: where a pipeline stands, what an attempt came to, where a loop leads.

use super::format::{base_name, sentence_case, words};
use super::status::{Badge, Tone, attempt_badge, pipeline_badge, verdict_badge};
use agency_contract::{
    Approval, ApprovalStatus, Attempt, NewStep, Pipeline, PipelineDetail, PipelineStatus, Step, StepKind, StepStatus, Verdict,
};

/// What a step is called: the agent's name, or what kind of step it is.
pub fn step_name(step: &Step) -> String {
    match step.kind {
        StepKind::Agent => step.agent_name.clone(),
        StepKind::Check => "check".to_owned(),
        StepKind::Approval => "approval".to_owned(),
    }
}

/// The kind and the name of a step that a template lists.
pub fn new_step_label(step: &NewStep) -> (StepKind, String) {
    if let Some(agent) = &step.agent {
        (StepKind::Agent, agent.clone())
    } else if step.check.is_some() {
        (StepKind::Check, "check".to_owned())
    } else {
        (StepKind::Approval, "approval".to_owned())
    }
}

/// The pipeline's state in one line: `Running: developer, attempt 2`, `Waiting for you: Ready to merge?`, `Failed: step failed`.
pub fn status_line(detail: &PipelineDetail) -> String {
    let label = pipeline_badge(detail.pipeline.status).label;
    match status_detail(detail) {
        Some(words) => format!("{label}: {words}"),
        None => label.to_owned(),
    }
}

/// What there is to say beyond the state's own label.
pub fn status_detail(detail: &PipelineDetail) -> Option<String> {
    let pipeline = &detail.pipeline;
    match pipeline.status {
        PipelineStatus::Running => match detail.requests.iter().find(|request| request.answer.is_none()) {
            Some(request) => Some(format!("{} waits for your answer", request.agent_name)),
            None => current(detail).map(|step| match pipeline.pause_requested {
                Some(_) => format!("{}, pauses after this attempt", at_work(step)),
                None => at_work(step),
            }),
        },
        PipelineStatus::WaitingForApproval => pending(detail).next().map(|approval| approval.question.clone()),
        PipelineStatus::Failed | PipelineStatus::Paused => pipeline.status_reason.as_ref().map(|reason| words(&reason.code)),
        PipelineStatus::Queued | PipelineStatus::Succeeded | PipelineStatus::Cancelled => None,
    }
}

fn current(detail: &PipelineDetail) -> Option<&Step> {
    let id = detail.pipeline.current_step_id?;
    detail.steps.iter().find(|step| step.id == id)
}

fn at_work(step: &Step) -> String {
    match step.attempts.last() {
        Some(attempt) if attempt.number > 1 => format!("{}, attempt {}", step_name(step), attempt.number),
        Some(_) | None => step_name(step),
    }
}

/// The gates that wait for a person.
pub fn pending(detail: &PipelineDetail) -> impl Iterator<Item = &Approval> {
    detail.approvals.iter().filter(|approval| approval.status == ApprovalStatus::Pending)
}

/// Names a gate together with what is decided on: another digest is another key.
pub fn gate_key(approval: &Approval) -> i64 {
    // FNV-1a. Two gates of one page share a key about as often as two commits share a hash that is half as long.
    let bytes = approval.id.to_le_bytes().into_iter().chain(approval.digest.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    hash.cast_signed()
}

/// `‖ Add a search box`, for the tab's title.
pub fn document_title(pipeline: &Pipeline) -> String {
    format!("{} {}", pipeline_badge(pipeline.status).glyph, pipeline.title)
}

/// What an attempt came to. A verdict says more than that the attempt ended well.
pub fn attempt_outcome(attempt: &Attempt) -> Badge {
    match attempt.verdict {
        Some(verdict) => verdict_badge(verdict),
        None => attempt_badge(attempt.status),
    }
}

/// Where an attempt's verdict sent the pipeline: the step that is named, while it asked for changes.
pub fn sent_back_to<'a>(step: &'a Step, attempt: &Attempt) -> Option<&'a str> {
    let back = step.on_changes_requested.as_ref()?;
    (attempt.verdict == Some(Verdict::ChangesRequested)).then_some(back.back_to.as_str())
}

/// `Changes go back to developer, at most 3 rounds.`
pub fn loop_line(step: &Step) -> Option<String> {
    let back = step.on_changes_requested.as_ref()?;
    let rounds = super::format::counted(back.max_rounds as usize, "round", "rounds");
    Some(format!("Changes go back to {}, at most {rounds}", back.back_to))
}

/// One mark of the small progress bar of a list row, per step.
pub fn progress_marks(pipeline: &Pipeline) -> Vec<Tone> {
    let (done, total) = (pipeline.steps_done as usize, pipeline.steps_total as usize);
    let at_the_front = match pipeline.status {
        PipelineStatus::Queued | PipelineStatus::Succeeded | PipelineStatus::Cancelled => Tone::Quiet,
        PipelineStatus::Running => Tone::Active,
        PipelineStatus::WaitingForApproval | PipelineStatus::Paused => Tone::Waiting,
        PipelineStatus::Failed => Tone::Bad,
    };
    (0..total)
        .map(|index| match index {
            _ if index < done => Tone::Good,
            _ if index == done => at_the_front,
            _ => Tone::Quiet,
        })
        .collect()
}

/// `full_feature · shop · agency/12-search-box`
pub fn origin_line(pipeline: &Pipeline) -> String {
    format!("{} · {} · {}", pipeline.template, base_name(&pipeline.repo), pipeline.branch)
}

/// What to read where an attempt has nothing to show yet.
pub fn step_without_attempts(step: &Step) -> String {
    match step.status {
        StepStatus::Pending => format!("{} has not started. It begins when the steps before it are done.", sentence_case(&step_name(step))),
        StepStatus::Skipped => "This step was skipped.".to_owned(),
        StepStatus::Cancelled => "The pipeline was cancelled before this step began.".to_owned(),
        StepStatus::Running | StepStatus::WaitingForApproval => "This step is about to begin.".to_owned(),
        StepStatus::Succeeded | StepStatus::Failed => "This step kept no record of an attempt.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use serde_json::json;

    fn pipeline(status: PipelineStatus, done: u32, total: u32) -> Pipeline {
        Pipeline { status, steps_done: done, steps_total: total, ..testing::pipeline() }
    }

    fn step(value: &serde_json::Value) -> Step {
        let mut step = json!({"id": 11, "order_index": 0, "kind": "agent", "agent_name": "senior-reviewer", "description": "", "status": "running",
            "commands": [], "rounds": 0, "attempts": []});
        step.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        serde_json::from_value(step).unwrap()
    }

    fn attempt(number: u32, verdict: Option<&str>) -> serde_json::Value {
        json!({"id": number, "step_id": 11, "number": number, "status": "succeeded", "base_commit": "", "started_at": "", "verdict": verdict, "checks": [],
            "usage": {"tokens": {"input": 0, "output": 0, "reasoning": 0, "cache_read": 0, "cache_write": 0}, "cost": null}})
    }

    fn detail(status: PipelineStatus, steps: Vec<Step>) -> PipelineDetail {
        PipelineDetail { pipeline: pipeline(status, 0, 2), steps, ..testing::detail() }
    }

    #[test]
    fn the_status_line_names_who_is_at_work() {
        let running = detail(PipelineStatus::Running, vec![step(&json!({"attempts": [attempt(1, None), attempt(2, None)]}))]);
        assert_eq!(status_line(&running), "Running: senior-reviewer, attempt 2");
        assert_eq!(status_line(&detail(PipelineStatus::Succeeded, Vec::new())), "Succeeded");
    }

    #[test]
    fn a_verdict_outranks_the_end_of_its_attempt() {
        let reviewer = step(
            &json!({"on_changes_requested": {"back_to": "developer", "max_rounds": 1}, "attempts": [attempt(1, Some("changes_requested"))]}),
        );
        assert_eq!(attempt_outcome(&reviewer.attempts[0]).label, "Changes requested");
        assert_eq!(sent_back_to(&reviewer, &reviewer.attempts[0]), Some("developer"));
        assert_eq!(loop_line(&reviewer).as_deref(), Some("Changes go back to developer, at most 1 round"));
    }

    #[test]
    fn an_approved_attempt_is_sent_nowhere() {
        let reviewer =
            step(&json!({"on_changes_requested": {"back_to": "developer", "max_rounds": 1}, "attempts": [attempt(1, Some("approved"))]}));
        assert_eq!(sent_back_to(&reviewer, &reviewer.attempts[0]), None);
    }

    #[test]
    fn the_progress_bar_has_one_mark_per_step() {
        assert_eq!(progress_marks(&pipeline(PipelineStatus::Failed, 1, 3)), [Tone::Good, Tone::Bad, Tone::Quiet]);
        assert_eq!(progress_marks(&pipeline(PipelineStatus::Succeeded, 2, 2)), [Tone::Good, Tone::Good]);
    }

    #[test]
    fn the_title_of_the_tab_carries_the_state() {
        assert_eq!(document_title(&pipeline(PipelineStatus::WaitingForApproval, 0, 1)), "‖ Search box");
    }
}
