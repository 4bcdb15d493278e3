//! Budgets: what a run, or one of its steps, may use. Checked before an attempt, watched during it, settled after it.

use crate::Usage;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Ceilings; what is `None` has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    #[serde(default)]
    pub tokens: Option<u64>,
    /// In the provider's currency (US dollars).
    #[serde(default)]
    pub money: Option<f64>,
    /// Of agents' and checks' time, not of waiting.
    #[serde(default)]
    pub minutes: Option<u64>,
    #[serde(default)]
    pub attempts: Option<u32>,
}

/// One of a budget's ceilings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ceiling {
    Tokens,
    Money,
    Minutes,
    Attempts,
}

/// What has been used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    /// A cost that is unknown counts its tokens, and no money.
    pub usage: Usage,
    pub time: Duration,
    pub attempts: u32,
}

/// Share of a ceiling, in percent, from which a run is warned.
pub const WARNING_PERCENT: u32 = 80;

impl Ceiling {
    /// The word on the wire and in a template.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Money => "money",
            Self::Minutes => "minutes",
            Self::Attempts => "attempts",
        }
    }
}

impl Budget {
    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These ceilings, and those of `other` where they say something.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            tokens: other.tokens.or(self.tokens),
            money: other.money.or(self.money),
            minutes: other.minutes.or(self.minutes),
            attempts: other.attempts.or(self.attempts),
        }
    }

    /// The first ceiling that is reached: nothing more may be begun.
    pub fn reached(&self, spent: &Spent) -> Option<Ceiling> {
        self.shares(spent).into_iter().find(|(_, share)| *share >= 1.0).map(|(ceiling, _)| ceiling)
    }

    /// The first ceiling that an attempt under way has reached. Its own beginning does not count: attempts are checked before they begin.
    pub fn reached_within(&self, spent: &Spent) -> Option<Ceiling> {
        Self { attempts: None, ..*self }.reached(spent)
    }

    /// The ceilings of which [`WARNING_PERCENT`] or more is used, with the share in whole percent.
    pub fn nearly_reached(&self, spent: &Spent) -> Vec<(Ceiling, u32)> {
        let percent = |share: f64| if share.is_finite() { (share * 100.0).clamp(0.0, 1_000_000.0).floor() as u32 } else { 100 };
        self.shares(spent)
            .into_iter()
            .map(|(ceiling, share)| (ceiling, percent(share)))
            .filter(|(_, share)| *share >= WARNING_PERCENT)
            .collect()
    }

    /// What is used of each ceiling that there is; 1.0 is all of it.
    fn shares(&self, spent: &Spent) -> Vec<(Ceiling, f64)> {
        let share = |used: f64, limit: f64| if limit > 0.0 { used / limit } else { f64::INFINITY };
        let tokens = self.tokens.map(|limit| (Ceiling::Tokens, share(approximate(spent.usage.tokens.total()), approximate(limit))));
        let money = self.money.map(|limit| (Ceiling::Money, share(spent.usage.cost.at_least(), limit)));
        let minutes = self.minutes.map(|limit| (Ceiling::Minutes, share(spent.time.as_secs_f64() / 60.0, approximate(limit))));
        let attempts = self.attempts.map(|limit| (Ceiling::Attempts, share(f64::from(spent.attempts), f64::from(limit))));
        [tokens, money, minutes, attempts].into_iter().flatten().collect()
    }
}

/// Budgets are compared as shares, for which 53 bits are plenty.
#[expect(clippy::cast_precision_loss, reason = "a share of a budget needs no more than 53 bits")]
fn approximate(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cost, Tokens};

    fn spent(tokens: u64, dollars: f64, seconds: u64, attempts: u32) -> Spent {
        let usage = Usage { tokens: Tokens { input: tokens, ..Tokens::default() }, cost: Cost::Known(dollars) };
        Spent { usage, time: Duration::from_secs(seconds), attempts }
    }

    #[test]
    fn each_ceiling_is_reached_by_its_own_measure() {
        let budget = Budget { tokens: Some(100), money: Some(2.0), minutes: Some(1), attempts: Some(3) };
        for (spent, expected) in [
            (spent(99, 1.99, 59, 2), None),
            (spent(100, 0.0, 0, 0), Some(Ceiling::Tokens)),
            (spent(0, 2.0, 0, 0), Some(Ceiling::Money)),
            (spent(0, 0.0, 60, 0), Some(Ceiling::Minutes)),
            (spent(0, 0.0, 0, 3), Some(Ceiling::Attempts)),
        ] {
            assert_eq!(budget.reached(&spent), expected);
        }
        assert_eq!(budget.reached_within(&spent(0, 0.0, 0, 3)), None);
        assert_eq!(Budget::default().reached(&spent(1 << 60, 1e9, 1 << 40, 99)), None);
    }

    #[test]
    fn a_warning_comes_at_eighty_percent() {
        let budget = Budget { tokens: Some(1_000), ..Budget::default() };
        assert_eq!(budget.nearly_reached(&spent(799, 0.0, 0, 0)), []);
        assert_eq!(budget.nearly_reached(&spent(800, 0.0, 0, 0)), [(Ceiling::Tokens, 80)]);
    }

    #[test]
    fn a_cost_that_is_unknown_counts_no_money_and_all_tokens() {
        let budget = Budget { tokens: Some(10), money: Some(0.01), ..Budget::default() };
        let spent = Spent { usage: Usage { cost: Cost::Unknown, ..spent(10, 0.0, 0, 0).usage }, ..Spent::default() };
        assert_eq!(budget.reached(&spent), Some(Ceiling::Tokens));
        assert_eq!(Budget { tokens: None, ..budget }.reached(&spent), None);
    }
}
