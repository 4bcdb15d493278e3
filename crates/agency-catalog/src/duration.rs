//! Durations as people write them in a template.

use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
/// Longest that a template may say; more is a slip of the pen.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// `90s`, `10m`, `4h`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    parse_up_to(text, LONGEST)
}

/// The same with a bound of its own.
pub(crate) fn parse_up_to(text: &str, longest: Duration) -> Result<Duration, String> {
    let shortest = Duration::from_secs(1);
    seconds_of(text).map(Duration::from_secs).filter(|duration| (shortest..=longest).contains(duration)).ok_or_else(|| {
        format!("write a whole number and s, m or h, for example 90s, 10m or 4h, at least 1s and at most {}", shown(longest))
    })
}

fn seconds_of(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let seconds_per_unit = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        _not_a_unit => return None,
    };
    let number = &text[..text.len() - unit.len_utf8()];
    if !number.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(seconds_per_unit)
}

/// A bound in the largest unit that it is whole in.
fn shown(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds % DAY.as_secs() == 0 => format!("{} days", seconds / DAY.as_secs()),
        seconds if seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
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

    #[test]
    fn a_bound_is_named_in_the_unit_that_people_would_use() {
        for (seconds, text) in [(30 * 86_400, "30 days"), (7_200, "2h"), (300, "5m"), (90, "90s")] {
            let fault = parse_up_to("soon", Duration::from_secs(seconds)).unwrap_err();
            assert!(fault.ends_with(&format!("at most {text}")), "{fault}");
        }
        assert_eq!(parse_up_to("2h", Duration::from_secs(7_200)), Ok(Duration::from_secs(7_200)));
        assert!(parse_up_to("7201s", Duration::from_secs(7_200)).is_err());
    }
}
