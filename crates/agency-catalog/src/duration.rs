//! Durations as people write them in a template.

use std::time::Duration;

/// Longest that a template may say; more is a slip of the pen.
const DAYS_MAX: u64 = 30;

/// `90s`, `10m`, `4h`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let rule = || format!("write a whole number and s, m or h, for example 90s, 10m or 4h, at least 1s and at most {DAYS_MAX} days");
    let unit = text.chars().last().ok_or_else(rule)?;
    let seconds_per_unit = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        _not_a_unit => return Err(rule()),
    };
    let number = &text[..text.len() - unit.len_utf8()];
    if !number.chars().all(|c| c.is_ascii_digit()) {
        return Err(rule());
    }
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(seconds_per_unit))
        .filter(|seconds| (1..=DAYS_MAX * 24 * 3_600).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_in_range_reads_as_it_is_written() {
        for (unit, seconds) in [("s", 1), ("m", 60), ("h", 3_600)] {
            for number in (1..=720).chain([1_000, 43_200]) {
                let expected = number * seconds;
                let parsed = parse(&format!("{number}{unit}"));
                if expected <= 30 * 24 * 3_600 {
                    assert_eq!(parsed, Ok(Duration::from_secs(expected)), "{number}{unit}");
                } else {
                    assert!(parsed.is_err(), "{number}{unit}");
                }
            }
        }
    }

    #[test]
    fn nothing_else_is_a_duration() {
        for text in [
            "",
            "s",
            "10",
            "-1s",
            "+1s",
            "1.5h",
            "10 m",
            " 1s",
            "1s ",
            "1ms",
            "1d",
            "1H",
            "0s",
            "0h",
            "99999999999999999999s",
            "18446744073709551615h",
            "١s",
            "1ß",
            "10mm",
            "1e3s",
            "0x10s",
            "31\u{0}s",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
