//! Tokens and money.

use serde::{Deserialize, Serialize};

/// Tokens as the provider counted them; the five kinds do not overlap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
    pub reasoning: u64,
    pub cache_read: u64,
    pub cache_write: u64,
}

impl Tokens {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.input + self.output + self.reasoning + self.cache_read + self.cache_write
    }
}

/// What was paid. Unknown is not 0: the price of a model may not be configured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "dollars")]
pub enum Cost {
    /// Nothing was used yet.
    #[default]
    Nothing,
    /// In the provider's currency (US dollars).
    Known(f64),
    /// Something was used whose price nobody told us.
    Unknown,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Nothing, cost) | (cost, Self::Nothing) => cost,
            (Self::Known(a), Self::Known(b)) => Self::Known(a + b),
        }
    }

    /// The larger; one that is unknown stays so.
    fn or_more(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(a), Self::Known(b)) => Self::Known(a.max(b)),
            (Self::Nothing, other) => other,
            (own, Self::Nothing | Self::Known(_) | Self::Unknown) => own,
        }
    }

    /// The amount, 0 where it is unknown: a lower bound.
    pub fn at_least(self) -> f64 {
        self.amount().unwrap_or_default()
    }

    /// The amount, `None` where it is unknown.
    pub fn amount(self) -> Option<f64> {
        match self {
            Self::Nothing => Some(0.0),
            Self::Known(amount) => Some(amount),
            Self::Unknown => None,
        }
    }
}

/// Tokens and cost of an attempt or a pipeline, child sessions included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    pub tokens: Tokens,
    pub cost: Cost,
}

impl Usage {
    /// This, and of each number no less than what was known before: whatever was counted once stays counted.
    #[must_use]
    pub fn or_more(self, known: Self) -> Self {
        let (a, b) = (self.tokens, known.tokens);
        let tokens = Tokens {
            input: a.input.max(b.input),
            output: a.output.max(b.output),
            reasoning: a.reasoning.max(b.reasoning),
            cache_read: a.cache_read.max(b.cache_read),
            cache_write: a.cache_write.max(b.cache_write),
        };
        Self { tokens, cost: self.cost.or_more(known.cost) }
    }

    /// The sum; an unknown cost makes the sum's cost unknown.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let (a, b) = (self.tokens, other.tokens);
        Self {
            tokens: Tokens {
                input: a.input + b.input,
                output: a.output + b.output,
                reasoning: a.reasoning + b.reasoning,
                cache_read: a.cache_read + b.cache_read,
                cache_write: a.cache_write + b.cache_write,
            },
            cost: self.cost.plus(other.cost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_once_stays_counted() {
        let used = |input, output, cost| Usage { tokens: Tokens { input, output, ..Tokens::default() }, cost };
        let (before, now) = (used(10, 5, Cost::Known(0.5)), used(12, 3, Cost::Known(0.25)));
        assert_eq!(now.or_more(before), used(12, 5, Cost::Known(0.5)));
        assert_eq!(used(1, 1, Cost::Unknown).or_more(before).cost, Cost::Unknown);
        assert_eq!(Usage::default().or_more(before), before);
    }

    #[test]
    fn an_unknown_cost_makes_the_sum_unknown_and_nothing_does_not() {
        let known = Usage { cost: Cost::Known(0.5), ..Usage::default() };
        let unknown = Usage { cost: Cost::Unknown, ..Usage::default() };
        assert_eq!(known.plus(Usage::default()).cost.amount(), Some(0.5));
        assert_eq!(known.plus(unknown).cost.amount(), None);
        assert_eq!(Usage::default().cost.amount(), Some(0.0));
    }
}
