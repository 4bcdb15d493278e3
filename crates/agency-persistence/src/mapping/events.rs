//! Events to rows of the audit log, and back.
//!
//! `event_type` is the word that names the event, the payload is the rest of its JSON. An observation's word is that of what was seen; its
//! payload keeps the key `observation`, which is how it is told from an event when it is read.

use super::{Row, time_of};
use crate::rows::audit_events::Model;
use agency_domain::pipelines::{Event, Fact, Recorded, StoreError};
use agency_domain::{PipelineId, Timestamp};
use serde_json::{Map, Value};

const TYPE: &str = "type";
const OBSERVATION: &str = "observation";
const OBSERVED: &str = "observed";

pub(crate) fn row_of(seq: i64, pipeline: PipelineId, at: Timestamp, event: &Event) -> Model {
    let mut payload = match serde_json::to_value(event) {
        Ok(Value::Object(fields)) => fields,
        Ok(other) => unreachable!("an event serialises as an object, not as {other}"),
        Err(error) => unreachable!("an event serialises: {error}"),
    };
    let tag = payload.remove(TYPE);
    let named = payload.get(OBSERVATION).or(tag.as_ref()).and_then(Value::as_str);
    Model {
        id: seq,
        pipeline_id: pipeline.0,
        step_id: event.step_id().map(|id| id.0),
        event_type: named.expect("an event names its type: its serde attribute says so").to_owned(),
        payload_json: Value::Object(payload).to_string(),
        created_at: time_of(at),
    }
}

pub(crate) fn recorded_of(model: &Model) -> Result<Recorded, StoreError> {
    let row = Row::new("audit_events", model.id);
    let mut fields: Map<String, Value> = row.json("payload_json", &model.payload_json)?;
    let tag = if fields.contains_key(OBSERVATION) { OBSERVED } else { &model.event_type };
    fields.insert(TYPE.to_owned(), Value::from(tag));
    let event: Event = row.parsed("payload_json", serde_json::from_value(Value::Object(fields)))?;
    Ok(Recorded {
        seq: model.id,
        pipeline_id: PipelineId(model.pipeline_id),
        at: row.time("created_at", &model.created_at)?,
        fact: Fact::Event(event),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_domain::approvals::Decision;
    use agency_domain::pipelines::{AttemptFailure, FailureClass, FailureReason, Observation, ReasonCode, SentBackBy, StepStatus};
    use agency_domain::reviews::Verdict;
    use agency_domain::testing::builders;
    use agency_domain::{ApprovalId, AttemptId, BranchName, Cost, HandoffId, MessageId, SessionId, StepId, TemplateName};
    use serde_json::json;
    use std::collections::BTreeSet;

    const STEP: StepId = StepId(3);
    const ATTEMPT: AttemptId = AttemptId(5);
    const APPROVAL: ApprovalId = ApprovalId(7);

    fn of_pipelines_and_steps() -> Vec<Event> {
        let reason = FailureReason { code: ReasonCode::Rejected, message: "kim rejected it".into(), hint: "Read on.".into() };
        vec![
            Event::PipelineCreated {
                title: "Shout".into(),
                template: TemplateName::ad_hoc(),
                repo: "/repo".into(),
                base: "main".into(),
                base_commit: builders::commit('a'),
                branch: BranchName::parse("agency/1-shout").unwrap(),
                steps: vec!["developer".into()],
            },
            Event::PipelineStarted,
            Event::StepStarted { step_id: STEP },
            Event::StepFinished { step_id: STEP, status: StepStatus::Skipped },
            Event::SentBack { from: STEP, to: StepId(1), by: SentBackBy::Approval },
            Event::ApprovalRequested { step_id: STEP, approval_id: APPROVAL, question: "Go?".into(), digest: "d1".into() },
            Event::ApprovalDecided {
                step_id: STEP,
                approval_id: APPROVAL,
                decision: Decision::RequestChanges,
                comment: None,
                decided_by: "kim".into(),
            },
            Event::ApprovalWithdrawn { step_id: STEP, approval_id: APPROVAL },
            Event::PipelineSucceeded,
            Event::PipelineFailed { reason },
            Event::PipelineCancelled { by: "kim".into() },
        ]
    }

    fn of_attempts() -> Vec<Event> {
        let (step_id, attempt_id) = (STEP, ATTEMPT);
        // Parsed loosely, this amount would come back one bit off.
        let usage = builders::usage(Cost::Known(0.100_000_000_000_000_02));
        let record = builders::record(&json!({ "summary": "Done.", "outcome": "done", "next": { "instructions": "Go on." } }));
        let failure = AttemptFailure { class: FailureClass::Stalled, message: "silent for ten minutes".into() };
        vec![
            Event::AttemptStarted {
                step_id,
                attempt_id,
                number: 2,
                model: Some(builders::model("a/b/c")),
                session: SessionId::parse("ses_1").unwrap(),
                message: MessageId::parse("msg_1").unwrap(),
                base_commit: builders::commit('a'),
                prompt_sha256: "5e".into(),
                prompt_bytes: u64::MAX,
            },
            Event::AttemptRunning { step_id, attempt_id },
            Event::AttemptFinishing { step_id, attempt_id },
            Event::HandoffRecorded {
                step_id,
                attempt_id,
                handoff: Box::new(builders::handoff(HandoffId(1), record, Timestamp::UNIX_EPOCH)),
            },
            Event::VerdictRecorded { step_id, attempt_id, verdict: Verdict::ChangesRequested },
            Event::AttemptSucceeded { step_id, attempt_id, head_commit: Some(builders::commit('b')), usage },
            Event::AttemptFailed { step_id, attempt_id, failure, usage: builders::usage(Cost::Unknown) },
            Event::AttemptInterrupted { step_id, attempt_id, reason: "kill -9".into(), usage: builders::usage(Cost::Nothing) },
            Event::AttemptCancelled { step_id, attempt_id },
            Event::UsageSettled { step_id, attempt_id, usage },
        ]
    }

    fn observations() -> Vec<Event> {
        [
            Observation::WorktreePrepared { path: "/w".into(), branch: BranchName::parse("agency/1").unwrap() },
            Observation::OpencodeStarted { version: "1.18.33".into() },
            Observation::Recovered { detail: "found".into() },
            Observation::WorkPreserved { reference: "refs/agency/1".into(), commit: builders::commit('c') },
            Observation::HandoffReasked { fault: "no summary".into() },
            Observation::PermissionAnswered { permission: "bash".into(), patterns: vec!["rm *".into()], allowed: false },
            Observation::ProviderRetried { attempt: 3, message: "overloaded".into() },
            Observation::ProcessesEnded { count: u64::MAX },
        ]
        .into_iter()
        .map(|what| Event::Observed { step_id: Some(STEP), attempt_id: None, what })
        .collect()
    }

    #[test]
    fn every_event_comes_back_as_it_went_in() {
        let events = [of_pipelines_and_steps(), of_attempts(), observations()].concat();
        let mut types = BTreeSet::new();
        for (seq, event) in (1..).zip(&events) {
            let at = Timestamp::from_millisecond(1_764_000_000_123).unwrap();
            let row = row_of(seq, PipelineId(9), at, event);
            let recorded = recorded_of(&row).unwrap();
            assert_eq!(
                recorded,
                Recorded { seq, pipeline_id: PipelineId(9), at, fact: Fact::Event(event.clone()) },
                "{}",
                row.payload_json
            );
            types.insert(row.event_type);
        }
        assert_eq!(types.len(), events.len(), "every event has a type of its own: {types:?}");
    }

    #[test]
    fn the_type_of_an_observation_is_what_was_seen() {
        let row = row_of(1, PipelineId(9), Timestamp::UNIX_EPOCH, &observations()[1]);
        assert_eq!(row.event_type, "opencode_started");
        let payload: Value = serde_json::from_str(&row.payload_json).unwrap();
        assert_eq!(payload, json!({ "attempt_id": null, "observation": "opencode_started", "step_id": 3, "version": "1.18.33" }));
    }
}
