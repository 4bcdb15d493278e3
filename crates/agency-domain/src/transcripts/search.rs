//! Finding parts of a transcript by words in them and by what they are.

use super::{EDITORS, PartKind, PartState, TranscriptPart};
use crate::{AttemptId, PipelineId, StepId};

/// Letters of an excerpt before what was found, and in all.
const LEAD_CHARS: usize = 40;
const EXCERPT_CHARS_MAX: usize = 200;

/// What parts can be sorted out by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartSort {
    /// Whatever failed.
    Errors,
    /// Tool calls of any kind.
    Tools,
    /// Tool calls that change a file.
    Edits,
    /// What the agent said.
    Texts,
    /// What the run did by itself, and what people did meanwhile.
    Notices,
}

impl PartSort {
    pub fn has(self, part: &TranscriptPart) -> bool {
        match self {
            Self::Errors => part.state == PartState::Error,
            Self::Tools => part.kind == PartKind::Tool,
            Self::Edits => part.diff.is_some() || part.tool.as_deref().is_some_and(|tool| EDITORS.contains(&tool)),
            Self::Texts => part.kind == PartKind::Text,
            Self::Notices => part.kind == PartKind::Notice,
        }
    }
}

/// Which parts to find. Whatever is left out holds for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSearch {
    pub pipeline: PipelineId,
    pub step: Option<StepId>,
    pub attempt: Option<AttemptId>,
    /// Contained in the text, the tool's name, its input, its output or its diff; case does not matter within ASCII.
    pub words: Option<String>,
    pub sort: Option<PartSort>,
    /// Only what lies behind this place, `(attempt, ordinal)`. The total does not depend on it.
    pub after: Option<(AttemptId, u32)>,
    pub limit: u32,
}

/// What was found of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundParts {
    /// How many there are in all.
    pub total: u64,
    /// Those of one page.
    pub parts: Vec<TranscriptPart>,
}

impl PartSearch {
    /// Whether a part is one of those that are looked for, wherever the page begins.
    pub fn finds(&self, part: &TranscriptPart) -> bool {
        part.pipeline_id == self.pipeline
            && self.step.is_none_or(|id| id == part.step_id)
            && self.attempt.is_none_or(|id| id == part.attempt_id)
            && self.sort.is_none_or(|sort| sort.has(part))
            && self.words.as_deref().is_none_or(|words| holds(part, words))
    }
}

fn holds(part: &TranscriptPart, words: &str) -> bool {
    let sought = words.to_ascii_lowercase();
    // An input is looked through as the JSON that it is kept as, in which a quotation mark has a stroke before it.
    let quoted = serde_json::Value::from(sought.as_str()).to_string();
    let input = part.input.as_ref().map(ToString::to_string);
    let is_in_input = input.is_some_and(|input| input.to_ascii_lowercase().contains(&quoted[1..quoted.len() - 1]));
    is_in_input || fields_of(part).any(|text| text.to_ascii_lowercase().contains(&sought))
}

/// The texts of a part, the most telling first.
fn fields_of(part: &TranscriptPart) -> impl Iterator<Item = &str> {
    [Some(part.text.as_str()), part.output.as_deref(), part.diff.as_deref(), part.tool.as_deref()].into_iter().flatten()
}

/// A line of a part, cut before, within and behind what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub before: String,
    /// As it stands in the part; empty where the part was not found by words.
    pub found: String,
    pub behind: String,
}

/// Where in a part the words are first, with something of the line around them; the beginning of the part where nothing was looked for or where
/// the words are not in a text of it.
pub fn excerpt(part: &TranscriptPart, words: Option<&str>) -> Excerpt {
    let input = part.input.as_ref().map(input_line);
    let texts = || fields_of(part).chain(input.as_deref());
    let sought = words.unwrap_or_default().to_ascii_lowercase();
    let place = |text: &str| text.to_ascii_lowercase().find(&sought);
    let found = texts().find_map(|text| Some((text, place(text)?))).filter(|_| !sought.is_empty());
    let (text, at) = found.unwrap_or_else(|| (texts().find(|text| !text.trim().is_empty()).unwrap_or_default(), 0));
    let length = if found.is_some() { sought.len() } else { 0 };
    // ASCII's lower case is as long as the upper, byte for byte: a place in the one is a place in the other.
    let (before, rest) = text.split_at(at);
    let (found, behind) = rest.split_at(length);
    let before = before.lines().next_back().filter(|_| !before.ends_with('\n')).unwrap_or_default().trim_start();
    let before = last_chars(before, LEAD_CHARS);
    let left = EXCERPT_CHARS_MAX.saturating_sub(before.chars().count() + found.chars().count());
    let behind = if found.is_empty() { behind.trim_start() } else { behind };
    Excerpt { before, found: found.to_owned(), behind: first_chars(behind.lines().next().unwrap_or_default().trim_end(), left) }
}

/// A command alone says more than the JSON around it.
fn input_line(input: &serde_json::Value) -> String {
    input.get("command").and_then(serde_json::Value::as_str).map_or_else(|| input.to_string(), ToOwned::to_owned)
}

fn first_chars(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn last_chars(text: &str, most: usize) -> String {
    match text.char_indices().nth_back(most) {
        Some((end, cut)) => format!("…{}", &text[end + cut.len_utf8()..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use serde_json::json;

    fn part(text: &str, output: Option<&str>) -> TranscriptPart {
        TranscriptPart {
            pipeline_id: PipelineId(1),
            step_id: StepId(1),
            attempt_id: AttemptId(1),
            part_id: "p".to_owned(),
            ordinal: 0,
            kind: PartKind::Tool,
            state: PartState::Done,
            text: text.to_owned(),
            tool: Some("bash".to_owned()),
            input: Some(json!({ "command": "say \"Hi\"" })),
            output: output.map(ToOwned::to_owned),
            diff: None,
            took_ms: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn cut(part: &TranscriptPart, words: Option<&str>) -> [String; 3] {
        let Excerpt { before, found, behind } = excerpt(part, words);
        [before, found, behind]
    }

    #[test]
    fn the_line_around_the_words_is_cut_where_they_are() {
        let part = part("Run the tests", Some("first line\n  and the Ünit TESTS fail here  \nthird"));
        assert_eq!(cut(&part, Some("ünit tests")), ["", "", "Run the tests"], "case is folded within ASCII alone");
        assert_eq!(cut(&part, Some("Ünit tests")), ["and the ", "Ünit TESTS", " fail here"]);
        assert_eq!(cut(&part, Some("third")), ["", "third", ""]);
        assert_eq!(cut(&part, None), ["", "", "Run the tests"]);
    }

    #[test]
    fn what_is_long_is_cut_between_letters() {
        let long = part(&format!("{}needle{}", "ä".repeat(300), "ö".repeat(300)), None);
        let [before, found, behind] = cut(&long, Some("NEEDLE"));
        assert_eq!((before.chars().count(), found.as_str(), behind.chars().count()), (41, "needle", 154));
        assert!(before.starts_with('…') && behind.ends_with('…'));
    }

    #[test]
    fn an_input_is_found_by_what_was_typed_and_not_by_its_json() {
        let part = part("", None);
        let search = |words: &str| PartSearch {
            pipeline: PipelineId(1),
            step: None,
            attempt: None,
            words: Some(words.to_owned()),
            sort: None,
            after: None,
            limit: 1,
        };
        assert!(search("say \"hi\"").finds(&part));
        assert!(!search("say hi").finds(&part));
        assert_eq!(cut(&part, Some("\"hi\"")), ["say ", "\"Hi\"", ""]);
    }
}
