//! The record as Markdown, for people and for the next agent.

use super::{HandoffRecord, Outcome};
use crate::reviews::{Finding, Verdict};
use std::fmt::Write;

/// Renders a record under the headings that every hand-off has.
pub fn render(agent: &str, record: &HandoffRecord) -> String {
    let mut out = format!("# Hand-off from {agent}\n\n");
    let _ = writeln!(out, "**Outcome:** {}", outcome(record.outcome));
    if let Some(verdict) = record.verdict {
        let _ = writeln!(out, "**Verdict:** {}", verdict_words(verdict));
    }
    section(&mut out, "What was done", std::slice::from_ref(&record.summary), Clone::clone, false);
    section(
        &mut out,
        "Acceptance criteria",
        &record.criteria,
        |criterion| {
            let status = criterion.status.as_deref().map(|status| format!(" ({status})")).unwrap_or_default();
            let text = criterion.text.as_deref().map(|text| format!(" {text}")).unwrap_or_default();
            let evidence = if criterion.evidence.is_empty() {
                String::new()
            } else {
                format!(" — evidence: {}", criterion.evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            };
            format!("**{}**{status}{text}{evidence}", criterion.id)
        },
        true,
    );
    section(
        &mut out,
        "Decisions made",
        &record.decisions,
        |decision| {
            let id = decision.id.as_deref().map(|id| format!("**{id}** ")).unwrap_or_default();
            let why = if decision.why.is_empty() { String::new() } else { format!(" — {}", decision.why) };
            format!("{id}{}{why}", decision.what)
        },
        true,
    );
    section(&mut out, "Findings", &record.findings, finding_line, true);
    section(&mut out, "Failed approaches", &record.failed_approaches, Clone::clone, true);
    section(
        &mut out,
        "Open questions",
        &record.open_questions,
        |question| {
            let id = question.id.as_deref().map(|id| format!("**{id}** ")).unwrap_or_default();
            format!("{id}{}{}", question.text, if question.blocking { " (blocking)" } else { "" })
        },
        true,
    );
    let mut next = Vec::new();
    if !record.next.instructions.is_empty() {
        next.push(record.next.instructions.clone());
    }
    if !record.next.do_not.is_empty() {
        next.push(format!("Do not: {}", record.next.do_not));
    }
    section(&mut out, "Next agent context", &next, Clone::clone, false);
    section(&mut out, "Files changed", &record.engine.files_changed, |file| format!("`{file}`"), true);
    out
}

/// One finding as a line: id, severity, place, claim.
pub(crate) fn finding_line(finding: &Finding) -> String {
    let id = finding.id.as_deref().unwrap_or("F-?");
    let place = match (&finding.file, finding.line) {
        (Some(file), Some(line)) => format!(" `{file}:{line}`"),
        (Some(file), None) => format!(" `{file}`"),
        (None, _) => String::new(),
    };
    format!("**{id}** ({}, {}){place} {}", finding.severity.as_str(), finding.status, finding.claim)
}

fn section<T>(out: &mut String, title: &str, items: &[T], line: impl Fn(&T) -> String, bulleted: bool) {
    if items.is_empty() {
        return;
    }
    let _ = write!(out, "\n## {title}\n\n");
    for item in items {
        let text = line(item);
        let _ = if bulleted { writeln!(out, "- {}", text.replace('\n', "\n  ")) } else { writeln!(out, "{text}") };
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::NoChangeNeeded => "no change needed",
        Outcome::Blocked => "blocked",
        Outcome::Failed => "failed",
    }
}

fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approved => "approved",
        Verdict::ChangesRequested => "changes requested",
        Verdict::Blocked => "blocked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoffs::parse_arguments;
    use serde_json::json;

    #[test]
    fn every_part_of_the_record_is_in_the_text() {
        let record = parse_arguments(
            &json!({ "summary": "Added it.", "outcome": "done", "verdict": "changes_requested",
                "criteria": [{ "id": "AC-1", "text": "It shouts.", "evidence": ["test.sh:3"] }], "decisions": [{ "id": "D-1", "what": "Use tr", "why": "it is everywhere" }],
                "findings": [{ "id": "F-1", "severity": "major", "file": "a.sh", "line": 3, "claim": "No test." }], "failed_approaches": ["awk"],
                "open_questions": [{ "text": "Locale?", "blocking": true }], "next": { "instructions": "Test it.", "do_not": "Rename." } }),
            true,
        )
        .unwrap();
        let text = render("developer", &record);
        for piece in [
            "changes requested",
            "Added it.",
            "AC-1",
            "It shouts.",
            "test.sh:3",
            "D-1",
            "Use tr",
            "everywhere",
            "F-1",
            "a.sh:3",
            "No test.",
            "awk",
            "Locale? (blocking)",
            "Test it.",
            "Do not: Rename.",
        ] {
            assert!(text.contains(piece), "{piece} is missing in\n{text}");
        }
    }
}
