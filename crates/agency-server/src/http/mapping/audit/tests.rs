use super::sentences::sentence;
use agency_domain::approvals::Decision;
use agency_domain::budgets::{Budget, Ceiling};
use agency_domain::checks::{CheckEnd, CheckRun};
use agency_domain::criteria::Acceptance;
use agency_domain::pipelines::{
    Answer, AnsweredBy, Ask, AskKind, AttemptFailure, Event, FailureClass, FailureReason, Observation, PauseCode, PauseReason, Question,
    QuestionEnd, QuestionOutcome, ReasonCode, SentBackBy, Steer, StepStatus,
};
use agency_domain::reviews::{FindingStatus, LedgerFinding, Severity, Verdict};
use agency_domain::testing::builders;
use agency_domain::{ApprovalId, AskId, AttemptId, BranchName, Cost, PipelineId, QuestionId, SteerId, StepId, Timestamp, Usage};

const STEP: StepId = StepId(12);
const ATTEMPT: AttemptId = AttemptId(31);

fn at() -> Timestamp {
    "2026-11-23T08:00:00.500Z".parse().unwrap()
}

fn expect(cases: Vec<(Event, &str)>) {
    for (event, expected) in cases {
        assert_eq!(sentence(&event), expected, "{event:?}");
    }
}

#[test]
fn what_people_do_reads_as_a_sentence() {
    let raised = Budget { tokens: Some(5_000), money: Some(2.5), ..Budget::default() };
    let by = || "kim".to_owned();
    let paused =
        PauseReason { code: PauseCode::Budget, message: "The budget's ceiling of tokens is reached.".into(), hint: "Raise it.".into() };
    let acceptance = Acceptance { by: by(), reason: "I saw\nit".into(), at: at() };
    let steer = Steer { id: SteerId(4), text: "Use clap".into(), by: by(), at: at(), step: None, delivered_in: None };
    let failed = FailureReason { code: ReasonCode::Rejected, message: "kim rejected it".into(), hint: String::new() };
    let model = Some(builders::model("openai/gpt"));
    expect(vec![
        (Event::PauseRequested { by: by() }, "kim asked for a pause after the attempt under way."),
        (Event::PipelinePaused { reason: paused }, "Paused: The budget's ceiling of tokens is reached."),
        (Event::PipelineResumed { by: by() }, "kim resumed it."),
        (Event::BudgetChanged { by: by(), budget: raised }, "kim set the budget to 5000 tokens, $2.50."),
        (Event::BudgetWarning { ceiling: Ceiling::Money, percent: 83 }, "83 % of the budget's money are used."),
        (
            Event::StepRetried { step_id: STEP, by: by(), model, head_commit: builders::commit('a') },
            "kim had the step begin afresh with openai/gpt, from commit aaaaaaaaaa.",
        ),
        (Event::Steered { steer }, "kim said: Use clap."),
        (Event::SteerDelivered { steer_id: SteerId(4), attempt_id: ATTEMPT }, "Message 4 was passed on to attempt 31."),
        (Event::CriterionAccepted { criterion_id: "AC-1".into(), acceptance }, "kim took AC-1 as met without evidence: I saw it."),
        (Event::PipelineCancelled { by: by() }, "kim cancelled it."),
        (Event::PipelineFailed { reason: failed }, "Failed: kim rejected it."),
    ]);
}

#[test]
fn what_attempts_come_to_reads_as_a_sentence() {
    let failure = AttemptFailure { class: FailureClass::Stalled, message: "nothing happened for 10 minutes".into() };
    let usage = builders::usage(Cost::Known(0.25));
    let run = |command: &str, end| CheckRun { command: command.into(), end, duration_ms: 1, tail: String::new() };
    let checks = vec![run("true", CheckEnd::Exited { code: 0 }), run("make test", CheckEnd::TimedOut { seconds: 60 })];
    let place = (STEP, ATTEMPT);
    let (step_id, attempt_id) = place;
    expect(vec![
        (
            Event::AttemptFailed { step_id, attempt_id, failure: failure.clone(), usage, retry_at: Some(at()) },
            "The attempt failed (stalled): nothing happened for 10 minutes. It is tried again at 2026-11-23T08:00:00Z.",
        ),
        (
            Event::AttemptFailed { step_id, attempt_id, failure, usage, retry_at: None },
            "The attempt failed (stalled): nothing happened for 10 minutes.",
        ),
        (Event::ChecksRan { step_id, attempt_id, checks }, "`true` exited with 0; `make test` took longer than 60 s and was ended."),
        (
            Event::ChecksRan { step_id, attempt_id, checks: Vec::new() },
            "The repository's files suggest no command that tests it, so nothing was checked.",
        ),
        (Event::UsageReported { step_id, attempt_id, usage }, "The attempt has used 8604 tokens for $0.2500 so far."),
        (Event::UsageSettled { step_id, attempt_id, usage }, "The stopped attempt had used 8604 tokens for $0.2500."),
        (Event::VerdictRecorded { step_id, attempt_id, verdict: Verdict::Blocked }, "The reviewer cannot go on without a person."),
        (Event::AttemptSucceeded { step_id, attempt_id, head_commit: None, usage }, "The attempt succeeded and changed no file."),
        (
            Event::SentBack { from: STEP, to: StepId(11), by: SentBackBy::Check },
            "The check sent the work back to step 11; every step from there on begins again.",
        ),
        (Event::StepFinished { step_id, status: StepStatus::Skipped }, "The step was skipped."),
    ]);
}

#[test]
fn findings_approvals_and_requests_read_as_a_sentence() {
    let finding = |status| LedgerFinding {
        id: "F-1".into(),
        severity: Severity::Major,
        file: None,
        line: None,
        claim: "No test".into(),
        step: STEP,
        raised_by: ATTEMPT,
        round: 1,
        status,
        settled_by: None,
        why_now: None,
    };
    let ask = |kind, subject: &str, patterns: &[&str]| Event::PermissionAsked {
        step_id: STEP,
        attempt_id: ATTEMPT,
        ask: Ask {
            id: AskId(3),
            step: STEP,
            attempt: ATTEMPT,
            kind,
            subject: subject.into(),
            patterns: patterns.iter().map(ToString::to_string).collect(),
            suggested: Vec::new(),
            asked_at: at(),
            deadline: at(),
            answer: None,
        },
    };
    let answered = |by, allowed, message: Option<&str>| Event::PermissionAnswered {
        step_id: STEP,
        attempt_id: ATTEMPT,
        ask_id: AskId(3),
        answer: Answer { allowed, message: message.map(str::to_owned), by, at: at(), grant: None },
    };
    let kim = || AnsweredBy::Person("kim".into());
    let (step_id, approval_id) = (STEP, ApprovalId(2));
    expect(vec![
        (Event::FindingOpened { step_id, finding: finding(FindingStatus::Open) }, "F-1 (major) is open: No test."),
        (Event::FindingReworded { step_id, finding: finding(FindingStatus::Open) }, "F-1 (major) is still open: No test."),
        (Event::FindingClosed { step_id, finding: finding(FindingStatus::Fixed) }, "F-1 (major) is fixed."),
        (Event::FindingClosed { step_id, finding: finding(FindingStatus::WontFix) }, "F-1 (major) is let go."),
        (
            Event::ApprovalDecided {
                step_id,
                approval_id,
                decision: Decision::RequestChanges,
                comment: Some("Smaller".into()),
                decided_by: "kim".into(),
            },
            "kim asked for changes: Smaller.",
        ),
        (Event::ApprovalReminded { step_id, approval_id }, "The approval has waited for long; a reminder was raised."),
        (
            Event::ApprovalReopened { step_id, approval_id, changed: vec!["diff".into(), "criteria".into()] },
            "The approval opened again, because what it was decided on has changed: diff, criteria.",
        ),
        (ask(AskKind::Permission, "bash", &["rm -rf build"]), "Request 3: may the agent use bash for rm -rf build?"),
        (ask(AskKind::Question, "Which colour?", &["red"]), "Request 3: Which colour?"),
        (answered(kim(), true, None), "Request 3: allowed by kim."),
        (answered(kim(), false, Some("Too risky")), "Request 3: denied by kim: Too risky."),
        (answered(AnsweredBy::Deadline, false, Some("Nobody answered.")), "Request 3: denied, as nobody answered in time."),
        (answered(AnsweredBy::End, false, None), "Request 3: withdrawn with its attempt."),
    ]);
}

#[test]
fn questions_read_as_a_sentence() {
    let (step_id, attempt_id, question_id) = (STEP, ATTEMPT, QuestionId(6));
    let question = Question {
        id: question_id,
        step: STEP,
        attempt: ATTEMPT,
        text: "Why no test".into(),
        by: "kim".into(),
        asked_at: at(),
        end: None,
        usage: Usage::default(),
    };
    let end = |outcome, text: &str| QuestionEnd { outcome, text: text.into(), at: at() };
    let usage = builders::usage(Cost::Known(0.25));
    let failed = |outcome, text| Event::QuestionFailed { step_id, attempt_id, question_id, end: end(outcome, text), usage };
    expect(vec![
        (Event::QuestionAsked { step_id, attempt_id, question }, "kim asked about attempt 31 (question 6): Why no test?"),
        (
            Event::QuestionAnswered { step_id, attempt_id, question_id, end: end(QuestionOutcome::Answered, "There is one"), usage },
            "Question 6 was answered with 8604 tokens for $0.2500: There is one.",
        ),
        (failed(QuestionOutcome::Failed, "The provider refused."), "Question 6 was not answered: The provider refused."),
        (failed(QuestionOutcome::Interrupted, "The server stopped."), "Question 6 was interrupted: The server stopped."),
        (failed(QuestionOutcome::Cancelled, "kim cancelled it."), "Question 6 was cancelled: kim cancelled it."),
    ]);
}

#[test]
fn what_was_seen_reads_as_a_sentence_and_a_long_text_is_cut() {
    let seen = |what| Event::Observed { step_id: None, attempt_id: None, what };
    let branch = BranchName::parse("agency/1-shout").unwrap();
    expect(vec![
        (seen(Observation::WorktreePrepared { path: "/w".into(), branch }), "The worktree of agency/1-shout is at /w."),
        (
            seen(Observation::PermissionSettled {
                permission: "bash".into(),
                patterns: vec!["ls".into()],
                allowed: false,
                granted_by: None,
            }),
            "Policy denied bash ls.",
        ),
        (
            seen(Observation::FilesOverlap { with: PipelineId(4), files: vec!["a.rs".into(), "b.rs".into()] }),
            "Pipeline 4 changes the same files: a.rs, b.rs.",
        ),
        (
            seen(Observation::PreservationBegun { reference: "refs/agency/4/attempt-2".into() }),
            "What lies uncommitted in the worktree goes to refs/agency/4/attempt-2.",
        ),
        (
            seen(Observation::OpencodeReplaced { attempts: 3, memory_mb: Some(1_700) }),
            "The OpenCode server was ended after 3 attempts with 1700 MB in use: the next attempt has a new one.",
        ),
        (seen(Observation::ProcessesEnded { count: 2 }), "2 processes that the pipeline had left behind were ended."),
    ]);
    let fault = sentence(&seen(Observation::HandoffReasked { fault: "ä".repeat(1_000) }));
    assert!(fault.ends_with("ä…") && fault.chars().count() < 400, "{fault}");
}
