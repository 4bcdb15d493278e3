//! Every event goes into a row and comes back.

use super::*;
use agency_domain::approvals::Decision;
use agency_domain::budgets::{Budget, Ceiling};
use agency_domain::checks::{CheckEnd, CheckRun};
use agency_domain::criteria::{Acceptance, Criterion, Evidence, EvidenceClaim, Proof};
use agency_domain::pipelines::{
    Answer, AnsweredBy, Ask, AskKind, AttemptFailure, FailureClass, FailureReason, Grant, Observation, Origin, PauseCode, PauseReason,
    Question, QuestionEnd, QuestionOutcome, ReasonCode, Revocation, Scope, SentBackBy, Steer, StepStatus,
};
use agency_domain::reviews::{FindingStatus, LedgerFinding, Severity, Verdict};
use agency_domain::templates::{Source, TemplateVersion};
use agency_domain::testing::builders;
use agency_domain::{
    AgentName, ApprovalId, AskId, AttemptId, BranchName, Cost, HandoffId, MessageId, QuestionId, SessionId, SteerId, StepId, TemplateName,
};
use serde_json::json;
use std::collections::BTreeSet;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
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
            forked_from: Some(Origin { pipeline: PipelineId(4), step: StepId(8) }),
            template_version: Some(TemplateVersion { sha256: "7e".into(), source: Source::BuiltIn }),
            agents: [(AgentName::parse("developer").unwrap(), "a9".to_owned())].into(),
            attachments: builders::attached().into_iter().map(|file| file.about).collect(),
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
            session: Some(SessionId::parse("ses_1").unwrap()),
            message: Some(MessageId::parse("msg_1").unwrap()),
            base_commit: builders::commit('a'),
            prompt_sha256: Some("5e".into()),
            prompt_bytes: Some(u64::MAX),
        },
        Event::AttemptRunning { step_id, attempt_id },
        Event::AttemptFinishing { step_id, attempt_id },
        Event::HandoffRecorded { step_id, attempt_id, handoff: Box::new(builders::handoff(HandoffId(1), record, Timestamp::UNIX_EPOCH)) },
        Event::VerdictRecorded { step_id, attempt_id, verdict: Verdict::ChangesRequested },
        Event::AttemptSucceeded { step_id, attempt_id, head_commit: Some(builders::commit('b')), usage },
        Event::AttemptFailed { step_id, attempt_id, failure, usage: builders::usage(Cost::Unknown), retry_at: Some(Timestamp::UNIX_EPOCH) },
        Event::AttemptInterrupted { step_id, attempt_id, reason: "kill -9".into(), usage: builders::usage(Cost::Nothing) },
        Event::AttemptCancelled { step_id, attempt_id },
        Event::UsageReported { step_id, attempt_id, usage },
        Event::UsageSettled { step_id, attempt_id, usage },
    ]
}

fn of_people() -> Vec<Event> {
    let steer = Steer { id: SteerId(1), text: "Shorter.".into(), by: "kim".into(), at: NOW, step: Some(STEP), delivered_in: None };
    let ask = Ask {
        id: AskId(1),
        step: STEP,
        attempt: ATTEMPT,
        kind: AskKind::Permission,
        subject: "bash".into(),
        patterns: vec!["make".into()],
        suggested: vec!["make *".into()],
        asked_at: NOW,
        deadline: NOW,
        answer: None,
    };
    let grant = Some(Grant { scope: Scope::Step, patterns: vec!["make *".into()], revoked: None });
    let answer = Answer { allowed: true, message: None, by: AnsweredBy::Person("kim".into()), at: NOW, grant };
    let revocation = Revocation { by: "kim".into(), at: NOW };
    let budget = Budget { tokens: Some(u64::MAX), money: Some(0.1), minutes: None, attempts: Some(3) };
    let reason = PauseReason { code: PauseCode::Budget, message: "It is spent.".into(), hint: "Raise it.".into() };
    vec![
        Event::ApprovalReminded { step_id: STEP, approval_id: APPROVAL },
        Event::ApprovalReopened { step_id: STEP, approval_id: APPROVAL, changed: vec!["diff".into()] },
        Event::PauseRequested { by: "kim".into() },
        Event::PipelinePaused { reason },
        Event::PipelineResumed { by: "kim".into() },
        Event::BudgetChanged { by: "kim".into(), budget },
        Event::BudgetWarning { ceiling: Ceiling::Money, percent: 80 },
        Event::StepRetried { step_id: STEP, by: "kim".into(), model: Some(builders::model("a/b")), head_commit: builders::commit('a') },
        Event::Steered { steer },
        Event::SteerDelivered { steer_id: SteerId(1), attempt_id: ATTEMPT },
        Event::PermissionAsked { step_id: STEP, attempt_id: ATTEMPT, ask },
        Event::PermissionAnswered { step_id: STEP, attempt_id: ATTEMPT, ask_id: AskId(1), answer },
        Event::PermissionRevoked { step_id: STEP, attempt_id: ATTEMPT, ask_id: AskId(1), revocation },
    ]
}

fn of_questions() -> Vec<Event> {
    let (step_id, attempt_id, question_id) = (STEP, ATTEMPT, QuestionId(3));
    let usage = builders::usage(Cost::Known(0.1));
    let question = Question {
        id: question_id,
        step: step_id,
        attempt: attempt_id,
        text: "Why so?".into(),
        by: "kim".into(),
        asked_at: NOW,
        end: None,
        usage: agency_domain::Usage::default(),
    };
    let end = |outcome| QuestionEnd { outcome, text: "**Because.**".into(), at: NOW };
    vec![
        Event::QuestionAsked { step_id, attempt_id, question },
        Event::QuestionAnswered { step_id, attempt_id, question_id, end: end(QuestionOutcome::Answered), usage },
        Event::QuestionFailed { step_id, attempt_id, question_id, end: end(QuestionOutcome::Interrupted), usage },
    ]
}

fn of_ledgers() -> Vec<Event> {
    let claim = EvidenceClaim { file: Some("a.rs".into()), line: Some(3), ..EvidenceClaim::default() };
    let evidence = Evidence { attempt: ATTEMPT, claim, proof: Proof::File { file: "a.rs".into() }, head: builders::commit('b') };
    let criterion = Criterion {
        id: "AC-1".into(),
        text: "It shouts.".into(),
        mandatory: true,
        defined_by: STEP,
        withdrawn: false,
        claimed_met: true,
        evidence: vec![evidence],
        accepted: None,
    };
    let finding = LedgerFinding {
        id: "F-1".into(),
        severity: Severity::Major,
        file: None,
        line: None,
        claim: "No test.".into(),
        step: STEP,
        raised_by: ATTEMPT,
        round: 1,
        status: FindingStatus::WontFix,
        settled_by: Some(ATTEMPT),
        why_now: Some("It is new.".into()),
    };
    let acceptance = Acceptance { by: "kim".into(), reason: "Heard it.".into(), at: NOW };
    let run = CheckRun { command: "make".into(), end: CheckEnd::TimedOut { seconds: 5 }, duration_ms: 5_000, tail: "…".into() };
    vec![
        Event::ChecksRan { step_id: STEP, attempt_id: ATTEMPT, checks: vec![run] },
        Event::CriteriaUpdated { step_id: STEP, attempt_id: ATTEMPT, criteria: vec![criterion] },
        Event::CriterionAccepted { criterion_id: "AC-1".into(), acceptance },
        Event::FindingOpened { step_id: STEP, finding: finding.clone() },
        Event::FindingReworded { step_id: STEP, finding: finding.clone() },
        Event::FindingClosed { step_id: STEP, finding },
    ]
}

fn observations() -> Vec<Event> {
    [
        Observation::WorktreePrepared { path: "/w".into(), branch: BranchName::parse("agency/1").unwrap() },
        Observation::OpencodeStarted { version: "1.18.33".into() },
        Observation::OpencodeReplaced { attempts: 7, memory_mb: Some(1_600) },
        Observation::Recovered { detail: "found".into() },
        Observation::PreservationBegun { reference: "refs/agency/1".into() },
        Observation::WorkPreserved { reference: "refs/agency/1".into(), commit: builders::commit('c') },
        Observation::HandoffReasked { fault: "no summary".into() },
        Observation::PermissionSettled { permission: "bash".into(), patterns: vec!["rm *".into()], allowed: false, granted_by: None },
        Observation::ProviderRetried { attempt: 3, message: "overloaded".into() },
        Observation::ProcessesEnded { count: u64::MAX },
        Observation::FilesOverlap { with: PipelineId(2), files: vec!["a.rs".into()] },
    ]
    .into_iter()
    .map(|what| Event::Observed { step_id: Some(STEP), attempt_id: None, what })
    .collect()
}

#[test]
fn every_event_comes_back_as_it_went_in() {
    let events = [of_pipelines_and_steps(), of_attempts(), of_people(), of_questions(), of_ledgers(), observations()].concat();
    let mut types = BTreeSet::new();
    for (seq, event) in (1..).zip(&events) {
        let at = Timestamp::from_millisecond(1_764_000_000_123).unwrap();
        let row = row_of(seq, PipelineId(9), at, event);
        let recorded = recorded_of(&row).unwrap();
        assert_eq!(recorded, Recorded { seq, pipeline_id: PipelineId(9), at, fact: Fact::Event(event.clone()) }, "{}", row.payload_json);
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
