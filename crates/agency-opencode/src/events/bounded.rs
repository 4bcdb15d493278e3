//! Keeps what tools were given and said to a size that can be stored and shown.

use serde_json::Value;

/// Of an output, a diff or an input.
const BYTES_MAX: usize = 64 * 1024;
/// Of one string within an input that is too large as a whole.
const INPUT_TEXT_BYTES_MAX: usize = 4 * 1024;

/// The text, cut in the middle where it is too long, with a note of how much was left out: beginnings say what it is, ends how it went.
pub(super) fn text(text: &str) -> String {
    shorten(text, BYTES_MAX)
}

/// The input, its long strings cut where it is too large.
pub(super) fn input(input: &Value) -> Value {
    let mut input = input.clone();
    if size(&input) > BYTES_MAX {
        cut_strings(&mut input);
    }
    if size(&input) > BYTES_MAX {
        // Thousands of entries: of no use to anybody as they are.
        input = Value::String(shorten(&input.to_string(), BYTES_MAX));
    }
    input
}

fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum(),
        Value::Object(entries) => entries.iter().map(|(key, value)| key.len() + size(value) + 4).sum(),
    }
}

fn cut_strings(value: &mut Value) {
    match value {
        Value::String(text) => *text = shorten(text, INPUT_TEXT_BYTES_MAX),
        Value::Array(items) => items.iter_mut().for_each(cut_strings),
        Value::Object(entries) => entries.values_mut().for_each(cut_strings),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn shorten(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(bytes_max / 4);
    let tail = text.ceil_char_boundary(text.len() - bytes_max * 3 / 4);
    let left_out = tail - head;
    format!("{}\n[… {left_out} bytes are left out here …]\n{}", &text[..head], &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_long_text_keeps_its_ends_and_says_what_is_missing() {
        let long = format!("begin{}end", "ä".repeat(100_000));
        let short = text(&long);
        assert!(short.starts_with("begin") && short.ends_with("end"));
        assert!(short.contains("bytes are left out here"));
        assert!(short.len() < BYTES_MAX + 100, "{}", short.len());
        assert_eq!(text("short"), "short");
    }

    #[test]
    fn a_large_input_keeps_its_shape() {
        let given = json!({"filePath": "a.txt", "content": "x".repeat(1_000_000)});
        let kept = input(&given);
        assert_eq!(kept["filePath"], "a.txt");
        assert!(kept["content"].as_str().unwrap().len() < 5_000);
        assert!(size(&input(&json!(vec!["entry"; 100_000]))) < BYTES_MAX + 100);
    }
}
