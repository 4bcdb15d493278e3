//! Scripts for tests: a chain of agents that succeeds on any repository. Used by end-to-end tests, and by hand with the model `m1`.
//!
//! The developer writes [`NOTE_FILE`], a draft that holds the request's first line. The first review asks for the draft to be settled, the developer does that in
//! the fix round (recognised by the heading `## Open findings`), and the second review approves, because it finds [`SETTLED`] in the diff that
//! it was sent or in the file that it reads. No script counts anything, so a chain that is killed and tried again converges all the same.

mod records;

use crate::fill::OPEN_FINDINGS;
use crate::script::{Match, Rule, Script, Step};
use records::Round;
use serde_json::{Value, json};

/// What the developer writes, at the repository's top.
pub const NOTE_FILE: &str = "agency-note.txt";
/// The line that a settled note has, and a draft has not.
pub const SETTLED: &str = "State: settled after the review.";

/// A draft's line in its place.
const DRAFT: &str = "State: draft.";
/// The line of a note that was mended twice.
pub const SETTLED_TWICE: &str = "State: looked at twice.";
/// Seconds that the slow developer's command takes, with a line of output each.
const SLOW_SECONDS: u32 = 20;

/// For every chain of the built-in agents: a round of changes, then approval. An agent with another name hands off that there was nothing to do.
pub fn generic() -> Script {
    script(&[], Review::OnceChanged)
}

/// [`generic`], for a reader who looks for the template's name.
pub fn quick_fix() -> Script {
    generic()
}

/// [`generic`], for a reader who looks for the template's name.
pub fn full_feature() -> Script {
    generic()
}

/// [`generic`], for a reader who looks for the template's name.
pub fn plan_only() -> Script {
    generic()
}

/// [`generic`], but the developer first runs a command of twenty seconds that prints a line each second: time to kill, cancel or reload.
pub fn slow_developer() -> Script {
    let command = format!("for second in $(seq 1 {SLOW_SECONDS}); do echo working $second of {SLOW_SECONDS}; sleep 1; done");
    script(
        &[Step::tool("bash", json!({ "command": command, "description": "Works for a while" })).saying("This takes a while. ")],
        Review::OnceChanged,
    )
}

/// [`generic`] with a reviewer who asks for changes twice, with a finding each, and then approves.
pub fn two_rounds() -> Script {
    script(&[], Review::TwiceChanged)
}

/// [`generic`] with a reviewer who asks for the same change whatever it sees: nothing converges.
pub fn never_approves() -> Script {
    script(&[], Review::NeverSatisfied)
}

/// [`generic`] with a reviewer who approves the first draft.
pub fn approves_at_once() -> Script {
    script(&[], Review::Satisfied)
}

#[derive(Clone, Copy, PartialEq)]
enum Review {
    Satisfied,
    OnceChanged,
    TwiceChanged,
    NeverSatisfied,
}

/// What an agent's system prompt begins with.
pub(crate) fn agent(name: &str) -> Match {
    Match::system(format!("You are the {name}"))
}

fn script(before_writing: &[Step], review: Review) -> Script {
    let planning =
        |name: &str, record| Rule::new(name, agent(name), vec![Step::handoff(record).saying("I have read the request. "), closing()]);
    let mut rules = vec![
        planning("product-owner", records::product_owner()),
        planning("architect", records::architect()),
        planning("designer", records::designer()),
        planning("qa", records::qa()),
    ];
    let second_fix = agent("developer").and_user(OPEN_FINDINGS).and_user("F-2 (major)");
    rules.extend(two_ways("developer, second fix round", &second_fix, |criteria| developing(before_writing, Round::SecondFix, criteria)));
    rules.extend(two_ways("developer, fix round", &agent("developer").and_user(OPEN_FINDINGS), |criteria| {
        developing(before_writing, Round::Fix, criteria)
    }));
    rules.extend(two_ways("developer, first round", &agent("developer"), |criteria| developing(before_writing, Round::First, criteria)));
    rules.extend(reviewing(review));
    rules.extend(for_anybody_else());
    Script { rules }
}

/// A chain without a product owner has no criteria, and whoever answered them would make them up. So: one rule for prompts that
/// mention the first criterion, and one for those that do not.
pub(crate) fn two_ways(name: &str, matches: &Match, steps: impl Fn(Criteria) -> Vec<Step>) -> [Rule; 2] {
    [
        Rule::new(name, matches.clone().and_user("AC-1"), steps(Criteria::Given)),
        Rule::new(format!("{name}, no criteria"), matches.clone(), steps(Criteria::None)),
    ]
}

/// Whether an agent was sent acceptance criteria.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Criteria {
    Given,
    None,
}

impl Criteria {
    /// The record, with what is known of the criteria where there are any.
    pub(crate) fn add_to(self, mut record: Value, criteria: &[Value]) -> Value {
        if self == Self::Given {
            record["criteria"] = criteria.iter().cloned().collect();
        }
        record
    }
}

/// A criterion with what proves it.
pub(crate) fn met(id: &str, evidence: &[Value]) -> Value {
    json!({ "id": id, "status": "met", "evidence": evidence })
}

/// Rules for agents without a part, and for prompts without an agent. They match everything.
pub(crate) fn for_anybody_else() -> [Rule; 2] {
    let nothing_to_do = vec![Step::handoff(records::nothing_to_do()), closing()];
    [
        Rule::new("another agent", Match::default().and_tool("submit_handoff"), nothing_to_do),
        Rule::new("nobody's agent", Match::default(), crate::scenarios::text()),
    ]
}

fn closing() -> Step {
    Step::text("I have handed off.")
}

fn note_path() -> String {
    format!("{{{{cwd}}}}/{NOTE_FILE}")
}

fn developing(before_writing: &[Step], round: Round, criteria: Criteria) -> Vec<Step> {
    let state = match round {
        Round::First => DRAFT,
        Round::Fix => SETTLED,
        Round::SecondFix => SETTLED_TWICE,
    };
    let content = format!("A note on this request: {{{{request}}}}\n{state}\n");
    let mut steps = before_writing.to_vec();
    if round != Round::First {
        steps.push(Step::tool("read", json!({ "filePath": note_path() })).saying("I look at the note first. "));
    }
    steps.push(Step::tool("write", json!({ "filePath": note_path(), "content": content })).saying("I write the note. "));
    steps.push(Step::handoff(records::developer(round, criteria)));
    steps.push(closing());
    steps
}

/// The reviewer reads the file, in case that the diff was too long to be sent, and judges by what it has seen.
fn reviewing(review: Review) -> Vec<Rule> {
    let steps = |record| {
        let read = Step::tool("read", json!({ "filePath": note_path() })).saying("I read the note beside the diff. ");
        vec![read, Step::handoff(record), closing()]
    };
    let name = "senior-reviewer";
    let approve = |matches: Match| two_ways("senior-reviewer, approves", &matches, |criteria| steps(records::approved(criteria))).to_vec();
    let object = Rule::new("senior-reviewer, asks for a change", agent(name), steps(records::changes_requested()));
    match review {
        Review::Satisfied => approve(agent(name)),
        Review::TwiceChanged => {
            let more = Rule::new("senior-reviewer, asks for more", agent(name).and_seen(SETTLED), steps(records::more_changes_requested()));
            approve(agent(name).and_seen(SETTLED_TWICE)).into_iter().chain([more, object]).collect()
        }
        Review::OnceChanged => approve(agent(name).and_seen(SETTLED)).into_iter().chain([object]).collect(),
        Review::NeverSatisfied => vec![object],
    }
}

#[cfg(test)]
mod tests;
