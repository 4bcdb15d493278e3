//! Which step answers a request. Called by the handlers; pure apart from [`Memory`], which the caller keeps.
//!
//! First match wins: a title or compaction call, a directive in the newest user message, the script's rules, the model's id as
//! the name of a scenario, and at last plain text.

mod directive;

use crate::asked::{Asked, CallKind};
use crate::fill::Filling;
use crate::scenarios::{self, Scenario};
use crate::script::{Match, Play, Rule, Script, Step};
use directive::Directive;
use std::collections::HashMap;

/// What is remembered of rules that play by session or by call, and of steps that fail first. Everything else is stateless.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    sessions: HashMap<String, Vec<String>>,
    calls: HashMap<String, usize>,
    failures: HashMap<(String, usize, String), u32>,
}

/// Failures remembered at most. Beyond it all are forgotten: a step may then fail first once more, which a test of this length does not notice.
const FAILURES_MAX: usize = 10_000;
/// Sessions remembered per rule at most; a later session plays the rule's last script, as it would with any small number of scripts.
const SESSIONS_MAX: usize = 10_000;

/// The step to play, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    pub(crate) scenario: String,
    pub(crate) turn: usize,
    pub(crate) step: Step,
}

/// A list of steps under a name, and the place in it.
struct Found {
    scenario: String,
    steps: Vec<Step>,
    turn: usize,
}

/// Chooses, and fills the placeholders in.
pub(crate) fn choose(asked: &Asked, script: &Script, memory: &mut Memory) -> Choice {
    let found = find(asked, script, memory);
    let step = match memory.failing(asked, &found) {
        Some(failure) => failure,
        None => step_at(&found.steps, found.turn),
    };
    Choice { scenario: found.scenario, turn: found.turn, step: Filling::of(asked).step(&step) }
}

fn find(asked: &Asked, script: &Script, memory: &mut Memory) -> Found {
    let plain = |name: &str, steps| Found { scenario: name.to_owned(), steps, turn: asked.turn };
    match asked.kind {
        CallKind::Title => return plain("title", vec![Step::text("Scripted title")]),
        CallKind::Compaction => {
            return plain("compaction", vec![Step::text("## Objective\n- scripted summary of the work so far")]);
        }
        CallKind::Ordinary => {}
    }
    match directive::read(asked) {
        Some(Directive::Steps(steps)) => return plain("inline", steps),
        Some(Directive::Named(name)) => return scenario(&name, asked, memory).unwrap_or_else(|| plain(&name, unknown(&name))),
        None => {}
    }
    in_script("script", script, asked, memory)
        .or_else(|| scenario(&asked.model, asked, memory))
        .unwrap_or_else(|| plain("text", scenarios::text()))
}

fn unknown(name: &str) -> Vec<Step> {
    vec![Step::text(format!("There is no scenario {name}. GET /v1/models lists all."))]
}

fn scenario(name: &str, asked: &Asked, memory: &mut Memory) -> Option<Found> {
    match scenarios::find(name)? {
        Scenario::Steps(steps) => Some(Found { scenario: name.to_owned(), steps, turn: asked.turn }),
        Scenario::Script(script) => in_script(name, &script, asked, memory),
    }
}

fn in_script(origin: &str, script: &Script, asked: &Asked, memory: &mut Memory) -> Option<Found> {
    let (index, rule) = script.rules.iter().enumerate().find(|(_index, rule)| matches(&rule.matches, asked))?;
    let name = if rule.name.is_empty() { format!("rule {index}") } else { rule.name.clone() };
    let key = format!("{origin}/{index}/{name}");
    let (steps, turn, part) = memory.play(key, rule, asked);
    let scenario = if origin == "script" { name } else { format!("{origin}: {name}") };
    Some(Found { scenario: scenario + &part, steps, turn })
}

/// Whether all the substrings are there.
fn matches(wanted: &Match, asked: &Asked) -> bool {
    let all_in = |parts: &[String], text: &str| parts.iter().all(|part| text.contains(part.as_str()));
    all_in(&wanted.model, &asked.model)
        && all_in(&wanted.system, &asked.system)
        && all_in(&wanted.user, &asked.user)
        && wanted.seen.iter().all(|part| asked.user.contains(part.as_str()) || asked.results.contains(part.as_str()))
        && wanted.tool.iter().all(|part| asked.tools.iter().any(|name| name.contains(part.as_str())))
}

/// The step of a turn. Past the end the last step plays again if it says so; otherwise the work is done.
fn step_at(steps: &[Step], turn: usize) -> Step {
    let again = || steps.last().filter(|last| last.repeat);
    steps.get(turn).or_else(again).cloned().unwrap_or_else(|| Step::text("Done."))
}

impl Memory {
    /// The steps of a rule, the place in them, and which of several scripts it is, for the log.
    fn play(&mut self, key: String, rule: &Rule, asked: &Asked) -> (Vec<Step>, usize, String) {
        match &rule.play {
            Play::ByTurn(steps) => (steps.clone(), asked.turn, String::new()),
            Play::ByCalls(steps) => {
                let calls = self.calls.entry(key).or_default();
                *calls += 1;
                (steps.clone(), *calls - 1, String::new())
            }
            Play::BySession(scripts) => {
                let nth = self.nth_session(key, asked).min(scripts.len().saturating_sub(1));
                (scripts.get(nth).cloned().unwrap_or_default(), asked.turn, format!(" #{}", nth + 1))
            }
        }
    }

    /// Which session this is, among those that came to the rule.
    fn nth_session(&mut self, key: String, asked: &Asked) -> usize {
        let seen = self.sessions.entry(key).or_default();
        let session = asked.session.as_deref().unwrap_or_default();
        seen.iter().position(|known| known == session).unwrap_or_else(|| {
            if seen.len() < SESSIONS_MAX {
                seen.push(session.to_owned());
            }
            seen.len() - 1
        })
    }

    /// What the step plays in its place, as long as it fails.
    fn failing(&mut self, asked: &Asked, found: &Found) -> Option<Step> {
        let fail_first = step_at(&found.steps, found.turn).fail_first?;
        if self.failures.len() >= FAILURES_MAX {
            self.failures.clear();
        }
        let key = (found.scenario.clone(), found.turn, asked.session.clone().unwrap_or_default());
        let failed = self.failures.entry(key).or_default();
        if *failed >= fail_first.times {
            return None;
        }
        *failed += 1;
        Some(fail_first.step())
    }
}

#[cfg(test)]
mod tests;
