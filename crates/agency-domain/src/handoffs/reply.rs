//! Reading a hand-off from an agent's reply, where it did not use the tool.

use super::{Channel, HandoffFault, HandoffRecord, parse_arguments};
use serde_json::{Value, json};

/// Reads the last fenced JSON object that fits; else, where no verdict is needed, Markdown under the four headings.
///
/// # Errors
/// Names the exact fault of the last candidate: syntax with line and column, or the field.
pub fn parse_reply(reply: &str, verdict_required: bool) -> Result<(HandoffRecord, Channel), HandoffFault> {
    let mut last_fault = None;
    for block in fenced_blocks(reply).into_iter().rev() {
        let parsed = serde_json::from_str::<Value>(block)
            .map_err(|error| HandoffFault(format!("the fenced JSON does not parse: {error}")))
            .and_then(|value| parse_arguments(&value, verdict_required));
        match parsed {
            Ok(record) => return Ok((record, Channel::FencedJson)),
            Err(fault) => last_fault = last_fault.or(Some(fault)),
        }
    }
    if let Some(fault) = last_fault {
        return Err(fault);
    }
    if verdict_required {
        return Err(HandoffFault(
            "no hand-off was submitted: call the tool agency_submit_handoff with summary, outcome and verdict".into(),
        ));
    }
    from_headings(reply)
        .ok_or_else(|| HandoffFault("no hand-off was submitted: call the tool agency_submit_handoff with summary and outcome".into()))
}

/// Bodies of the fenced blocks that look like JSON objects, in order.
fn fenced_blocks(reply: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut rest = reply;
    while let Some(open) = rest.find("```") {
        let after = &rest[open + 3..];
        let Some(line_end) = after.find('\n') else { break };
        let body = &after[line_end + 1..];
        let Some(close) = body.find("```") else { break };
        if body[..close].trim_start().starts_with('{') {
            blocks.push(&body[..close]);
        }
        rest = &body[close + 3..];
    }
    blocks
}

const HEADINGS: [&str; 4] = ["what was done", "decisions made", "open questions", "next agent context"];

fn from_headings(reply: &str) -> Option<(HandoffRecord, Channel)> {
    let mut sections: [Option<String>; 4] = Default::default();
    let mut current = None;
    for line in reply.lines() {
        if let Some(title) = line.trim_start().strip_prefix('#') {
            let title = title.trim_matches(|c: char| c == '#' || c == '*' || c == ':' || c.is_whitespace()).to_lowercase();
            current = HEADINGS.iter().position(|heading| *heading == title);
            if let Some(index) = current {
                sections[index] = Some(String::new());
            }
        } else if let Some(index) = current {
            let section = sections[index].get_or_insert_default();
            section.push_str(line);
            section.push('\n');
        }
    }
    let [done, decisions, questions, next] = sections.map(|section| section.map(|text| text.trim().to_owned()));
    let arguments = json!({
        "summary": done?,
        "outcome": "done",
        "decisions": bullets(&decisions?).into_iter().map(|what| json!({ "what": what })).collect::<Vec<_>>(),
        "open_questions": bullets(&questions?).into_iter().map(|text| json!({ "text": text })).collect::<Vec<_>>(),
        "next": { "instructions": next? },
    });
    parse_arguments(&arguments, false).ok().map(|record| (record, Channel::Markdown))
}

/// The entries of a bullet list; a paragraph is one entry, `None.` is none.
fn bullets(text: &str) -> Vec<String> {
    let is_bullet = |line: &&str| line.trim_start().starts_with(['-', '*']);
    let entries: Vec<String> =
        text.lines().filter(is_bullet).map(|line| line.trim_start().trim_start_matches(['-', '*']).trim().to_owned()).collect();
    let nothing = text.is_empty() || text.to_lowercase().trim_end_matches('.') == "none";
    match (entries.is_empty(), nothing) {
        (true, true) => Vec::new(),
        (true, false) => vec![text.to_owned()],
        (false, _) => entries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reviews::Verdict;

    #[test]
    fn the_last_fenced_object_that_fits_wins() {
        let reply = "First:\n```json\n{\"summary\":\"old\",\"outcome\":\"done\"}\n```\nthen\n```json\n{\"summary\":\"new\",\"outcome\":\"done\"}\n```\nbye ```sh\nls\n```";
        let (record, channel) = parse_reply(reply, false).unwrap();
        assert_eq!((record.summary.as_str(), channel), ("new", Channel::FencedJson));
    }

    #[test]
    fn broken_json_is_named_with_line_and_column() {
        let fault = parse_reply("```json\n{\"summary\": \"x\",\n \"outcome\" \"done\"}\n```", false).unwrap_err().to_string();
        assert!(fault.contains("line 2 column"), "{fault}");
    }

    #[test]
    fn four_headings_are_a_hand_off_but_never_a_verdict() {
        let reply =
            "## What was done\nAdded it.\n## Decisions made\n- Use X\n- Use Y\n## Open questions\nNone.\n## Next agent context\nTest it.";
        let (record, channel) = parse_reply(reply, false).unwrap();
        assert_eq!((record.decisions.len(), record.open_questions.len(), channel), (2, 0, Channel::Markdown));
        assert!(parse_reply(reply, true).is_err());
    }

    #[test]
    fn praise_in_prose_is_not_an_approval() {
        assert!(parse_reply("LGTM, approved! verdict: approved", true).is_err());
        let (record, _) = parse_reply("```\n{\"summary\":\"x\",\"outcome\":\"done\",\"verdict\":\"approved\"}\n```", true).unwrap();
        assert_eq!(record.verdict, Some(Verdict::Approved));
    }
}
