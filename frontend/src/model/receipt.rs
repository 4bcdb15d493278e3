//! What an agent was given of those before it, and what became of it: offered, sent, acknowledged, ignored.

use super::handoff::ids;
use agency_contract::{Attempt, Handoff, PipelineDetail};

/// What became of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Sent, to be answered for, and passed over in silence.
    Ignored,
    Acknowledged,
    /// Sent; nothing had to be said about it.
    Sent,
    /// Left behind by an earlier agent, and not part of the prompt.
    NotSent,
}

impl Fate {
    /// Its glyph, its words and its class.
    pub fn shown(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Ignored => ("✗", "sent and passed over in silence", "tone-bad"),
            Self::Acknowledged => ("✓", "acknowledged", "tone-good"),
            Self::Sent => ("→", "sent, nothing to say about it", "tone-quiet"),
            Self::NotSent => ("–", "not sent", "tone-quiet"),
        }
    }
}

/// Every id that hand-offs before this attempt have left or that its prompt carried, the ones that were ignored first. `sent` is the receipt's.
pub fn fates(detail: &PipelineDetail, attempt: &Attempt, sent: &[String]) -> Vec<(Fate, Vec<String>)> {
    let none = Vec::new();
    let (acknowledged, ignored) = attempt.handoff.as_ref().map_or((Vec::new(), &none), |own| (acknowledged(own), &own.unacknowledged));
    let mut all: Vec<String> = sent.to_vec();
    for earlier in earlier_handoffs(detail, attempt) {
        all.extend(ids(&earlier.metadata));
    }
    let mut seen: Vec<&String> = Vec::new();
    let mut groups: Vec<(Fate, Vec<String>)> = Vec::new();
    for id in &all {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let fate = match id {
            id if ignored.contains(id) => Fate::Ignored,
            id if acknowledged.contains(id) => Fate::Acknowledged,
            id if sent.contains(id) => Fate::Sent,
            _ => Fate::NotSent,
        };
        match groups.iter_mut().find(|(known, _)| *known == fate) {
            Some((_, ids)) => ids.push(id.clone()),
            None => {
                let place = groups.partition_point(|(known, _)| *known < fate);
                groups.insert(place, (fate, vec![id.clone()]));
            }
        }
    }
    groups
}

fn acknowledged(handoff: &Handoff) -> Vec<String> {
    let ids = handoff.metadata["acknowledged"].as_array().into_iter().flatten();
    ids.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

fn earlier_handoffs<'a>(detail: &'a PipelineDetail, attempt: &'a Attempt) -> impl Iterator<Item = &'a Handoff> {
    let attempts = detail.steps.iter().flat_map(|step| &step.attempts);
    attempts.filter_map(|other| other.handoff.as_ref()).filter(|handoff| handoff.created_at < attempt.started_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn attempt(id: i64, started_at: &str, handoff: &Value) -> Value {
        let usage = json!({"tokens": {"input": 0, "output": 0, "reasoning": 0, "cache_read": 0, "cache_write": 0}, "cost": null});
        json!({"id": id, "step_id": id, "number": 1, "status": "succeeded", "base_commit": "", "started_at": started_at, "usage": usage,
            "checks": [], "handoff": handoff})
    }

    fn handoff(at: &str, metadata: &Value, unacknowledged: &[&str]) -> Value {
        json!({"id": 1, "step_id": 1, "attempt_id": 1, "content_md": "", "content_html": "", "metadata": metadata, "created_at": at,
            "unacknowledged": unacknowledged})
    }

    #[test]
    fn each_id_has_one_fate_and_what_was_ignored_comes_first() {
        let plan =
            handoff("10:01", &json!({"decisions": [{"id": "D-1"}, {"id": "D-2"}], "criteria": [{"id": "AC-1"}, {"id": "AC-2"}]}), &[]);
        let own = handoff("10:09", &json!({"acknowledged": ["D-1"], "decisions": [{"id": "D-3"}]}), &["AC-1"]);
        let step = |id: i64, attempt: &Value| {
            json!({"id": id, "order_index": id, "kind": "agent", "agent_name": "a", "description": "", "status": "succeeded", "commands": [],
                "rounds": 0, "attempts": [attempt]})
        };
        let second = attempt(2, "10:05", &own);
        let usage = second["usage"].clone();
        let detail: PipelineDetail = serde_json::from_value(json!({
            "id": 1, "title": "", "description": "", "template": "", "repo": "", "base": "", "base_commit": "", "branch": "", "head_commit": "",
            "status": "running", "created_at": "", "updated_at": "", "scripted": false, "usage": usage, "budget": {}, "steps_total": 2,
            "steps_done": 1, "spent": {"tokens": 0, "money": null, "minutes": 0.0, "attempts": 0}, "approvals": [], "criteria": [],
            "findings": [], "messages": [], "requests": [], "questions": [], "questions_usage": usage, "seq": 1,
            "steps": [step(1, &attempt(1, "10:00", &plan)), step(2, &second)]
        }))
        .unwrap();
        let sent = ["D-1", "AC-1", "AC-2"].map(str::to_owned);
        let found = fates(&detail, &detail.steps[1].attempts[0], &sent);
        let shown: Vec<_> = found.iter().map(|(fate, ids)| (*fate, ids.join(" "))).collect();
        assert_eq!(
            shown,
            [
                (Fate::Ignored, "AC-1".to_owned()),
                (Fate::Acknowledged, "D-1".to_owned()),
                (Fate::Sent, "AC-2".to_owned()),
                (Fate::NotSent, "D-2".to_owned())
            ]
        );
        assert!(fates(&detail, &detail.steps[0].attempts[0], &[]).is_empty(), "the first agent has nobody before it");
    }
}
