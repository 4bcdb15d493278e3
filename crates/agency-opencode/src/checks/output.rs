//! What a command prints, on its way to whoever follows it. Holds a few megabytes at most, however much is printed and however slowly it is
//! taken: the beginning is passed on as it comes, of what is printed beyond that the end is kept until the command is over.

use std::collections::VecDeque;

/// Passed on as it comes. Test runs print tens of kilobytes; nobody reads more than this.
const HEAD_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Kept of the rest: tools say at the end what went wrong.
const TAIL_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Given out at a time.
const CHUNK_BYTES_MAX: usize = 64 * 1024;
/// A character is at most four bytes.
const PARTIAL_BYTES_MAX: usize = 3;

/// Bytes in, text out.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// To be taken.
    text: String,
    /// The beginning of a character whose end has not come yet.
    partial: Vec<u8>,
    /// Bytes that were passed on.
    passed: usize,
    tail: VecDeque<u8>,
    /// Bytes between beginning and end that nobody will see.
    left_out: u64,
}

impl Output {
    /// Takes in what was printed.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(HEAD_BYTES_MAX - self.passed));
        self.passed += head.len();
        self.decode(head);
        self.tail.extend(rest);
        let excess = self.tail.len().saturating_sub(TAIL_BYTES_MAX);
        self.tail.drain(..excess);
        self.left_out += excess as u64;
    }

    /// Nothing more comes: what was kept back is to be taken.
    pub(super) fn finish(&mut self) {
        let mut tail = std::mem::take(&mut self.tail);
        if self.left_out > 0 {
            self.flush();
            self.text.push_str(&format!("\n[… {} bytes are left out here …]\n", self.left_out));
            // The cut may have gone through a character.
            let partial = tail.iter().take(PARTIAL_BYTES_MAX).take_while(|byte| is_continuation(**byte)).count();
            tail.drain(..partial);
        }
        self.decode(tail.make_contiguous());
        self.flush();
    }

    /// The next piece, of whole characters; `None` where there is nothing to be taken now.
    pub(super) fn take(&mut self) -> Option<String> {
        if self.text.len() <= CHUNK_BYTES_MAX {
            return Some(std::mem::take(&mut self.text)).filter(|text| !text.is_empty());
        }
        let rest = self.text.split_off(self.text.floor_char_boundary(CHUNK_BYTES_MAX));
        Some(std::mem::replace(&mut self.text, rest))
    }

    fn decode(&mut self, bytes: &[u8]) {
        self.partial.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.partial);
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.text.push_str(chunk.valid());
            let invalid = chunk.invalid();
            if chunks.peek().is_none() && is_begun(invalid) {
                self.partial = invalid.to_owned();
            } else if !invalid.is_empty() {
                self.text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }

    /// What was begun and will not be ended.
    fn flush(&mut self) {
        if !std::mem::take(&mut self.partial).is_empty() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Whether the bytes may yet become a character.
fn is_begun(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(output: &mut Output) -> String {
        std::iter::from_fn(|| output.take()).collect()
    }

    #[test]
    fn a_character_that_comes_in_pieces_is_whole() {
        let mut output = Output::default();
        for byte in "aä€😀".as_bytes() {
            output.push(&[*byte]);
        }
        assert_eq!(taken(&mut output), "aä€😀");
        output.push(b"\xff\xe2\x82");
        assert_eq!(taken(&mut output), "\u{fffd}");
        output.finish();
        assert_eq!(taken(&mut output), "\u{fffd}", "what was never ended is replaced");
        assert_eq!(output.take(), None);
    }

    #[test]
    fn of_very_much_the_beginning_and_the_end_are_kept_and_the_gap_is_named() {
        let mut output = Output::default();
        output.push(b"begin");
        let part = "ä".repeat(512 * 1024);
        for _part in 0..20 {
            output.push(part.as_bytes());
        }
        output.push(b"end");
        assert!(output.text.len() <= HEAD_BYTES_MAX && output.tail.len() <= TAIL_BYTES_MAX);
        output.finish();
        let text = taken(&mut output);
        assert!(text.starts_with("begin") && text.ends_with("end"));
        let left_out = 8 + 20 * part.len() - HEAD_BYTES_MAX - TAIL_BYTES_MAX;
        assert!(text.contains(&format!("\n[… {left_out} bytes are left out here …]\n")));
        assert!(text.len() < HEAD_BYTES_MAX + TAIL_BYTES_MAX + 100);
        // One may be cut on each side of the gap, and no more.
        assert!(text.matches('\u{fffd}').count() <= 1);
    }

    #[test]
    fn what_just_does_not_fit_the_beginning_comes_without_a_gap() {
        let mut output = Output::default();
        let all = "x".repeat(HEAD_BYTES_MAX - 1) + "äöü";
        output.push(all.as_bytes());
        output.finish();
        assert_eq!(taken(&mut output), all);
    }
}
