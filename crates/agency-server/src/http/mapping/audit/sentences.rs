//! Events as one sentence each, for people who read the audit log. Steps go by their place elsewhere: an event knows their ids alone.

use agency_domain::approvals::Decision;
use agency_domain::budgets::Budget;
use agency_domain::checks::CheckRun;
use agency_domain::pipelines::{
    Answer, AnsweredBy, Ask, AskKind, Event, Grant, Observation, QuestionOutcome, Scope, SentBackBy, StepStatus,
};
use agency_domain::reviews::{FindingStatus, LedgerFinding, Verdict};
use agency_domain::{CommitId, Usage};

/// Most characters of what agents and people wrote; the payload has all of it.
const QUOTE_CHARS_MAX: usize = 300;
/// Digits of a commit that tell it from others.
const COMMIT_DIGITS: usize = 10;

/// What happened.
pub(super) fn sentence(event: &Event) -> String {
    match event {
        Event::PipelineCreated { .. }
        | Event::PipelineStarted
        | Event::PauseRequested { .. }
        | Event::PipelinePaused { .. }
        | Event::PipelineResumed { .. }
        | Event::BudgetChanged { .. }
        | Event::BudgetWarning { .. }
        | Event::PipelineSucceeded
        | Event::PipelineFailed { .. }
        | Event::PipelineCancelled { .. } => of_pipeline(event),
        Event::StepStarted { .. } | Event::StepFinished { .. } | Event::SentBack { .. } | Event::StepRetried { .. } => of_step(event),
        Event::AttemptStarted { .. }
        | Event::AttemptRunning { .. }
        | Event::AttemptFinishing { .. }
        | Event::AttemptSucceeded { .. }
        | Event::AttemptFailed { .. }
        | Event::AttemptInterrupted { .. }
        | Event::AttemptCancelled { .. }
        | Event::UsageReported { .. }
        | Event::UsageSettled { .. } => of_attempt(event),
        Event::HandoffRecorded { .. }
        | Event::VerdictRecorded { .. }
        | Event::ChecksRan { .. }
        | Event::CriteriaUpdated { .. }
        | Event::CriterionAccepted { .. }
        | Event::FindingOpened { .. }
        | Event::FindingReworded { .. }
        | Event::FindingClosed { .. } => of_result(event),
        Event::ApprovalRequested { .. }
        | Event::ApprovalDecided { .. }
        | Event::ApprovalWithdrawn { .. }
        | Event::ApprovalReminded { .. }
        | Event::ApprovalReopened { .. } => of_approval(event),
        Event::Steered { .. }
        | Event::SteerDelivered { .. }
        | Event::PermissionAsked { .. }
        | Event::PermissionAnswered { .. }
        | Event::PermissionRevoked { .. } => of_talk(event),
        Event::QuestionAsked { .. } | Event::QuestionAnswered { .. } | Event::QuestionFailed { .. } => of_question(event),
        Event::Observed { what, .. } => of_observation(what),
    }
}

fn of_pipeline(event: &Event) -> String {
    match event {
        Event::PipelineCreated { template, branch, steps, forked_from, .. } => {
            let chain = steps.join(" → ");
            match forked_from {
                Some(origin) => format!("Forked from pipeline {} after its step {}, on {branch}: {chain}.", origin.pipeline, origin.step),
                None => format!("Created from {template}, on {branch}: {chain}."),
            }
        }
        Event::PipelineStarted => "Started.".to_owned(),
        Event::PauseRequested { by } => format!("{by} asked for a pause after the attempt under way."),
        Event::PipelinePaused { reason } => format!("Paused: {}", ended(&reason.message)),
        Event::PipelineResumed { by } => format!("{by} resumed it."),
        Event::BudgetChanged { by, budget } => format!("{by} set the budget to {}.", in_words(budget)),
        Event::BudgetWarning { ceiling, percent } => format!("{percent} % of the budget's {} are used.", ceiling.as_str()),
        Event::PipelineSucceeded => "Succeeded.".to_owned(),
        Event::PipelineFailed { reason } => format!("Failed: {}", ended(&reason.message)),
        Event::PipelineCancelled { by } => format!("{by} cancelled it."),
        _ => String::new(),
    }
}

fn of_step(event: &Event) -> String {
    match event {
        Event::StepStarted { .. } => "The step began.".to_owned(),
        Event::StepFinished { status, .. } => match status {
            StepStatus::Succeeded => "The step succeeded.".to_owned(),
            StepStatus::Failed => "The step failed.".to_owned(),
            StepStatus::Skipped => "The step was skipped.".to_owned(),
            StepStatus::Cancelled => "The step was cancelled.".to_owned(),
            StepStatus::Pending | StepStatus::Running | StepStatus::WaitingForApproval => "The step goes on.".to_owned(),
        },
        Event::SentBack { to, by, .. } => {
            let who = match by {
                SentBackBy::Review => "The review",
                SentBackBy::Approval => "The approval",
                SentBackBy::Check => "The check",
            };
            format!("{who} sent the work back to step {to}; every step from there on begins again.")
        }
        Event::StepRetried { by, model, head_commit, .. } => {
            let model = model.as_ref().map(|model| format!(" with {model}")).unwrap_or_default();
            format!("{by} had the step begin afresh{model}, from commit {}.", short(head_commit))
        }
        _ => String::new(),
    }
}

fn of_attempt(event: &Event) -> String {
    match event {
        Event::AttemptStarted { number, model, .. } => {
            let model = model.as_ref().map(|model| format!(" on {model}")).unwrap_or_default();
            format!("Attempt {number} began{model}.")
        }
        Event::AttemptRunning { .. } => "The attempt is under way.".to_owned(),
        Event::AttemptFinishing { .. } => "The agent rests; its work is being verified.".to_owned(),
        Event::AttemptSucceeded { head_commit: Some(commit), .. } => format!("The attempt succeeded with commit {}.", short(commit)),
        Event::AttemptSucceeded { head_commit: None, .. } => "The attempt succeeded and changed no file.".to_owned(),
        Event::AttemptFailed { failure, retry_at, .. } => {
            let again = retry_at.map(|at| format!(" It is tried again at {at:.0}.")).unwrap_or_default();
            format!("The attempt failed ({}): {}{again}", failure.class.as_str(), ended(&failure.message))
        }
        Event::AttemptInterrupted { reason, .. } => format!("The attempt was interrupted: {}", ended(reason)),
        Event::AttemptCancelled { .. } => "The attempt was cancelled.".to_owned(),
        Event::UsageReported { usage, .. } => format!("The attempt has used {} so far.", used(*usage)),
        Event::UsageSettled { usage, .. } => format!("The stopped attempt had used {}.", used(*usage)),
        _ => String::new(),
    }
}

fn of_result(event: &Event) -> String {
    match event {
        Event::HandoffRecorded { handoff, .. } => format!("Handed off: {}", ended(&handoff.record.summary)),
        Event::VerdictRecorded { verdict, .. } => match verdict {
            Verdict::Approved => "The reviewer approved.".to_owned(),
            Verdict::ChangesRequested => "The reviewer asked for changes.".to_owned(),
            Verdict::Blocked => "The reviewer cannot go on without a person.".to_owned(),
        },
        Event::ChecksRan { checks, .. } => ran(checks),
        Event::CriteriaUpdated { criteria, .. } => {
            let ids: Vec<&str> = criteria.iter().map(|criterion| criterion.id.as_str()).collect();
            format!("The hand-off changed what is known of {}.", ids.join(", "))
        }
        Event::CriterionAccepted { criterion_id, acceptance } => {
            format!("{} took {criterion_id} as met without evidence: {}", acceptance.by, ended(&acceptance.reason))
        }
        Event::FindingOpened { finding, .. } => format!("{} is open: {}", named(finding), ended(&finding.claim)),
        Event::FindingReworded { finding, .. } => format!("{} is still open: {}", named(finding), ended(&finding.claim)),
        Event::FindingClosed { finding, .. } => match finding.status {
            FindingStatus::Fixed => format!("{} is fixed.", named(finding)),
            FindingStatus::WontFix => format!("{} is let go.", named(finding)),
            FindingStatus::Open => format!("{} is open.", named(finding)),
        },
        _ => String::new(),
    }
}

fn of_approval(event: &Event) -> String {
    match event {
        Event::ApprovalRequested { question, .. } => format!("Waits for a person: {}", ended(question)),
        Event::ApprovalDecided { decision, comment, decided_by, .. } => {
            let done = match decision {
                Decision::Approve => "approved",
                Decision::RequestChanges => "asked for changes",
                Decision::Reject => "rejected",
            };
            match comment {
                Some(comment) => format!("{decided_by} {done}: {}", ended(comment)),
                None => format!("{decided_by} {done}."),
            }
        }
        Event::ApprovalWithdrawn { .. } => "The approval was withdrawn: nobody needs to decide it any more.".to_owned(),
        Event::ApprovalReminded { .. } => "The approval has waited for long; a reminder was raised.".to_owned(),
        Event::ApprovalReopened { changed, .. } => {
            format!("The approval opened again, because what it was decided on has changed: {}.", changed.join(", "))
        }
        _ => String::new(),
    }
}

fn of_talk(event: &Event) -> String {
    match event {
        Event::Steered { steer } => format!("{} said: {}", steer.by, ended(&steer.text)),
        Event::SteerDelivered { steer_id, attempt_id } => format!("Message {steer_id} was passed on to attempt {attempt_id}."),
        Event::PermissionAsked { ask, .. } => asked(ask),
        Event::PermissionAnswered { ask_id, answer, .. } => format!("Request {ask_id}: {}", answered(answer)),
        Event::PermissionRevoked { ask_id, revocation, .. } => {
            format!("{} took back what request {ask_id} had allowed: it is asked for again.", revocation.by)
        }
        _ => String::new(),
    }
}

fn of_question(event: &Event) -> String {
    match event {
        Event::QuestionAsked { attempt_id, question: asked, .. } => {
            format!("{} asked about attempt {attempt_id} (question {}): {}", asked.by, asked.id, question(&asked.text))
        }
        Event::QuestionAnswered { question_id, end, usage, .. } => {
            format!("Question {question_id} was answered with {}: {}", used(*usage), ended(&end.text))
        }
        Event::QuestionFailed { question_id, end, .. } => {
            let what = match end.outcome {
                QuestionOutcome::Answered => "was answered",
                QuestionOutcome::Failed => "was not answered",
                QuestionOutcome::Interrupted => "was interrupted",
                QuestionOutcome::Cancelled => "was cancelled",
            };
            format!("Question {question_id} {what}: {}", ended(&end.text))
        }
        _ => String::new(),
    }
}

fn of_observation(what: &Observation) -> String {
    match what {
        Observation::WorktreePrepared { branch, path } => format!("The worktree of {branch} is at {path}."),
        Observation::OpencodeStarted { version } => format!("OpenCode {version} started."),
        Observation::OpencodeReplaced { attempts, memory_mb } => {
            let memory = memory_mb.map(|memory| format!(" with {memory} MB in use")).unwrap_or_default();
            format!("The OpenCode server was ended after {attempts} attempts{memory}: the next attempt has a new one.")
        }
        Observation::Recovered { detail } => format!("A server came back and found the pipeline under way: {}", ended(detail)),
        Observation::PreservationBegun { reference } => format!("What lies uncommitted in the worktree goes to {reference}."),
        Observation::WorkPreserved { reference, .. } => format!("What the attempt left uncommitted is kept under {reference}."),
        Observation::HandoffReasked { fault } => format!("The agent was asked for its hand-off again: {}", ended(fault)),
        Observation::PermissionSettled { permission, patterns, allowed, granted_by } => {
            let who = granted_by.map_or_else(|| "Policy".to_owned(), |ask| format!("The answer of request {ask}"));
            let done = if *allowed { "allowed" } else { "denied" };
            format!("{who} {done} {}", ended(&format!("{permission} {}", patterns.join(" "))))
        }
        Observation::ProviderRetried { attempt, message } => {
            format!("OpenCode tries the provider again, try {attempt}: {}", ended(message))
        }
        Observation::ProcessesEnded { count } => format!("{count} processes that the pipeline had left behind were ended."),
        Observation::FilesOverlap { with, files } => format!("Pipeline {with} changes the same files: {}", ended(&files.join(", "))),
    }
}

fn ran(checks: &[CheckRun]) -> String {
    if checks.is_empty() {
        return "The repository's files suggest no command that tests it, so nothing was checked.".to_owned();
    }
    let runs: Vec<String> = checks.iter().map(|run| format!("`{}` {}", run.command, run.outcome())).collect();
    ended(&runs.join("; "))
}

fn asked(ask: &Ask) -> String {
    match ask.kind {
        AskKind::Permission => {
            format!("Request {}: may the agent use {} for {}", ask.id, ask.subject, question(&ask.patterns.join(" ")))
        }
        AskKind::Question => format!("Request {}: {}", ask.id, question(&ask.subject)),
    }
}

fn answered(answer: &Answer) -> String {
    let done = if answer.allowed { "allowed" } else { "denied" };
    let what = match &answer.by {
        AnsweredBy::Person(name) => format!("{done} by {name}{}", answer.grant.as_ref().map(reach).unwrap_or_default()),
        AnsweredBy::Deadline => "denied, as nobody answered in time".to_owned(),
        AnsweredBy::End => "withdrawn with its attempt".to_owned(),
    };
    match &answer.message {
        Some(message) if matches!(answer.by, AnsweredBy::Person(_)) => format!("{what}: {}", ended(message)),
        Some(_) | None => format!("{what}."),
    }
}

fn reach(grant: &Grant) -> String {
    let scope = match grant.scope {
        Scope::Step => "step",
        Scope::Pipeline => "pipeline",
    };
    format!(", from then on in its {scope}, with {}", grant.patterns.join(" · "))
}

fn named(finding: &LedgerFinding) -> String {
    format!("{} ({})", finding.id, finding.severity.as_str())
}

fn in_words(budget: &Budget) -> String {
    let parts = [
        budget.tokens.map(|number| format!("{number} tokens")),
        budget.money.map(|dollars| format!("${dollars:.2}")),
        budget.minutes.map(|number| format!("{number} minutes")),
        budget.attempts.map(|number| format!("{number} attempts")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "no ceiling at all".to_owned() } else { parts.join(", ") }
}

fn used(usage: Usage) -> String {
    let cost = usage.cost.amount().map_or_else(|| "at an unknown cost".to_owned(), |dollars| format!("for ${dollars:.4}"));
    format!("{} tokens {cost}", usage.tokens.total())
}

fn short(commit: &CommitId) -> &str {
    let digits = commit.as_str();
    &digits[..digits.len().min(COMMIT_DIGITS)]
}

/// What somebody wrote, as the end of a sentence.
fn ended(text: &str) -> String {
    let line = one_line(text);
    if line.ends_with(['.', '!', '?', '…']) { line } else { format!("{line}.") }
}

fn question(text: &str) -> String {
    let line = one_line(text);
    if line.ends_with('?') { line } else { format!("{line}?") }
}

fn one_line(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(QUOTE_CHARS_MAX) {
        words.truncate(end);
        words.push('…');
    }
    words
}
