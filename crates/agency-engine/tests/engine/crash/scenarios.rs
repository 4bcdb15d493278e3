//! What happens in the lives that are cut off: what agents do with a prompt, and what a person does with a pipeline.
//!
//! Both look at how the pipeline stands and at nothing else, so that they go on after a restart as people and models do.

use crate::support::{Play, done, review};
use agency_domain::agents::Prompt;
use agency_domain::approvals::Decision;
use agency_domain::budgets::Budget;
use agency_domain::pipelines::{FailureClass, Pipeline, PipelineStatus};
use serde_json::{Value, json};

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) steps: Value,
    pub(crate) budget: Budget,
    /// What the agent does with a prompt.
    pub(crate) play: fn(&Story<'_>, &Prompt) -> Play,
    /// With what the next command of a check exits.
    pub(crate) check: fn(&Story<'_>) -> i32,
    /// What the person wants now, if anything.
    pub(crate) person: fn(&Story<'_>) -> Option<Deed>,
    /// The status in which it has come to its end.
    pub(crate) end: &'static str,
    /// Attempts that fail by themselves, however often the process is killed: none is lost, none counted twice.
    pub(crate) failures: usize,
}

/// A pipeline as it stands, with all that has happened to it.
pub(crate) struct Story<'a> {
    pub(crate) pipeline: &'a Pipeline,
    /// Its events so far, by name.
    pub(crate) words: &'a [&'static str],
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Decide(Decision),
    Accept(&'static str),
    Pause {
        now: bool,
    },
    Resume(Budget),
    Steer(&'static str),
    Answer,
    /// Allows it from now on.
    Grant,
    Revoke,
    Cancel,
    Retry,
    /// Asks about the work that is done.
    Ask,
}

impl Story<'_> {
    fn has(&self, word: &str) -> bool {
        self.count(word) > 0
    }

    fn count(&self, word: &str) -> usize {
        self.words.iter().filter(|known| **known == word).count()
    }

    /// Whether an agent works.
    fn is_at_work(&self) -> bool {
        self.pipeline.open_attempt().is_some_and(|(_, attempt)| attempt.status.as_str() == "running")
    }
}

/// A developer who succeeds, a person who wants nothing.
fn plain(name: &'static str, steps: Value) -> Scenario {
    Scenario {
        name,
        steps,
        budget: Budget::default(),
        play: |_, _| Play::Write("a.txt", done()),
        check: |_| 0,
        person: |_| None,
        end: "succeeded",
        failures: 0,
    }
}

/// What each agent does where nothing else is said: the developer writes.
fn by_role(prompt: &Prompt) -> Play {
    if prompt.agent.as_str() == "developer" { Play::Write("a.txt", done()) } else { Play::HandOff(done()) }
}

fn gated() -> Value {
    json!([{ "agent": "architect" }, { "approval": "Go?", "remind_after": 60 }, { "agent": "developer" }, { "agent": "senior-reviewer" }])
}

pub(crate) fn review_round() -> Scenario {
    let steps = json!([{ "agent": "developer" }, { "agent": "senior-reviewer", "back_to": "developer" }]);
    let play = |story: &Story<'_>, prompt: &Prompt| {
        let finding = |id: &str, severity: &str, claim: &str, status: &str| json!({ "id": id, "severity": severity, "claim": claim, "status": status });
        let (verdict, findings) = if story.has("verdict_recorded") {
            ("approved", [finding("F-1", "major", "No test.", "fixed"), finding("F-2", "note", "Names, still.", "open")])
        } else {
            ("changes_requested", [finding("F-1", "major", "No test.", "open"), finding("F-2", "minor", "Names.", "open")])
        };
        match prompt.agent.as_str() {
            "developer" => Play::Write("a.txt", done()),
            _ => Play::HandOff(json!({ "summary": "Judged.", "outcome": "done", "verdict": verdict, "findings": findings })),
        }
    };
    Scenario { play, ..plain("a review round", steps) }
}

pub(crate) fn failing_check() -> Scenario {
    let check = |story: &Story<'_>| if story.has("checks_ran") { 0 } else { 3 };
    Scenario { check, failures: 1, ..plain("a check that fails once", json!([{ "agent": "developer" }, { "check": "make test" }])) }
}

pub(crate) fn gate_reopened() -> Scenario {
    let play = |_: &Story<'_>, prompt: &Prompt| match prompt.agent.as_str() {
        "architect" => Play::HandOff(json!({ "summary": "x", "outcome": "done", "criteria": [{ "id": "AC-1", "text": "It shouts." }] })),
        "senior-reviewer" => Play::HandOff(review("approved")),
        _ => Play::Write("a.txt", done()),
    };
    // Late, and with a change of what stands there, so that the gate opens again.
    let person = |story: &Story<'_>| {
        story.pipeline.pending_approval()?;
        match (story.has("approval_reminded"), story.has("criterion_accepted")) {
            (false, _) => None,
            (true, false) => Some(Deed::Accept("AC-1")),
            (true, true) => Some(Deed::Decide(Decision::Approve)),
        }
    };
    Scenario { play, person, ..plain("a gate that opens again", gated()) }
}

pub(crate) fn changes_by_a_person() -> Scenario {
    let play = |_: &Story<'_>, prompt: &Prompt| match prompt.agent.as_str() {
        "senior-reviewer" => Play::HandOff(review("approved")),
        _ => by_role(prompt),
    };
    let person = |story: &Story<'_>| {
        story.pipeline.pending_approval()?;
        Some(Deed::Decide(if story.has("sent_back") { Decision::Approve } else { Decision::RequestChanges }))
    };
    Scenario { play, person, ..plain("a gate that sends back", gated()) }
}

pub(crate) fn budget_raised() -> Scenario {
    let play = |story: &Story<'_>, _: &Prompt| if story.has("budget_changed") { Play::Write("a.txt", done()) } else { Play::Spend(900) };
    let person = |story: &Story<'_>| {
        let raise = Budget { tokens: Some(50_000), ..Budget::default() };
        story.pipeline.is_paused().then_some(Deed::Resume(raise))
    };
    let budget = Budget { tokens: Some(850), ..Budget::default() };
    Scenario { play, person, budget, failures: 1, ..plain("a budget that runs out", json!([{ "agent": "developer" }])) }
}

/// Each life's attempt has used something before it is cut off: all of it counts.
pub(crate) fn spent_and_paused() -> Scenario {
    let play = |story: &Story<'_>, _: &Prompt| if story.has("pipeline_paused") { Play::Write("a.txt", done()) } else { Play::Spend(300) };
    let person = |story: &Story<'_>| match story.pipeline.status {
        PipelineStatus::Paused(_) => Some(Deed::Resume(Budget::default())),
        _ if story.pipeline.open_attempt().is_some_and(|(_, attempt)| attempt.usage.tokens.input == 300)
            && !story.has("pipeline_paused") =>
        {
            Some(Deed::Pause { now: true })
        }
        _ => None,
    };
    Scenario { play, person, ..plain("an attempt that has used something", json!([{ "agent": "developer" }])) }
}

pub(crate) fn paused_now() -> Scenario {
    let play = |story: &Story<'_>, _: &Prompt| if story.has("pipeline_paused") { Play::Write("a.txt", done()) } else { Play::Hang };
    let person = |story: &Story<'_>| match story.pipeline.status {
        PipelineStatus::Paused(_) => Some(Deed::Resume(Budget::default())),
        _ if story.is_at_work() && !story.has("pipeline_paused") => Some(Deed::Pause { now: true }),
        _ => None,
    };
    Scenario { play, person, ..plain("a pause at once", json!([{ "agent": "developer" }])) }
}

pub(crate) fn paused_later() -> Scenario {
    let play = |_: &Story<'_>, prompt: &Prompt| match prompt.agent.as_str() {
        "architect" => Play::Ask(done()),
        _ => by_role(prompt),
    };
    let person = |story: &Story<'_>| {
        let asks = story.pipeline.asks.iter().any(|ask| ask.answer.is_none());
        match story.pipeline.status {
            PipelineStatus::Paused(_) => Some(Deed::Resume(Budget::default())),
            _ if asks && !story.has("pause_requested") => Some(Deed::Pause { now: false }),
            _ if asks => Some(Deed::Answer),
            _ => None,
        }
    };
    Scenario { play, person, ..plain("a pause after the attempt", json!([{ "agent": "architect" }, { "agent": "developer" }])) }
}

/// A permission holds on, is taken back while the pipeline rests, and is asked for again.
pub(crate) fn granted_and_revoked() -> Scenario {
    let play = |_: &Story<'_>, _: &Prompt| Play::Ask(done());
    let person = |story: &Story<'_>| {
        let asks = story.pipeline.asks.iter().any(|ask| ask.answer.is_none());
        let holds = story.pipeline.asks.iter().any(|ask| ask.grant().is_some());
        match story.pipeline.status {
            PipelineStatus::Paused(_) if holds => Some(Deed::Revoke),
            PipelineStatus::Paused(_) => Some(Deed::Resume(Budget::default())),
            _ if asks && !story.has("pause_requested") => Some(Deed::Pause { now: false }),
            _ if asks => Some(Deed::Grant),
            _ => None,
        }
    };
    Scenario { play, person, ..plain("a permission that holds on", json!([{ "agent": "architect" }, { "agent": "developer" }])) }
}

const SAID: &str = "Use the old parser.";

pub(crate) fn steered() -> Scenario {
    let play = |_: &Story<'_>, prompt: &Prompt| if prompt.text.contains(SAID) { Play::Write("a.txt", done()) } else { Play::Hang };
    // Once: whoever comes after an attempt that was cut off must know it too.
    let person = |story: &Story<'_>| (story.is_at_work() && !story.has("steered")).then_some(Deed::Steer(SAID));
    Scenario { play, person, ..plain("a message to a running agent", json!([{ "agent": "developer" }])) }
}

pub(crate) fn cancelled_at_work() -> Scenario {
    let person = |story: &Story<'_>| story.is_at_work().then_some(Deed::Cancel);
    Scenario { play: |_, _| Play::Hang, person, end: "cancelled", ..plain("a cancellation at work", json!([{ "agent": "developer" }])) }
}

pub(crate) fn cancelled_at_gate() -> Scenario {
    let person = |story: &Story<'_>| story.pipeline.pending_approval().map(|_| Deed::Cancel);
    Scenario { play: |_, prompt| by_role(prompt), person, end: "cancelled", ..plain("a cancellation at a gate", gated()) }
}

pub(crate) fn retried() -> Scenario {
    let play = |story: &Story<'_>, _: &Prompt| {
        let failed = json!({ "summary": "It cannot be done.", "outcome": "failed" });
        Play::Write("a.txt", if story.has("step_retried") { done() } else { failed })
    };
    let person = |story: &Story<'_>| (story.pipeline.status.as_str() == "failed").then_some(Deed::Retry);
    Scenario { play, person, failures: 1, ..plain("a failure that a person retries", json!([{ "agent": "developer" }])) }
}

pub(crate) fn passing_failures() -> Scenario {
    let play = |story: &Story<'_>, _: &Prompt| match story.count("attempt_failed") {
        0 => Play::Fail(FailureClass::ProviderUnavailable),
        1 => Play::Die,
        _ => Play::Write("a.txt", done()),
    };
    Scenario { play, failures: 2, ..plain("failures that pass", json!([{ "agent": "developer" }])) }
}

pub(crate) fn asked_again() -> Scenario {
    let play = |story: &Story<'_>, prompt: &Prompt| {
        let is_first = story.pipeline.attempts_in_order().iter().any(|(_, attempt)| attempt.message.as_ref() == Some(&prompt.message));
        if is_first { Play::Say("All good.") } else { Play::Write("a.txt", done()) }
    };
    Scenario { play, ..plain("a hand-off that is asked for again", json!([{ "agent": "developer" }])) }
}

pub(crate) fn sneaky_reader() -> Scenario {
    Scenario { end: "failed", failures: 1, ..plain("a reader that writes", json!([{ "agent": "architect" }])) }
}

pub(crate) fn asked_about_its_work() -> Scenario {
    let play = |story: &Story<'_>, prompt: &Prompt| match prompt.text.contains("## The question") {
        true if story.has("question_failed") => Play::Say("Because it is shorter."),
        true => Play::Fail(FailureClass::ProviderUnavailable),
        false => Play::HandOff(done()),
    };
    // Until there is an answer; whoever asks twice is told to wait.
    let person = |story: &Story<'_>| {
        let is_curious = story.pipeline.status.is_final() && !story.has("question_answered");
        is_curious.then_some(Deed::Ask)
    };
    Scenario { play, person, ..plain("a question about finished work", json!([{ "agent": "architect" }])) }
}
