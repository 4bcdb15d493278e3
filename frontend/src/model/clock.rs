//! Times as the wire writes them, and how long ago they were.
//!
//! The wire carries RFC 3339 in UTC; the browser's clock is milliseconds since 1970. Parsing is done here so that it can be tested natively and costs
//! nothing in the module that is sent to the browser.

use agency_contract::words::duration;

/// Milliseconds since 1970-01-01T00:00:00Z; `None` for anything that is not RFC 3339.
pub fn parse_millis(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || bytes[4] != b'-' || bytes[7] != b'-' || !matches!(bytes[10], b'T' | b't' | b' ') {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let days = days_since_epoch(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    let seconds = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    let (fraction_millis, offset_minutes) = parse_tail(text.get(19..)?)?;
    Some((days * 86_400 + seconds - offset_minutes * 60) * 1000 + fraction_millis)
}

/// The part after the seconds: an optional fraction and the offset from UTC, as milliseconds and minutes.
fn parse_tail(tail: &str) -> Option<(i64, i64)> {
    let zone_at = tail.find(['Z', 'z', '+', '-'])?;
    let (fraction, zone) = tail.split_at(zone_at);
    let millis = match fraction.strip_prefix('.') {
        Some(digits) if !digits.is_empty() => {
            let three: String = digits.chars().chain("00".chars()).take(3).collect();
            three.parse().ok()?
        }
        Some(_) => return None,
        None if fraction.is_empty() => 0,
        None => return None,
    };
    if zone.eq_ignore_ascii_case("z") {
        return Some((millis, 0));
    }
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let offset = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    Some((millis, if zone.starts_with('-') { -offset } else { offset }))
}

/// Days between 1970-01-01 and a date of the Gregorian calendar (Howard Hinnant's `days_from_civil`).
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year - era * 400;
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// `just now`, `40 s ago`, `12 min ago`, `3 h ago`, `5 d ago`. A time in the future (two clocks differ) is `just now`.
pub fn ago(then_millis: i64, now_millis: i64) -> String {
    let seconds = (now_millis - then_millis) / 1000;
    match seconds {
        ..5 => "just now".to_owned(),
        5..60 => format!("{} s ago", seconds / 5 * 5),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// How long something took, or has taken until now; `None` where it has not started.
pub fn elapsed(started_at: Option<&str>, finished_at: Option<&str>, now_millis: i64) -> Option<String> {
    let start = parse_millis(started_at?)?;
    let end = finished_at.and_then(parse_millis).unwrap_or(now_millis);
    Some(duration(end - start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_wire_are_read() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-23T04:03:10Z", 1_795_406_590_000),
            ("2026-11-23T04:03:10.5Z", 1_795_406_590_500),
            ("2026-11-23T04:03:10.123456789Z", 1_795_406_590_123),
            ("2026-11-23T05:03:10+01:00", 1_795_406_590_000),
            ("2024-02-29T23:59:59-00:30", 1_709_252_999_000),
        ] {
            assert_eq!(parse_millis(text), Some(millis), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in
            ["", "yesterday", "2026-11-23", "2026-13-01T00:00:00Z", "2026-11-23T04:03:10", "2026-11-23T04:03:10.Z", "2026-11-23T04:0é:10Z"]
        {
            assert_eq!(parse_millis(text), None, "{text}");
        }
    }

    #[test]
    fn ago_is_coarse_and_never_in_the_future() {
        for (seconds, text) in
            [(-9, "just now"), (4, "just now"), (44, "40 s ago"), (119, "1 min ago"), (7300, "2 h ago"), (200_000, "2 d ago")]
        {
            assert_eq!(ago(0, seconds * 1000), text);
        }
    }

    #[test]
    fn elapsed_runs_until_now_while_nothing_has_finished() {
        let start = Some("1970-01-01T00:00:10Z");
        assert_eq!(elapsed(start, None, 15_000).as_deref(), Some("5 s"));
        assert_eq!(elapsed(start, Some("1970-01-01T00:00:12Z"), 15_000).as_deref(), Some("2 s"));
        assert_eq!(elapsed(None, None, 15_000), None);
    }
}
