//! A step that runs commands.

use super::way_back;
use crate::duration;
use crate::fields::{Faults, Fields, text_of};
use crate::node::Data;
use agency_domain::checks::TIMEOUT_DEFAULT;
use agency_domain::templates::{CheckPlan, StepKind, StepPlan};
use std::time::Duration;

/// Instead of a command: the one that the repository's own files suggest.
pub(crate) const AUTO: &str = "auto";
/// Most commands of one check. Whoever has more has a script, or should.
pub(crate) const COMMANDS_MAX: usize = 20;
/// Longest that a command may be given: beyond it a run looks as if it were stuck.
pub(crate) const TIMEOUT_HOURS_MAX: u64 = 2;
const WHAT_TO_WRITE: &str = "write a command, for example cargo test, a list of commands, or auto for what the repository suggests";

pub(super) fn read(fields: Fields<'_>, faults: &mut Faults) -> Option<StepPlan> {
    let timeout = fields.parsed("timeout", faults, |raw| duration::parse_up_to(raw, Duration::from_hours(TIMEOUT_HOURS_MAX)));
    let on_failure = way_back(fields, "on_failure", faults);
    let commands = commands(fields, faults)?;
    Some(StepPlan::of(StepKind::Check(CheckPlan { commands, timeout: timeout.unwrap_or(TIMEOUT_DEFAULT), on_failure })))
}

/// In the order in which they run; none for what the repository suggests.
fn commands(fields: Fields<'_>, faults: &mut Faults) -> Option<Vec<String>> {
    let at = fields.at("check");
    let Some(node) = fields.get("check") else {
        faults.add(at, WHAT_TO_WRITE);
        return None;
    };
    let Data::List(items) = &node.data else {
        if !matches!(node.data, Data::Text(_)) {
            let quotes = match node.data {
                Data::Number(_) | Data::Bool(_) => format!("; where it is the command, put it in quotes: \"{}\"", node.to_json()),
                Data::Null | Data::Text(_) | Data::List(_) | Data::Map(_) => String::new(),
            };
            faults.add(at, format!("{WHAT_TO_WRITE}, not {}{quotes}", node.what()));
            return None;
        }
        let command = text_of(node, &at, faults)?;
        return Some(if command == AUTO { Vec::new() } else { vec![command] });
    };
    if items.is_empty() {
        faults.add(&at, WHAT_TO_WRITE);
    }
    if items.len() > COMMANDS_MAX {
        faults.add(&at, format!("write at most {COMMANDS_MAX} commands: put them into a script of the repository"));
    }
    let commands = items.iter().enumerate().map(|(index, item)| {
        let at = format!("{at}[{index}]");
        let command = text_of(item, &at, faults)?;
        if command == AUTO {
            faults.add(at, "auto stands alone: write `check: auto`, or name every command");
        }
        Some(command)
    });
    // A list of none is a fault already, and must not come out as auto.
    commands.collect::<Option<Vec<_>>>().filter(|commands| !commands.is_empty())
}
