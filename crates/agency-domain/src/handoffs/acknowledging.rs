//! Which of the ids that an agent was sent its hand-off says nothing of.

use super::HandoffRecord;

impl HandoffRecord {
    /// Those of `wanted` that it neither acknowledges nor speaks of: an answer to a finding is as good as its id in the list.
    pub fn silent_about(&self, wanted: &[String]) -> Vec<String> {
        let speaks = |id: &&String| {
            let listed = self.acknowledged.iter().any(|known| known.trim() == id.as_str());
            listed || self.findings.iter().any(|finding| finding.id.as_ref() == Some(id)) || self.texts().any(|text| names(text, id))
        };
        wanted.iter().filter(|id| !speaks(id)).cloned().collect()
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let decisions = self.decisions.iter().flat_map(|decision| [decision.what.as_str(), decision.why.as_str()]);
        let questions = self.open_questions.iter().map(|question| question.text.as_str());
        let failed = self.failed_approaches.iter().map(String::as_str);
        [self.summary.as_str(), self.next.instructions.as_str()].into_iter().chain(decisions).chain(questions).chain(failed)
    }
}

/// Whether a text has the id, and not merely the beginning of a longer one.
fn names(text: &str, id: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '-';
    text.match_indices(id).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(inside) && !text[at + id.len()..].chars().next().is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::builders::record;
    use serde_json::json;

    #[test]
    fn an_id_is_acknowledged_in_the_list_by_its_finding_or_in_words() {
        let wanted = ["F-1", "F-2", "F-3", "M-9"].map(str::to_owned);
        for (more, silent) in [
            (json!({}), &["F-1", "F-2", "F-3", "M-9"][..]),
            (json!({ "acknowledged": ["F-1", " F-2 ", "F-3", "M-9"] }), &[]),
            (json!({ "findings": [{ "id": "F-2", "severity": "major", "claim": "x", "status": "fixed" }] }), &["F-1", "F-3", "M-9"]),
            (json!({ "summary": "F-1: fixed. F-12 is not known. (M-9) done" }), &["F-2", "F-3"]),
            (
                json!({ "decisions": [{ "what": "Kept the parser", "why": "as M-9 asks" }], "next": { "instructions": "F-3 first" } }),
                &["F-1", "F-2"],
            ),
        ] {
            let mut arguments = json!({ "summary": "Done.", "outcome": "done" });
            arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            assert_eq!(record(&arguments).silent_about(&wanted), silent, "{more}");
        }
    }
}
