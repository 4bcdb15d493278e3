//! Gates that the reader does not want to see for a while. It is kept in this browser as words of `key@milliseconds`, the newest first; a gate whose
//! digest changes has another key, and is seen at once.

/// An hour.
const MILLIS: i64 = 3_600_000;
/// Some fifty words. Who puts off more than that sees the oldest of them again.
const BYTES_MAX: usize = 2_000;

/// Whether a gate is still put off; `now` in milliseconds since 1970.
pub fn is_put_off(kept: &str, key: i64, now: i64) -> bool {
    let start = start(key);
    let until = kept.split(' ').find_map(|word| word.strip_prefix(start.as_str())?.parse().ok());
    until.is_some_and(|until: u64| now < until.cast_signed())
}

/// What is kept once a gate is put off too.
pub fn with(kept: &str, key: i64, now: i64) -> String {
    let mut words = start(key) + &(now + MILLIS).to_string() + " " + kept;
    words.truncate(BYTES_MAX);
    words
}

fn start(key: i64) -> String {
    key.to_string() + "@"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_comes_back_by_itself_and_takes_no_other_along() {
        let one = with("", -7, 1_000);
        assert!(is_put_off(&one, -7, 3_600_999) && !is_put_off(&one, -7, 3_601_000) && !is_put_off(&one, 7, 1_000));
        let two = with(&one, 8, 2_000);
        assert!(is_put_off(&two, -7, 3_000) && is_put_off(&two, 8, 3_000));
        assert!(is_put_off(&with(&two, -7, 3_601_500), -7, 3_602_000), "the newest word counts");
        assert!(!is_put_off("nonsense 1@x @ 17@5", 1, 0));
        let many = (0..1_000).fold(String::new(), |kept, key| with(&kept, key, 0));
        assert!(is_put_off(&many, 999, 0) && many.len() <= BYTES_MAX);
    }
}
