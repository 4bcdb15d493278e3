//! Ids for what an agent left unnumbered: findings and decisions keep theirs for the whole pipeline.

use super::HandoffRecord;

impl HandoffRecord {
    /// Gives each finding and decision without an id the next free one, counting on from the hand-offs before.
    pub fn number<'a>(&mut self, earlier: impl Iterator<Item = &'a HandoffRecord> + Clone) {
        let ids = |record: &HandoffRecord| -> Vec<String> {
            let findings = record.findings.iter().filter_map(|finding| finding.id.clone());
            findings.chain(record.decisions.iter().filter_map(|decision| decision.id.clone())).collect()
        };
        let known: Vec<String> = earlier.flat_map(ids).chain(ids(self)).collect();
        let (mut finding_number, mut decision_number) = (highest(&known, "F-"), highest(&known, "D-"));
        for finding in self.findings.iter_mut().filter(|finding| finding.id.is_none()) {
            finding_number += 1;
            finding.id = Some(format!("F-{finding_number}"));
        }
        for decision in self.decisions.iter_mut().filter(|decision| decision.id.is_none()) {
            decision_number += 1;
            decision.id = Some(format!("D-{decision_number}"));
        }
    }
}

fn highest(ids: &[String], prefix: &str) -> u32 {
    ids.iter().filter_map(|id| id.strip_prefix(prefix)?.parse().ok()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::handoffs::parse_arguments;
    use serde_json::json;

    #[test]
    fn numbering_goes_on_from_the_hand_offs_before_and_keeps_given_ids() {
        let finding = |id: Option<&str>| json!({ "id": id, "severity": "major", "claim": "x" });
        let record = |findings| parse_arguments(&json!({ "summary": "x", "outcome": "done", "findings": findings }), false).unwrap();
        let earlier = record(json!([finding(Some("F-4")), finding(Some("odd"))]));
        let mut now = record(json!([finding(Some("F-4")), finding(None), finding(None)]));
        now.number([&earlier].into_iter());
        let ids: Vec<_> = now.findings.iter().map(|finding| finding.id.clone().unwrap()).collect();
        assert_eq!(ids, ["F-4", "F-5", "F-6"]);
    }
}
