//! Budgets as a template writes them, of a whole run or of one step.

use crate::fields::{Faults, Fields};
use agency_domain::budgets::Budget;

pub(crate) const KEYS: [&str; 4] = ["tokens", "money", "minutes", "attempts"];
/// More than any budget that is meant; beyond these a number is a slip of the pen.
pub(crate) const TOKENS_MAX: u64 = 1_000_000_000_000;
pub(crate) const MONEY_MAX: f64 = 1_000_000.0;
/// A cent: less than that stops every run at its first word.
pub(crate) const MONEY_MIN: f64 = 0.01;
/// A year.
pub(crate) const MINUTES_MAX: u64 = 525_600;
pub(crate) const ATTEMPTS_MAX: u32 = 10_000;

/// The budget of a map; without one, nothing is limited.
pub(crate) fn read(fields: Fields<'_>, faults: &mut Faults) -> Budget {
    let at = fields.at("budget");
    let Some(fields) = fields.get("budget").and_then(|node| Fields::of(node, &at, &KEYS, faults)) else {
        return Budget::default();
    };
    Budget {
        tokens: fields.whole_wide("tokens", faults, 1..=TOKENS_MAX),
        money: fields.number("money", faults, MONEY_MIN..=MONEY_MAX),
        minutes: fields.whole_wide("minutes", faults, 1..=MINUTES_MAX),
        attempts: fields.whole("attempts", faults, 1..=ATTEMPTS_MAX),
    }
}
