//! How much of a budget is spent, ceiling by ceiling.

use super::format::{count, money};
use super::status::Tone;
use agency_contract::{Budget, PipelineDetail, Spent};

/// From here on a ceiling counts as near.
const NEAR_PERCENT: u64 = 80;

/// One ceiling of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceiling {
    Tokens,
    Money,
    Minutes,
    Attempts,
}

pub const CEILINGS: [Ceiling; 4] = [Ceiling::Tokens, Ceiling::Money, Ceiling::Minutes, Ceiling::Attempts];

/// How far one ceiling is used up, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    pub ceiling: Ceiling,
    /// `12.3k of 250k`
    pub text: String,
    /// At most 100.
    pub percent: u64,
    pub tone: Tone,
}

impl Ceiling {
    pub fn label(self) -> &'static str {
        match self {
            Self::Tokens => "Tokens",
            Self::Money => "Money",
            Self::Minutes => "Minutes",
            Self::Attempts => "Attempts",
        }
    }

    /// The label of the field that raises it.
    pub fn raise_label(self) -> &'static str {
        match self {
            Self::Tokens => "Raise tokens to",
            Self::Money => "Raise money to, in US dollars",
            Self::Minutes => "Raise minutes to",
            Self::Attempts => "Raise attempts to",
        }
    }

    /// Both in the ceiling's own units; what is spent is `None` where it is unknown.
    fn amounts(self, budget: &Budget, spent: &Spent) -> (Option<f64>, Option<f64>) {
        match self {
            Self::Tokens => (budget.tokens.map(|tokens| tokens as f64), Some(spent.tokens as f64)),
            Self::Money => (budget.money, spent.money),
            Self::Minutes => (budget.minutes.map(|minutes| minutes as f64), Some(spent.minutes)),
            Self::Attempts => (budget.attempts.map(f64::from), Some(f64::from(spent.attempts))),
        }
    }

    fn amount(self, amount: f64) -> String {
        match self {
            Self::Money => money(amount),
            Self::Tokens | Self::Minutes | Self::Attempts => count(amount as u64),
        }
    }
}

/// The ceilings that a budget has.
pub fn meters(budget: &Budget, spent: &Spent) -> Vec<Meter> {
    CEILINGS.into_iter().filter_map(|ceiling| meter(ceiling, budget, spent)).collect()
}

fn meter(ceiling: Ceiling, budget: &Budget, spent: &Spent) -> Option<Meter> {
    let (limit, used) = ceiling.amounts(budget, spent);
    let limit = limit?;
    let percent = used.filter(|_| limit > 0.0).map_or(0, |used| (used * 100.0 / limit) as u64);
    let tone = match percent {
        0..NEAR_PERCENT => Tone::Active,
        NEAR_PERCENT..100 => Tone::Waiting,
        _ => Tone::Bad,
    };
    let used = used.map_or_else(|| "unknown".to_owned(), |used| ceiling.amount(used));
    Some(Meter { ceiling, text: format!("{used} of {}", ceiling.amount(limit)), percent: percent.min(100), tone })
}

/// `2M tokens, $5.00`: the ceilings of a template in a line.
pub fn budget_line(budget: &Budget) -> Option<String> {
    let part = |ceiling: Ceiling| {
        let amount = ceiling.amount(ceiling.amounts(budget, &Spent::default()).0?);
        Some(if ceiling == Ceiling::Money { amount } else { format!("{amount} {}", ceiling.label().to_ascii_lowercase()) })
    };
    let parts: Vec<String> = CEILINGS.into_iter().filter_map(part).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The ceilings to raise before a pipeline that is paused for its budget can go on: those that are reached, or where none is (the next attempt would
/// not fit) all that there are.
pub fn to_raise(detail: &PipelineDetail) -> Vec<Meter> {
    let all = meters(&detail.pipeline.budget, &detail.spent);
    let reached: Vec<Meter> = all.iter().filter(|meter| meter.percent >= 100).cloned().collect();
    if reached.is_empty() { all } else { reached }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPENT: Spent = Spent { tokens: 210_000, money: None, minutes: 12.5, attempts: 3 };

    #[test]
    fn each_ceiling_has_a_meter_that_warns_before_it_is_reached() {
        let budget = Budget { tokens: Some(250_000), money: Some(5.0), minutes: Some(60), attempts: Some(3) };
        let shown: Vec<_> = meters(&budget, &SPENT).into_iter().map(|meter| (meter.text, meter.percent, meter.tone)).collect();
        assert_eq!(
            shown,
            [
                ("210k of 250k".to_owned(), 84, Tone::Waiting),
                ("unknown of $5.00".to_owned(), 0, Tone::Active),
                ("12 of 60".to_owned(), 20, Tone::Active),
                ("3 of 3".to_owned(), 100, Tone::Bad),
            ]
        );
        assert_eq!(meters(&Budget::default(), &SPENT), []);
    }

    #[test]
    fn a_budget_reads_as_a_line() {
        let budget = Budget { tokens: Some(2_000_000), money: Some(5.0), ..Budget::default() };
        assert_eq!(budget_line(&budget).as_deref(), Some("2.0M tokens, $5.00"));
        assert_eq!(budget_line(&Budget::default()), None);
    }
}
