//! Numbers and names as people read them.

use agency_contract::{Tokens, Usage};

/// What is shown for a cost that nobody knows. It is never shown as nothing.
pub const UNKNOWN_COST: &str = "unknown";

/// `950`, `12.3k`, `1.2M`.
pub fn count(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..100_000 => format!("{}.{}k", number / 1_000, number % 1_000 / 100),
        100_000..1_000_000 => format!("{}k", number / 1_000),
        _ => format!("{}.{}M", number / 1_000_000, number % 1_000_000 / 100_000),
    }
}

/// All tokens of a usage, whatever their kind.
pub fn total_tokens(tokens: &Tokens) -> u64 {
    tokens.input + tokens.output + tokens.reasoning + tokens.cache_read + tokens.cache_write
}

/// The kinds of tokens one by one, for the tooltip of the total.
pub fn token_kinds(tokens: &Tokens) -> String {
    format!(
        "{} in, {} out, {} reasoning, {} read from cache, {} written to cache",
        tokens.input, tokens.output, tokens.reasoning, tokens.cache_read, tokens.cache_write
    )
}

/// `$1.24`, `$0.0031`, or `unknown`.
pub fn cost(usage: &Usage) -> String {
    usage.cost.map_or_else(|| UNKNOWN_COST.to_owned(), money)
}

/// `$1.24`, `$0.0031`.
pub fn money(amount: f64) -> String {
    // In whole parts: formatting a float would add its own machinery to the module.
    let parts = |per_dollar: f64| (amount * per_dollar).round() as u64;
    if amount > 0.0 && amount < 0.1 {
        format!("$0.{:04}", parts(10_000.0))
    } else {
        format!("${}.{:02}", parts(100.0) / 100, parts(100.0) % 100)
    }
}

/// Puts a number where it belongs among numbers in order, unless it is there. Mostly that is the end.
pub fn insert_sorted<N: Ord>(numbers: &mut Vec<N>, number: N) {
    if let Err(place) = numbers.binary_search(&number) {
        numbers.insert(place, number);
    }
}

/// `1 file`, `3 files`.
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `812 B`, `12.4 kB`, `3.1 MB`.
pub fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{}.{} kB", size / 1_000, size % 1_000 / 100),
        _ => format!("{}.{} MB", size / 1_000_000, size % 1_000_000 / 100_000),
    }
}

/// The first ten characters of a commit or a hash.
pub fn short_hash(hash: &str) -> &str {
    hash.get(..10).unwrap_or(hash)
}

/// The last name of a path: what a person calls the repository.
pub fn base_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

/// `changes_requested` as `changes requested`.
pub fn words(snake_case: &str) -> String {
    snake_case.replace('_', " ")
}

/// `senior-reviewer` as `Senior reviewer`.
pub fn sentence_case(name: &str) -> String {
    let spaced = name.replace(['-', '_'], " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_keep_three_digits_or_so() {
        for (number, text) in [(0, "0"), (999, "999"), (12_345, "12.3k"), (250_400, "250k"), (1_250_000, "1.2M")] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn an_unknown_cost_is_never_shown_as_nothing() {
        let usage = |cost| Usage { tokens: Tokens::default(), cost };
        assert_eq!(cost(&usage(None)), "unknown");
        assert_eq!(cost(&usage(Some(0.0))), "$0.00");
        assert_eq!(cost(&usage(Some(0.0031))), "$0.0031");
        assert_eq!(cost(&usage(Some(1.239))), "$1.24");
    }

    #[test]
    fn sizes_and_names_are_short() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(12_450), "12.4 kB");
        assert_eq!(bytes(3_100_000), "3.1 MB");
        assert_eq!(short_hash("0123456789abcdef"), "0123456789");
        assert_eq!(short_hash("abc"), "abc");
        assert_eq!(base_name("/home/kim/shop/"), "shop");
        assert_eq!(sentence_case("senior-reviewer"), "Senior reviewer");
        assert_eq!(counted(1, "file", "files"), "1 file");
        assert_eq!(counted(0, "file", "files"), "0 files");
    }
}
