//! Which step, attempt and tab of a pipeline are on screen: what the reader chose in the URL, else what is going on.

use super::urls;
use agency_contract::{Attempt, PipelineDetail, Step, StepKind};
use serde_json::Value;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Transcript,
    Handoff,
    Changes,
    Receipt,
    Timeline,
}

pub const TABS: [Tab; 5] = [Tab::Transcript, Tab::Handoff, Tab::Changes, Tab::Receipt, Tab::Timeline];

impl Tab {
    /// Its name in the URL.
    pub fn word(self) -> &'static str {
        match self {
            Self::Transcript => "transcript",
            Self::Handoff => "handoff",
            Self::Changes => "changes",
            Self::Receipt => "receipt",
            Self::Timeline => "timeline",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Transcript => "Transcript",
            Self::Handoff => "Hand-off",
            Self::Changes => "Changes",
            Self::Receipt => "Receipt",
            Self::Timeline => "Timeline",
        }
    }

    fn parse(word: &str) -> Self {
        TABS.into_iter().find(|tab| tab.word() == word).unwrap_or_default()
    }
}

/// What the URL asks for. Steps and attempts count from 1, as people read them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choice {
    pub step: Option<u32>,
    pub attempt: Option<u32>,
    pub tab: Tab,
    /// Show the changes of the whole branch rather than of one attempt.
    pub whole_branch: bool,
    /// One entry of the transcript.
    pub part: Option<u32>,
    /// A step and its attempt by their ids, as events name them. They go before the numbers.
    pub step_id: Option<i64>,
    pub attempt_id: Option<i64>,
}

impl Choice {
    /// Reads a query through `get`; what makes no sense counts as not given.
    pub fn parse(get: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str| get(name).and_then(|text| text.parse::<u32>().ok()).filter(|number| *number > 0);
        let id = |name: &str| get(name).and_then(|text| text.parse::<i64>().ok());
        Self {
            step: number("step"),
            attempt: number("attempt"),
            tab: get("tab").map(|word| Tab::parse(&word)).unwrap_or_default(),
            whole_branch: get("diff").as_deref() == Some("branch"),
            part: number("part"),
            step_id: id("step_id"),
            attempt_id: id("attempt_id"),
        }
    }

    /// The entry that an answer about the origin of some lines names.
    pub fn blamed(answer: &Value) -> Self {
        let number = |name: &str| answer[name].as_u64().and_then(|number| u32::try_from(number).ok());
        let part = number("ordinal").map(|ordinal| ordinal + 1);
        Self { step: number("step_number"), attempt: number("attempt_number"), part, ..Self::default() }
    }

    pub fn href(&self, pipeline_id: i64) -> String {
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let id = |id: Option<i64>| id.map(|id| id.to_string());
        let (step, attempt, part) = (number(self.step), number(self.attempt), number(self.part));
        let (step_id, attempt_id) = (id(self.step_id), id(self.attempt_id));
        let pairs = [
            ("step", step.as_deref()),
            ("attempt", attempt.as_deref()),
            ("tab", (self.tab != Tab::Transcript).then(|| self.tab.word())),
            ("diff", self.whole_branch.then_some("branch")),
            ("part", part.as_deref()),
            ("step_id", step_id.as_deref()),
            ("attempt_id", attempt_id.as_deref()),
        ];
        urls::with_query(&urls::pipeline(pipeline_id), &pairs)
    }
}

/// The changes of the whole branch: what an approval links to.
pub fn branch_changes_href(pipeline_id: i64) -> String {
    Choice { tab: Tab::Changes, whole_branch: true, ..Choice::default() }.href(pipeline_id)
}

/// Where a file is in the changes of the whole branch, and a line of it: what `src/lib.rs:12` links to. Of the pipeline that is on screen.
pub fn place_href(place: &str) -> String {
    format!("?tab=changes&diff=branch{}", place_fragment(place))
}

/// The fragment of an address that names a file, or a line of it.
pub fn place_fragment(place: &str) -> String {
    format!("#{}", urls::encode(place).replace("%2F", "/").replace("%3A", ":"))
}

/// The file that a fragment names, once it is decoded, and the line.
pub fn named_place(fragment: &str) -> (&str, Option<u32>) {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    match fragment.rsplit_once(':').map(|(file, line)| (file, line.parse())) {
        Some((file, Ok(line))) => (file, Some(line)),
        _ => (fragment, None),
    }
}

/// What is on screen: places in `steps` and in that step's `attempts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    pub step: usize,
    pub attempt: Option<usize>,
}

impl Selected {
    /// Resolves a choice. `None` only for a pipeline without steps.
    pub fn of(detail: &PipelineDetail, choice: Choice) -> Option<Self> {
        let named = choice.step_id.and_then(|id| detail.steps.iter().position(|step| step.id == id));
        let numbered = choice.step.map(|number| number as usize - 1).filter(|index| *index < detail.steps.len());
        let chosen = named.or(numbered);
        let step = chosen.or_else(|| current_step(detail))?;
        let attempts = &detail.steps[step].attempts;
        let named = choice.attempt_id.and_then(|id| attempts.iter().position(|attempt| attempt.id == id));
        let numbered = choice.attempt.and_then(|number| attempts.iter().position(|attempt| attempt.number == number));
        let numbered = named.or(numbered);
        Some(Self { step, attempt: numbered.filter(|_| chosen.is_some()).or_else(|| attempts.len().checked_sub(1)) })
    }

    pub fn step_of(self, detail: &PipelineDetail) -> Option<&Step> {
        detail.steps.get(self.step)
    }

    pub fn attempt_of(self, detail: &PipelineDetail) -> Option<&Attempt> {
        detail.steps.get(self.step)?.attempts.get(self.attempt?)
    }
}

/// Where the pipeline stands. At a gate that is the step before it: its hand-off and its changes are what is to be decided on.
fn current_step(detail: &PipelineDetail) -> Option<usize> {
    let steps = &detail.steps;
    let is_worked_on = |index: &usize| steps[*index].kind != StepKind::Approval && !steps[*index].attempts.is_empty();
    let last_worked_on = || (0..steps.len()).rev().find(is_worked_on);
    let current = detail.pipeline.current_step_id.and_then(|id| steps.iter().position(|step| step.id == id));
    match current {
        Some(index) if steps[index].kind == StepKind::Approval => (0..index).rev().find(is_worked_on).or(Some(index)),
        Some(index) => Some(index),
        None => last_worked_on().or(if steps.is_empty() { None } else { Some(0) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_contract::Blame;
    use serde_json::json;

    /// A pipeline of `(kind, attempts)` steps whose ids are 10, 11, ….
    fn detail(steps: &[(&str, u32)], current_step_id: Option<i64>) -> PipelineDetail {
        let usage = json!({"tokens": {"input": 0, "output": 0, "reasoning": 0, "cache_read": 0, "cache_write": 0}, "cost": null});
        let attempt = |number: u32| json!({"id": number, "step_id": 1, "number": number, "status": "succeeded", "base_commit": "", "started_at": "", "usage": usage, "checks": []});
        let steps: Vec<_> = steps
            .iter()
            .enumerate()
            .map(|(index, (kind, attempts))| {
                json!({"id": 10 + index, "order_index": index, "kind": kind, "agent_name": "developer", "description": "", "status": "pending", "commands": [], "rounds": 0,
                    "attempts": (1..=*attempts).map(attempt).collect::<Vec<_>>()})
            })
            .collect();
        let mut value = json!({
            "id": 1, "title": "", "description": "", "template": "", "repo": "", "base": "", "base_commit": "", "branch": "", "head_commit": "",
            "status": "running", "created_at": "", "updated_at": "", "scripted": false, "usage": usage, "budget": {}, "messages": [], "requests": [],
            "spent": {"tokens": 0, "money": null, "minutes": 0.0, "attempts": 0}, "current_step_id": current_step_id,
            "steps_total": 3, "steps_done": 0, "steps": steps, "approvals": [], "criteria": [], "findings": [], "seq": 1
        });
        value["questions"] = json!([]);
        value["questions_usage"] = usage;
        serde_json::from_value(value).unwrap()
    }

    fn choice(query: &[(&str, &str)]) -> Choice {
        Choice::parse(|name| query.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn without_a_choice_the_running_step_and_its_newest_attempt_are_shown() {
        let detail = detail(&[("agent", 1), ("agent", 2), ("agent", 0)], Some(11));
        assert_eq!(Selected::of(&detail, Choice::default()), Some(Selected { step: 1, attempt: Some(1) }));
    }

    #[test]
    fn at_a_gate_the_work_before_it_is_shown() {
        let detail = detail(&[("agent", 1), ("approval", 0), ("agent", 0)], Some(11));
        assert_eq!(Selected::of(&detail, Choice::default()), Some(Selected { step: 0, attempt: Some(0) }));
    }

    #[test]
    fn a_finished_pipeline_opens_at_the_last_step_that_was_worked_on() {
        let detail = detail(&[("agent", 1), ("agent", 1), ("agent", 0)], None);
        assert_eq!(Selected::of(&detail, Choice::default()).map(|selected| selected.step), Some(1));
    }

    #[test]
    fn a_chosen_attempt_stays_chosen_and_nonsense_falls_back() {
        let detail = detail(&[("agent", 3), ("agent", 1)], Some(11));
        assert_eq!(Selected::of(&detail, choice(&[("step", "1"), ("attempt", "2")])), Some(Selected { step: 0, attempt: Some(1) }));
        assert_eq!(Selected::of(&detail, choice(&[("step", "99"), ("attempt", "x")])), Some(Selected { step: 1, attempt: Some(0) }));
        assert_eq!(Selected::of(&detail, choice(&[("step", "0")])).map(|selected| selected.step), Some(1));
    }

    #[test]
    fn what_an_event_names_is_shown_and_what_is_gone_falls_back() {
        let detail = detail(&[("agent", 3), ("agent", 1)], Some(11));
        let shown = |query: &[(&str, &str)]| Selected::of(&detail, choice(query));
        assert_eq!(shown(&[("step_id", "10"), ("attempt_id", "2")]), Some(Selected { step: 0, attempt: Some(1) }));
        assert_eq!(shown(&[("step_id", "10")]), Some(Selected { step: 0, attempt: Some(2) }));
        assert_eq!(shown(&[("step_id", "99"), ("attempt_id", "2")]), Some(Selected { step: 1, attempt: Some(0) }));
        let event = choice(&[("step_id", "10"), ("attempt_id", "2")]);
        assert_eq!(event.href(7), "/pipelines/7?step_id=10&attempt_id=2");
    }

    #[test]
    fn a_choice_and_its_address_agree() {
        let chosen = choice(&[("step", "2"), ("attempt", "1"), ("tab", "changes"), ("diff", "branch")]);
        assert_eq!(chosen.href(7), "/pipelines/7?step=2&attempt=1&tab=changes&diff=branch");
        let part = choice(&[("step", "2"), ("attempt", "1"), ("part", "12")]);
        assert_eq!((part.part, part.href(7).as_str()), (Some(12), "/pipelines/7?step=2&attempt=1&part=12"));
        let answer = serde_json::to_value(Blame {
            step_id: 9,
            attempt_id: 8,
            step_number: 2,
            attempt_number: 1,
            ordinal: 11,
            title: "edit a".to_owned(),
            at: String::new(),
        });
        assert_eq!(Choice::blamed(&answer.unwrap()), part);
        assert_eq!(Choice::default().href(7), "/pipelines/7");
        assert_eq!(branch_changes_href(7), "/pipelines/7?tab=changes&diff=branch");
    }

    #[test]
    fn a_place_in_the_changes_has_an_address() {
        assert_eq!(place_href("src/a b#.rs:12"), "?tab=changes&diff=branch#src/a%20b%23.rs:12");
        assert_eq!(named_place("#src/a b#.rs:12"), ("src/a b#.rs", Some(12)));
        assert_eq!(named_place("#src/lib.rs"), ("src/lib.rs", None));
        assert_eq!(named_place("#c:/x:y"), ("c:/x:y", None));
        assert_eq!(named_place(""), ("", None));
    }
}
