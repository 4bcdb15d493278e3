//! How figures are worded, the same by the server and by the page.

/// `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`, `1 d 3 h`; never negative.
pub fn duration(milliseconds: i64) -> String {
    let milliseconds = milliseconds.max(0);
    let seconds = milliseconds / 1_000;
    match seconds {
        0 => format!("0.{} s", milliseconds / 100),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds % 3_600 / 60),
        _days => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_name_two_units_at_most() {
        for (milliseconds, text) in
            [(-5, "0.0 s"), (430, "0.4 s"), (59_999, "59 s"), (185_000, "3 min 05 s"), (7_620_000, "2 h 07 min"), (97_200_000, "1 d 3 h")]
        {
            assert_eq!(duration(milliseconds), text);
        }
    }
}
