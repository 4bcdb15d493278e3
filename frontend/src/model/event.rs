//! An event of the stream, as far as the page goes by it.
//!
//! Most events only say that a pipeline changed, and its detail is fetched anew: their other fields are not read, which keeps the reader small. A test
//! holds this to the wire's own type, variant by variant.

use super::json::{self, Misread};
use agency_contract::{PartKind, TranscriptPart};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub struct LiveEvent {
    pub pipeline_id: Option<i64>,
    /// Durable events have one; it rises over all pipelines.
    pub seq: Option<i64>,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Heartbeat,
    /// Replay is not possible: what is open is to be loaded again.
    Reset,
    /// The server is about to stop.
    Closing,
    Part(Box<TranscriptPart>),
    Delta(Delta),
    /// A pipeline changed, and so may the list of what waits for a person.
    InboxChanged,
    /// A pipeline changed. Also what a newer server says that this page does not know.
    PipelineChanged,
}

/// `text` belongs at byte `offset` of the part's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    pub attempt_id: i64,
    pub step_id: i64,
    pub part_id: String,
    pub ordinal: u32,
    pub kind: PartKind,
    pub offset: u64,
    pub text: String,
}

json::objects! { Delta { attempt_id, step_id, part_id, ordinal, kind, offset, text } }

impl LiveEvent {
    /// What the page tells itself when it may have missed something.
    pub fn reset() -> Self {
        Self { pipeline_id: None, seq: None, kind: Kind::Reset }
    }

    /// What a tab without a stream tells itself now and then: what waits for a person may be another list.
    pub fn inbox_may_differ() -> Self {
        Self { pipeline_id: None, seq: None, kind: Kind::InboxChanged }
    }

    /// Reads one `data:` line.
    pub fn parse(data: &str) -> Result<Self, Misread> {
        let mut value: Value = json::parse(data)?;
        let (pipeline_id, seq) = (value["pipeline_id"].as_i64(), value["seq"].as_i64());
        let kind = match value["type"].as_str().unwrap_or_default() {
            "heartbeat" => Kind::Heartbeat,
            "reset" => Kind::Reset,
            "closing" => Kind::Closing,
            "transcript_part" => Kind::Part(json::from_value(value["part"].take())?),
            "transcript_delta" => Kind::Delta(json::from_value(value)?),
            // A pipeline that ends withdraws the gate that it waits at, and an attempt that ends what it asked.
            "approval_requested"
            | "approval_decided"
            | "approval_reopened"
            | "permission_asked"
            | "permission_answered"
            | "attempt_finished"
            | "pipeline_updated" => Kind::InboxChanged,
            _ => Kind::PipelineChanged,
        };
        Ok(Self { pipeline_id, seq, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_contract::{
        ApprovalStatus, AttemptStatus, Budget, PartState, PipelineStatus, QuestionStatus, RequestKind, StepStatus, StreamEvent,
        StreamPayload, Verdict,
    };

    fn part() -> TranscriptPart {
        TranscriptPart {
            seq: 3,
            pipeline_id: 1,
            step_id: 2,
            attempt_id: 3,
            part_id: "p".to_owned(),
            ordinal: 0,
            kind: PartKind::Tool,
            state: PartState::Done,
            text: "cargo test".to_owned(),
            html: None,
            tool: Some("bash".to_owned()),
            input: Some(serde_json::json!({"command": "cargo test"})),
            output: Some("ok".to_owned()),
            diff: None,
            rows: None,
            additions: None,
            deletions: None,
            took_ms: None,
            at: "x".to_owned(),
        }
    }

    /// What the page is to make of each variant. Without a catch-all: a new one fails to compile here.
    fn wanted(payload: &StreamPayload) -> Kind {
        match payload {
            StreamPayload::Heartbeat { .. } => Kind::Heartbeat,
            StreamPayload::Reset => Kind::Reset,
            StreamPayload::Closing => Kind::Closing,
            StreamPayload::TranscriptPart { part } => Kind::Part(part.clone()),
            StreamPayload::TranscriptDelta { attempt_id, step_id, part_id, ordinal, kind, offset, text } => Kind::Delta(Delta {
                attempt_id: *attempt_id,
                step_id: *step_id,
                part_id: part_id.clone(),
                ordinal: *ordinal,
                kind: *kind,
                offset: *offset,
                text: text.clone(),
            }),
            StreamPayload::ApprovalRequested { .. }
            | StreamPayload::ApprovalDecided { .. }
            | StreamPayload::ApprovalReopened { .. }
            | StreamPayload::PermissionAsked { .. }
            | StreamPayload::PermissionAnswered { .. }
            | StreamPayload::AttemptFinished { .. }
            | StreamPayload::PipelineUpdated { .. } => Kind::InboxChanged,
            StreamPayload::PipelineCreated { .. }
            | StreamPayload::StepStarted { .. }
            | StreamPayload::StepFinished { .. }
            | StreamPayload::AttemptStarted { .. }
            | StreamPayload::HandoffRecorded { .. }
            | StreamPayload::VerdictRecorded { .. }
            | StreamPayload::ChecksRan { .. }
            | StreamPayload::CriteriaUpdated { .. }
            | StreamPayload::FindingOpened { .. }
            | StreamPayload::FindingClosed { .. }
            | StreamPayload::ApprovalReminded { .. }
            | StreamPayload::PermissionRevoked { .. }
            | StreamPayload::FilesOverlap { .. }
            | StreamPayload::PauseRequested { .. }
            | StreamPayload::BudgetWarning { .. }
            | StreamPayload::BudgetChanged { .. }
            | StreamPayload::MessageReceived { .. }
            | StreamPayload::MessageDelivered { .. }
            | StreamPayload::QuestionAsked { .. }
            | StreamPayload::QuestionAnswered { .. }
            | StreamPayload::QuestionFailed { .. }
            | StreamPayload::Unknown => Kind::PipelineChanged,
        }
    }

    fn payloads() -> Vec<StreamPayload> {
        let (step_id, attempt_id) = (2, 3);
        vec![
            StreamPayload::Heartbeat { ts: 1 },
            StreamPayload::PipelineCreated { title: "t".to_owned() },
            StreamPayload::PipelineUpdated { status: PipelineStatus::Running, status_reason: None },
            StreamPayload::StepStarted { step_id },
            StreamPayload::StepFinished { step_id, status: StepStatus::Pending },
            StreamPayload::AttemptStarted { step_id, attempt_id, number: 1 },
            StreamPayload::AttemptFinished { step_id, attempt_id, status: AttemptStatus::Succeeded, failure: None, retry_at: None },
            StreamPayload::HandoffRecorded { step_id, attempt_id, handoff_id: 1 },
            StreamPayload::VerdictRecorded { step_id, attempt_id, verdict: Verdict::Approved },
            StreamPayload::ChecksRan { step_id, attempt_id, checks: vec![] },
            StreamPayload::CriteriaUpdated { criterion_ids: vec!["AC-1".to_owned()] },
            StreamPayload::FindingOpened { step_id, finding_id: "F-1".to_owned(), severity: "major".to_owned(), claim: "c".to_owned() },
            StreamPayload::FindingClosed { step_id, finding_id: "F-1".to_owned(), status: "fixed".to_owned() },
            StreamPayload::ApprovalRequested { step_id, approval_id: 1 },
            StreamPayload::ApprovalDecided { step_id, approval_id: 1, status: ApprovalStatus::Approved },
            StreamPayload::ApprovalReminded { step_id, approval_id: 1 },
            StreamPayload::ApprovalReopened { step_id, approval_id: 1, changed: vec!["diff".to_owned()] },
            StreamPayload::PermissionAsked {
                step_id,
                attempt_id,
                request_id: 1,
                kind: RequestKind::Permission,
                permission: "bash".to_owned(),
                patterns: vec![],
                deadline: "x".to_owned(),
            },
            StreamPayload::PermissionAnswered {
                step_id,
                attempt_id,
                request_id: None,
                permission: "bash".to_owned(),
                patterns: vec![],
                allowed: true,
                by: None,
            },
            StreamPayload::PermissionRevoked { step_id, request_id: 1, by: "kim".to_owned() },
            StreamPayload::FilesOverlap { with_pipeline_id: 2, files: vec![] },
            StreamPayload::PauseRequested { by: "kim".to_owned() },
            StreamPayload::BudgetWarning { ceiling: "tokens".to_owned(), percent: 80 },
            StreamPayload::BudgetChanged { budget: Budget::default() },
            StreamPayload::MessageReceived { message_id: 1, step_id: None, by: "kim".to_owned(), text: "t".to_owned() },
            StreamPayload::MessageDelivered { message_id: 1, attempt_id },
            StreamPayload::QuestionAsked { step_id, attempt_id, question_id: 1, by: "kim".to_owned(), text: "q".to_owned() },
            StreamPayload::QuestionAnswered { step_id, attempt_id, question_id: 1, answer: "a".to_owned() },
            StreamPayload::QuestionFailed { step_id, attempt_id, question_id: 1, status: QuestionStatus::Failed, message: "m".to_owned() },
            StreamPayload::TranscriptPart { part: Box::new(part()) },
            StreamPayload::TranscriptDelta {
                attempt_id,
                step_id,
                part_id: "p".to_owned(),
                ordinal: 1,
                kind: PartKind::Text,
                offset: 4,
                text: "more".to_owned(),
            },
            StreamPayload::Reset,
            StreamPayload::Closing,
        ]
    }

    #[test]
    fn every_event_of_the_wire_is_understood() {
        for payload in payloads() {
            let kind = wanted(&payload);
            let event = StreamEvent { pipeline_id: Some(1), seq: Some(9), at: Some("x".to_owned()), payload };
            let data = serde_json::to_string(&event).unwrap();
            assert_eq!(LiveEvent::parse(&data).unwrap(), LiveEvent { pipeline_id: Some(1), seq: Some(9), kind }, "{data}");
        }
    }

    #[test]
    fn an_event_of_a_newer_server_counts_as_a_change_and_nonsense_as_an_error() {
        assert_eq!(LiveEvent::parse(r#"{"type":"pipeline_forked","pipeline_id":7}"#).unwrap().kind, Kind::PipelineChanged);
        assert!(LiveEvent::parse("not json").is_err());
        assert!(LiveEvent::parse(r#"{"type":"transcript_part"}"#).is_err());
    }
}
