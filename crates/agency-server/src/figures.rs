//! Figures as people read them: how many, how much.

use agency_domain::{Cost, Usage};

/// `8,210`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 call`, `214 calls`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `$0.03`; what is unknown says so.
pub(crate) fn money(cost: Cost) -> String {
    match cost.amount() {
        None => "unknown".to_owned(),
        Some(amount) if amount > 0.0 && amount < 0.01 => "under $0.01".to_owned(),
        Some(amount) => format!("${amount:.2}"),
    }
}

/// `8,210 tokens · $0.03`.
pub(crate) fn usage(usage: Usage) -> String {
    let cost = if usage.cost.amount().is_some() { money(usage.cost) } else { "cost unknown".to_owned() };
    format!("{} · {cost}", counted(usage.tokens.total(), "token", "tokens"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_as_people_read_them() {
        for (number, text) in [(0, "0"), (999, "999"), (8_210, "8,210"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        for (cost, text) in
            [(Cost::Nothing, "$0.00"), (Cost::Known(0.03), "$0.03"), (Cost::Known(0.004), "under $0.01"), (Cost::Unknown, "unknown")]
        {
            assert_eq!(money(cost), text);
        }
        assert_eq!(usage(Usage { cost: Cost::Unknown, ..Usage::default() }), "0 tokens · cost unknown");
    }
}
