//! The lines of a diff as its table has them: which one was pressed, which are chosen, and what they say.

use crate::model::review::{end_of, excerpt, place, side_word};
use crate::ui::listed;
use agency_contract::{DiffSide, LineComment};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// A line of a diff, and not the head of a hunk.
const ROW: &str = "tr[data-row]";
/// On the lines that a remark is about to be on.
const CHOSEN: &str = "data-chosen";

/// The line that was pressed, if a line was, and the table that it is in.
pub(super) fn line_of(file: &str, pressed: &Element) -> Option<(Element, LineComment)> {
    let row = pressed.closest(ROW).ok()??;
    let cell = pressed.closest(".line-number").ok()?;
    if cell.is_none() && *pressed != row {
        return None;
    }
    let side =
        if cell.is_some_and(|cell| cell.matches(".split td:first-child").unwrap_or_default()) { DiffSide::Old } else { DiffSide::New };
    let other = if side == DiffSide::Old { DiffSide::New } else { DiffSide::Old };
    let (line, side) = number(&row, side).map(|line| (line, side)).or_else(|| Some((number(&row, other)?, other)))?;
    let table = row.closest("table").ok()??;
    let remark = with_excerpt(&table, place(file, line, side));
    Some((table, remark))
}

fn number(row: &Element, side: DiffSide) -> Option<u32> {
    row.get_attribute(&format!("data-{}", side_word(side)))?.parse().ok()
}

pub(super) fn row_of(table: &Element, side: DiffSide, line: u32) -> Option<Element> {
    table.query_selector(&format!("tr[data-{}=\"{line}\"]", side_word(side))).ok()?
}

/// The last row up to a line of the file as it is after the change.
pub(super) fn line_before(table: &Element, line: u32) -> Option<Element> {
    let rows = listed(table.query_selector_all(ROW));
    rows.into_iter().rfind(|row| number(row, DiffSide::New).is_some_and(|number| number <= line)).map(Into::into)
}

/// With the lines as they stand in the table.
pub(super) fn with_excerpt(table: &Element, remark: LineComment) -> LineComment {
    let cell = if remark.side == DiffSide::Old { ".line-text" } else { ".line-text:last-child" };
    let text = |line| row_of(table, remark.side, line)?.query_selector(cell).ok()??.text_content();
    let lines: Vec<String> = (remark.line..=end_of(&remark)).filter_map(text).collect();
    LineComment { excerpt: Some(excerpt(&lines.join("\n"))), ..remark }
}

/// A remark on the rows that the keyboard has chosen, where the pressed row is among them: on those that are there after the change, if any is.
pub(super) fn of_chosen(file: &str, table: &Element, pressed: &Element) -> Option<LineComment> {
    pressed.has_attribute(CHOSEN).then_some(())?;
    let rows = chosen(table);
    let lines = |side| rows.iter().filter_map(|row| number(row, side)).collect::<Vec<_>>();
    let (side, lines) = [DiffSide::New, DiffSide::Old].map(|side| (side, lines(side))).into_iter().find(|(_, lines)| !lines.is_empty())?;
    let (first, last) = (*lines.iter().min()?, *lines.iter().max()?);
    Some(with_excerpt(table, LineComment { end_line: (last > first).then_some(last), ..place(file, first, side) }))
}

fn chosen(table: &Element) -> Vec<HtmlElement> {
    listed(table.query_selector_all("[data-chosen]"))
}

/// The first changed line of the hunk whose question was pressed.
pub(super) fn asked_why(pressed: &Element) -> Option<(u32, DiffSide)> {
    let is = |row: &Element, kind: &str| row.matches(kind) == Ok(true) || matches!(row.query_selector(kind), Ok(Some(_)));
    let mut row = pressed.closest(".blame").ok()??.closest("tr").ok()??.next_element_sibling();
    while let Some(line) = row.filter(|row| !is(row, ".hunk")) {
        for (kind, side) in [(".added", DiffSide::New), (".removed", DiffSide::Old)] {
            if let Some(number) = number(&line, side).filter(|_| is(&line, kind)) {
                return Some((number, side));
            }
        }
        row = line.next_element_sibling();
    }
    None
}

/// Shift and an arrow choose more rows, or fewer; any other key but the one that remarks lets go of them.
pub(super) fn choose(event: &KeyboardEvent) {
    let Some(row) = event.target().and_then(|target| target.unchecked_ref::<Element>().closest(ROW).ok()?) else { return };
    let (key, is_down) = (event.key(), event.key() == "ArrowDown");
    if !event.shift_key() || !(is_down || key == "ArrowUp") {
        if let Ok(Some(table)) = row.closest("table")
            && key != "c"
            && key != "Shift"
        {
            chosen(&table).iter().for_each(|row| let_go(row));
        }
        return;
    }
    event.prevent_default();
    let mut next = if is_down { row.next_element_sibling() } else { row.previous_element_sibling() };
    while let Some(beside) = next.take_if(|beside| number(beside, DiffSide::New).or(number(beside, DiffSide::Old)).is_none()) {
        next = if is_down { beside.next_element_sibling() } else { beside.previous_element_sibling() };
    }
    let Some(next) = next else { return };
    if next.has_attribute(CHOSEN) {
        let_go(&row);
    } else {
        choose_row(&row);
    }
    choose_row(&next);
    let _ = next.unchecked_ref::<HtmlElement>().focus();
}

pub(super) fn choose_row(row: &Element) {
    let _ = row.set_attribute(CHOSEN, "");
}

pub(super) fn let_go(row: &Element) {
    let _ = row.remove_attribute(CHOSEN);
}
