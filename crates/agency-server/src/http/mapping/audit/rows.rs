//! An event of the log for programs: a line of NDJSON, a row of CSV.

use super::actor::actor;
use agency_contract::{AuditEvent, ExportedEvent};
use agency_domain::pipelines::{Fact, LoggedEvent};
use std::borrow::Cow;

/// What a spreadsheet takes for the beginning of a formula, or passes over to find one.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
const NAMES: [&str; 9] = ["id", "created_at", "pipeline_id", "step_id", "event_type", "actor", "summary", "payload_json", "hash"];

/// The event as the API has it, with its hash.
pub(crate) fn ndjson(logged: &LoggedEvent, event: AuditEvent) -> String {
    let mut line = serde_json::to_string(&ExportedEvent { event, hash: logged.hash.to_string() }).expect("an event is plain data");
    line.push('\n');
    line
}

/// The first row.
pub(crate) fn csv_names() -> String {
    row(&NAMES.map(Cow::from))
}

/// A row, in the order of the names.
pub(crate) fn csv(logged: &LoggedEvent, event: &AuditEvent) -> String {
    let actor = match &logged.recorded.fact {
        Fact::Event(event) => actor(event),
        Fact::Part(_) => None,
    };
    row(&[
        event.id.to_string().into(),
        plain(&event.created_at),
        event.pipeline_id.to_string().into(),
        event.step_id.map(|id| id.to_string()).unwrap_or_default().into(),
        plain(&event.event_type),
        plain(actor.unwrap_or_default()),
        plain(&event.summary),
        plain(&logged.payload_json),
        logged.hash.to_string().into(),
    ])
}

/// As RFC 4180 has it.
fn row(cells: &[Cow<'_, str>; NAMES.len()]) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells.iter().map(|cell| cell.as_bytes())).expect("memory takes whatever is written");
    let bytes = writer.into_inner().expect("memory takes whatever is written");
    String::from_utf8(bytes).expect("texts and commas are UTF-8")
}

/// With an apostrophe in front where a spreadsheet would carry it out.
fn plain(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA_STARTS) { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(plain(formula), format!("'{formula}"));
        }
        for text in ["", "a=1", "{\"a\":1}", " =1", "'=1"] {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn a_row_holds_whatever_is_in_its_cells() {
        let cells = ["1", "", "a,b", "say \"hi\"", "two\nlines", "ü", "x", "{}", "0"];
        assert_eq!(row(&cells.map(Cow::from)), "1,,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",ü,x,{},0\r\n");
    }
}
