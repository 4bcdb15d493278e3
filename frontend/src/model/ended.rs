//! Pipelines that stopped or ended: what of them is news to a reader, and what needs one.

use super::clock::parse_millis;
use agency_contract::{Pipeline, PipelineStatus};

/// When it ended, in milliseconds since 1970; `None` while it may go on by itself or is paused.
fn end(pipeline: &Pipeline) -> Option<i64> {
    let has_ended = matches!(pipeline.status, PipelineStatus::Succeeded | PipelineStatus::Failed);
    pipeline.finished_at.as_deref().filter(|_| has_ended).and_then(parse_millis)
}

/// Whether it is paused, or ended after what the reader has seen. What a person cancels or rejects is no news to them.
pub fn is_news(pipeline: &Pipeline, seen_millis: i64) -> bool {
    if pipeline.status == PipelineStatus::Paused {
        return true;
    }
    let is_rejected = pipeline.status_reason.as_ref().is_some_and(|reason| reason.code == "rejected");
    !is_rejected && end(pipeline).is_some_and(|end| end > seen_millis)
}

/// When the last of them ended; 0 where none did.
pub fn newest_end(pipelines: &[Pipeline]) -> i64 {
    pipelines.iter().filter_map(end).max().unwrap_or_default()
}

/// Whether it goes on, or begins again, only when somebody does something about it.
pub fn waits(pipeline: &Pipeline) -> bool {
    matches!(pipeline.status, PipelineStatus::Paused | PipelineStatus::Failed)
}

/// `Failed`, before its title.
pub fn word(pipeline: &Pipeline) -> &'static str {
    match pipeline.status {
        PipelineStatus::Paused => "Paused",
        PipelineStatus::Failed => "Failed",
        _ => "Finished",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::pipeline;
    use super::*;
    use agency_contract::PipelineStatusReason;

    fn ended(status: PipelineStatus, finished_at: &str) -> Pipeline {
        Pipeline { status, finished_at: Some(finished_at.to_owned()), ..pipeline() }
    }

    #[test]
    fn what_ended_after_the_last_look_is_news() {
        let seen = parse_millis("2026-11-30T12:00:00Z").unwrap();
        let failed = ended(PipelineStatus::Failed, "2026-11-30T12:00:01Z");
        assert!(is_news(&failed, seen) && waits(&failed));
        let done = ended(PipelineStatus::Succeeded, "2026-11-30T12:00:00Z");
        assert!(!is_news(&done, seen) && !waits(&done));
        assert!(!is_news(&ended(PipelineStatus::Cancelled, "2026-11-30T13:00:00Z"), seen));
        let rejected = PipelineStatusReason { code: "rejected".to_owned(), message: String::new(), hint: None };
        assert!(!is_news(&Pipeline { status_reason: Some(rejected), ..failed.clone() }, seen));
        assert!(!is_news(&pipeline(), seen), "it is at work");
        assert!(is_news(&Pipeline { status: PipelineStatus::Paused, ..pipeline() }, seen));
        assert_eq!(newest_end(&[done, failed, pipeline()]), seen + 1_000);
        assert_eq!(newest_end(&[]), 0);
    }
}
