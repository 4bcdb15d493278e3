//! Events of the stream as lines for a terminal, where an event says all that there is to say.

use crate::commands::inbox::asks_for;
use crate::commands::list::word;
use crate::commands::show;
use crate::output::one_line;
use agency_contract::{CheckResult, StreamPayload};

/// Longest text of an agent or a person on one line.
const TEXT_CHARS_MAX: usize = 300;

/// The lines of an event; `name` knows what a step is called. Empty where nothing is to be said, or only with the pipeline at hand.
pub(super) fn lines(payload: &StreamPayload, name: impl Fn(i64) -> String) -> Vec<String> {
    let one = |line: String| vec![line];
    match payload {
        StreamPayload::AttemptStarted { step_id, number, .. } => {
            let again = if *number > 1 { format!(" (attempt {number})") } else { String::new() };
            one(format!("▶ {}{again}", name(*step_id)))
        }
        StreamPayload::VerdictRecorded { verdict, .. } => one(format!("  verdict: {}", word(verdict))),
        StreamPayload::ChecksRan { checks, .. } if checks.is_empty() => {
            one("  nothing was checked: the repository's files suggest no command that tests it".to_owned())
        }
        StreamPayload::ChecksRan { checks, .. } => checks.iter().map(check).collect(),
        StreamPayload::FindingOpened { finding_id, severity, claim, .. } => {
            one(format!("  finding {finding_id} ({severity}) is open: {}", one_line(claim, TEXT_CHARS_MAX)))
        }
        StreamPayload::FindingClosed { finding_id, status, .. } => one(format!("  finding {finding_id}: {}", status.replace('_', " "))),
        StreamPayload::ApprovalDecided { approval_id, status, .. } => one(format!("  approval {approval_id}: {}", word(status))),
        StreamPayload::ApprovalReminded { approval_id, .. } => one(format!("  approval {approval_id} still waits for you")),
        StreamPayload::ApprovalReopened { approval_id, changed, .. } => one(format!(
            "  approval {approval_id} opens again, because what it was decided on has changed: {}",
            one_line(&changed.join(", "), TEXT_CHARS_MAX)
        )),
        StreamPayload::PermissionAsked { step_id, request_id, kind, permission, patterns, .. } => {
            one(format!("? request {request_id}: {} {}", name(*step_id), asks_for(*kind, permission, patterns)))
        }
        StreamPayload::PermissionAnswered { request_id, permission, patterns, allowed, by, .. } => {
            one(answered(*request_id, permission, patterns, *allowed, by.as_deref()))
        }
        StreamPayload::PermissionRevoked { request_id, by, .. } => {
            one(format!("  {} took back what request {request_id} had allowed", one_line(by, 100)))
        }
        StreamPayload::FilesOverlap { with_pipeline_id, files } => {
            one(format!("  pipeline {with_pipeline_id} changes the same files: {}", one_line(&files.join(", "), TEXT_CHARS_MAX)))
        }
        StreamPayload::PauseRequested { by } => one(format!("  {} asks for a pause after this attempt", one_line(by, 100))),
        StreamPayload::BudgetWarning { ceiling, percent } => one(format!("  {percent} % of the budget's {ceiling} are used")),
        StreamPayload::BudgetChanged { budget } => {
            one(format!("  the budget is now {}", show::budget(budget, None).unwrap_or_else(|| "without a ceiling".to_owned())))
        }
        StreamPayload::MessageReceived { by, text, .. } => one(format!("  {} says: {}", one_line(by, 100), one_line(text, TEXT_CHARS_MAX))),
        StreamPayload::MessageDelivered { message_id, .. } => one(format!("  message {message_id} was passed on")),
        StreamPayload::QuestionAsked { step_id, question_id, by, text, .. } => {
            one(format!("  question {question_id}: {} asks {}: {}", one_line(by, 100), name(*step_id), one_line(text, TEXT_CHARS_MAX)))
        }
        StreamPayload::QuestionAnswered { question_id, answer, .. } => {
            one(format!("  question {question_id} is answered: {}", one_line(answer, TEXT_CHARS_MAX)))
        }
        StreamPayload::QuestionFailed { question_id, status, message, .. } => {
            one(format!("  question {question_id} was {}: {}", word(status), one_line(message, TEXT_CHARS_MAX)))
        }
        StreamPayload::PipelineCreated { .. }
        | StreamPayload::PipelineUpdated { .. }
        | StreamPayload::StepStarted { .. }
        | StreamPayload::StepFinished { .. }
        | StreamPayload::AttemptFinished { .. }
        | StreamPayload::HandoffRecorded { .. }
        | StreamPayload::CriteriaUpdated { .. }
        | StreamPayload::ApprovalRequested { .. }
        | StreamPayload::TranscriptPart { .. }
        | StreamPayload::TranscriptDelta { .. }
        | StreamPayload::Heartbeat { .. }
        | StreamPayload::Reset
        | StreamPayload::Closing
        | StreamPayload::Unknown => Vec::new(),
    }
}

fn check(run: &CheckResult) -> String {
    let mark = if run.passed { "✔" } else { "✘" };
    format!("  {mark} `{}` {}", one_line(&run.command, 120), one_line(&run.outcome, 200))
}

fn answered(request: Option<i64>, permission: &str, patterns: &[String], allowed: bool, by: Option<&str>) -> String {
    let done = if allowed { "allowed" } else { "denied" };
    match (request, by) {
        (Some(id), Some(by)) => format!("  request {id}: {done} by {}", one_line(by, 100)),
        (Some(id), None) => format!("  request {id} ended without an answer"),
        (None, _) => format!("  {done}: {permission} {}", one_line(&patterns.join(" "), 120)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_contract::{Budget, RequestKind};

    #[test]
    fn events_read_as_lines() {
        let check = |command: &str, exit_code, outcome: &str| CheckResult {
            command: command.into(),
            exit_code,
            outcome: outcome.into(),
            passed: exit_code == Some(0),
        };
        let (step_id, attempt_id) = (2, 3);
        for (payload, expected) in [
            (StreamPayload::AttemptStarted { step_id, attempt_id, number: 2 }, "▶ developer (attempt 2)"),
            (
                StreamPayload::ChecksRan {
                    step_id,
                    attempt_id,
                    checks: vec![check("make", Some(0), "exited with 0"), check("make test", Some(2), "exited with 2")],
                },
                "  ✔ `make` exited with 0|  ✘ `make test` exited with 2",
            ),
            (
                StreamPayload::FindingOpened {
                    step_id,
                    finding_id: "F-1".into(),
                    severity: "major".into(),
                    claim: "No\u{1b}[31m test".into(),
                },
                "  finding F-1 (major) is open: No[31m test",
            ),
            (StreamPayload::FindingClosed { step_id, finding_id: "F-1".into(), status: "wont_fix".into() }, "  finding F-1: wont fix"),
            (StreamPayload::BudgetWarning { ceiling: "money".into(), percent: 83 }, "  83 % of the budget's money are used"),
            (StreamPayload::BudgetChanged { budget: Budget { tokens: Some(9), ..Budget::default() } }, "  the budget is now 9 tokens"),
            (
                StreamPayload::PermissionAsked {
                    step_id,
                    attempt_id,
                    request_id: 4,
                    kind: RequestKind::Permission,
                    permission: "bash".into(),
                    patterns: vec!["rm -rf build".into()],
                    deadline: String::new(),
                },
                "? request 4: developer asks to use bash: rm -rf build",
            ),
            (
                StreamPayload::PermissionAnswered {
                    step_id,
                    attempt_id,
                    request_id: Some(4),
                    permission: "bash".into(),
                    patterns: Vec::new(),
                    allowed: true,
                    by: Some("kim".into()),
                },
                "  request 4: allowed by kim",
            ),
        ] {
            assert_eq!(lines(&payload, |_| "developer".to_owned()).join("|"), expected);
        }
    }
}
