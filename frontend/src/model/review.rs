//! Remarks on lines of a diff: how they are kept until they are sent, and to whom they can be sent.

use super::bodies;
use super::chain::pending;
use super::control::Controls;
use agency_contract::{ApprovalDecision, DiffSide, LineComment, PipelineDetail, PipelineStatus};
use serde_json::Value;

/// As much of a line as is sent with a remark on it.
const EXCERPT_BYTES_MAX: usize = 2_000;

/// Whether two remarks begin on the same line. There is one remark a line.
pub fn is_same_place(one: &LineComment, other: &LineComment) -> bool {
    one.file == other.file && one.line == other.line && one.side == other.side
}

/// The last line of a remark.
pub fn end_of(remark: &LineComment) -> u32 {
    remark.end_line.unwrap_or(remark.line)
}

/// A remark's lines together with those of another place; `None` where the two have no text in common. The excerpt is the caller's to add.
pub fn spanning(one: &LineComment, other: &LineComment) -> Option<LineComment> {
    let (first, last) = (one.line.min(other.line), end_of(one).max(end_of(other)));
    let end_line = (last > first).then_some(last);
    (one.file == other.file && one.side == other.side).then(|| LineComment { line: first, end_line, excerpt: None, ..one.clone() })
}

/// As much of some lines as is sent with a remark on them.
pub fn excerpt(lines: &str) -> String {
    lines[..lines.floor_char_boundary(EXCERPT_BYTES_MAX)].to_owned()
}

/// The lines that a remark was written on, where they say something else now. `now` are those that stand in its place; nothing is known where they are
/// not all shown.
pub fn outdated(remark: &LineComment, now: &LineComment, shown: usize) -> Option<String> {
    let lines = usize::try_from(end_of(remark) - remark.line).unwrap_or_default() + 1;
    let was = remark.excerpt.as_ref()?;
    (shown == lines && now.excerpt.as_ref() != Some(was)).then(|| was.clone())
}

/// The first of the lines that a remark was written on.
pub fn first_line(remark: &LineComment) -> String {
    remark.excerpt.as_deref().and_then(|lines| lines.lines().next()).unwrap_or_default().trim().to_owned()
}

/// A place to write a remark on.
pub fn place(file: &str, line: u32, side: DiffSide) -> LineComment {
    LineComment { file: file.to_owned(), line, side, ..LineComment::default() }
}

/// Puts a remark in its place among the others; one without words is taken away.
pub fn keep(remarks: &mut Vec<LineComment>, remark: LineComment) {
    remarks.retain(|other| !is_same_place(other, &remark));
    if !remark.text.trim().is_empty() {
        let place = remarks.partition_point(|other| (&other.file, other.line) <= (&remark.file, remark.line));
        remarks.insert(place, remark);
    }
}

/// `src/a.rs, line 4`, or `lines 4–9`.
pub fn place_name(remark: &LineComment) -> String {
    let before = if remark.side == DiffSide::Old { " before the change" } else { "" };
    match remark.end_line {
        Some(end) => format!("{}, lines {}–{end}{before}", remark.file, remark.line),
        None => format!("{}, line {}{before}", remark.file, remark.line),
    }
}

/// A side as the wire has it, and the rows of a diff.
pub fn side_word(side: DiffSide) -> &'static str {
    match side {
        DiffSide::Old => "old",
        DiffSide::New => "new",
    }
}

/// Remarks as the wire and the browser's storage have them.
pub fn written(remarks: &[LineComment]) -> Value {
    let one = |remark: &LineComment| {
        bodies::body(vec![
            ("file", remark.file.as_str().into()),
            ("line", remark.line.into()),
            ("end_line", remark.end_line.map_or(Value::Null, Value::from)),
            ("side", side_word(remark.side).into()),
            ("excerpt", remark.excerpt.as_deref().map_or(Value::Null, Value::from)),
            ("text", remark.text.trim().into()),
        ])
    };
    remarks.iter().map(one).collect()
}

/// Where a review can go, by what its button says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub label: String,
    pub to: Receiver,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// A gate that waits: its id, the step that makes the changes, and what is decided on.
    Gate(i64, String, String),
    /// A gate that is passed with this: its id, and what is decided on.
    Approve(i64, String),
    /// The agent at work, or the next one.
    Agent,
    /// A step that begins afresh.
    Step(i64),
}

impl Way {
    /// The ways that there are as the pipeline stands, the likeliest first. `looked_at` is the step whose changes are on screen.
    pub fn all(detail: &PipelineDetail, controls: &Controls, looked_at: Option<i64>) -> Vec<Self> {
        let mut ways = Vec::new();
        for gate in pending(detail) {
            if let Some(name) = gate.back_to_choices.first() {
                let to = Receiver::Gate(gate.id, name.clone(), gate.digest.clone());
                ways.push(Self { label: format!("Request changes from {name}"), to });
            }
        }
        let label = match detail.pipeline.status {
            PipelineStatus::Running => "Send to the agent",
            PipelineStatus::WaitingForApproval => "Tell the next agent, and decide later",
            _ => "",
        };
        ways.extend(pending(detail).map(|gate| {
            let to = Receiver::Approve(gate.id, gate.digest.clone());
            Self { label: "Approve with this".to_owned(), to }
        }));
        if !label.is_empty() {
            ways.push(Self { label: label.to_owned(), to: Receiver::Agent });
        }
        let asked = looked_at.map(|id| id.to_string());
        let chosen = controls.retry.iter().find(|(id, _)| Some(id) == asked.as_ref()).or(controls.retry.first());
        if let Some((id, name)) = chosen.filter(|_| ways.is_empty()) {
            ways.extend(id.parse().ok().map(|id| Self { label: format!("Have {name} begin afresh with this"), to: Receiver::Step(id) }));
        }
        ways
    }

    /// The body of the change, with the remarks and what is said of the whole.
    pub fn body(&self, words: &str, remarks: &[LineComment]) -> Value {
        let mut body = match &self.to {
            Receiver::Gate(_, back_to, digest) => bodies::decision(ApprovalDecision::RequestChanges, words, back_to, digest),
            Receiver::Approve(_, digest) => bodies::decision(ApprovalDecision::Approve, words, "", digest),
            Receiver::Agent => bodies::message(words),
            Receiver::Step(id) => bodies::retry(Some(*id), "", words),
        };
        body["comments"] = written(remarks);
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::json::from_value;
    use agency_contract::{DecideApproval, RetryStep, SendMessage};

    fn remark(file: &str, line: u32, text: &str) -> LineComment {
        LineComment { text: text.to_owned(), excerpt: Some("let a = 1;".to_owned()), ..place(file, line, DiffSide::New) }
    }

    #[test]
    fn remarks_stand_in_the_order_of_the_diff_and_one_a_line() {
        let mut remarks = Vec::new();
        for (file, line, text) in [("b", 1, "x"), ("a", 9, "y"), ("a", 2, "z"), ("a", 9, "again"), ("b", 1, " ")] {
            keep(&mut remarks, remark(file, line, text));
        }
        let kept: Vec<_> = remarks.iter().map(|remark| (remark.file.as_str(), remark.line, remark.text.as_str())).collect();
        assert_eq!(kept, [("a", 2, "z"), ("a", 9, "again")]);
        let before = LineComment { side: DiffSide::Old, ..remark("a", 9, "was") };
        keep(&mut remarks, before.clone());
        assert_eq!(remarks.len(), 3);
        assert_eq!(place_name(&before), "a, line 9 before the change");
    }

    #[test]
    fn what_is_written_is_read_again_and_is_what_the_wire_asks_for() {
        let remarks = vec![remark("a", 2, "z"), LineComment { side: DiffSide::Old, end_line: Some(11), ..remark("a", 9, "y") }];
        assert_eq!(from_value::<Vec<LineComment>>(written(&remarks)).unwrap(), remarks);
        let way = |to| Way { label: String::new(), to };
        let sent: DecideApproval =
            serde_json::from_value(way(Receiver::Gate(1, "developer".to_owned(), "d".to_owned())).body("", &remarks)).unwrap();
        assert_eq!((sent.decision, sent.comment, &sent.comments), (ApprovalDecision::RequestChanges, None, &remarks));
        let sent: DecideApproval = serde_json::from_value(way(Receiver::Approve(1, "d".to_owned())).body("good", &remarks)).unwrap();
        assert_eq!(
            (sent.decision, sent.comment.as_deref(), sent.back_to, &sent.comments),
            (ApprovalDecision::Approve, Some("good"), None, &remarks)
        );
        let sent: SendMessage = serde_json::from_value(way(Receiver::Agent).body(" all ", &remarks)).unwrap();
        assert_eq!((sent.text.as_str(), &sent.comments), ("all", &remarks));
        let sent: RetryStep = serde_json::from_value(way(Receiver::Step(4)).body("", &remarks)).unwrap();
        assert_eq!((sent.step_id, sent.instruction, &sent.comments), (Some(4), None, &remarks));
    }

    #[test]
    fn a_remark_spans_lines_whichever_of_them_was_chosen_first() {
        let (four, nine) = (remark("a", 4, "all of it"), remark("a", 9, ""));
        for spanned in [spanning(&four, &nine), spanning(&LineComment { text: four.text.clone(), ..nine.clone() }, &four)] {
            let spanned = spanned.unwrap();
            assert_eq!(
                (spanned.line, spanned.end_line, spanned.excerpt.as_deref(), spanned.text.as_str()),
                (4, Some(9), None, "all of it")
            );
            assert_eq!(place_name(&spanned), "a, lines 4–9");
            assert_eq!(spanning(&spanned, &remark("a", 12, "")).unwrap().end_line, Some(12));
        }
        assert_eq!(spanning(&four, &four).unwrap().end_line, None);
        assert_eq!(spanning(&four, &remark("b", 9, "")), None);
        assert_eq!(spanning(&four, &LineComment { side: DiffSide::Old, ..nine }), None);
    }

    #[test]
    fn a_remark_is_outdated_where_its_lines_say_something_else() {
        let (was, is) = (remark("a", 4, "Why?"), LineComment { excerpt: Some("let b = 1;".to_owned()), ..remark("a", 4, "") });
        assert_eq!(outdated(&was, &was, 1), None);
        assert_eq!(outdated(&was, &is, 1).as_deref(), Some("let a = 1;"));
        let two = LineComment { end_line: Some(5), ..was };
        assert_eq!(outdated(&two, &is, 1), None, "one of the two is not shown");
        assert_eq!(outdated(&LineComment { excerpt: None, ..is.clone() }, &is, 1), None);
        assert_eq!(first_line(&LineComment { excerpt: Some("  a\n b".to_owned()), ..is }), "a");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let long = "ü".repeat(EXCERPT_BYTES_MAX);
        assert_eq!(excerpt(&long).len(), EXCERPT_BYTES_MAX);
    }
}
