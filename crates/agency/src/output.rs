//! Standard output, where a reader may have gone away, and texts that come from agents, which may hold control characters.

use std::io::{self, Write};

/// Writes a line.
///
/// # Errors
/// Where standard output is gone.
pub(crate) fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Writes text as it is.
///
/// # Errors
/// Where standard output is gone.
pub(crate) fn write(text: &str) -> io::Result<()> {
    write_bytes(text.as_bytes())
}

/// Writes bytes as they are.
///
/// # Errors
/// Where standard output is gone.
pub(crate) fn write_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Whether the reader of standard output has gone, which is not a fault of ours.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// One line of at most `max` characters, without control characters: a terminal would obey them.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let clean = line.chars().filter(|letter| !letter.is_control());
    let mut short: String = clean.clone().take(max).collect();
    if clean.count() > max {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_short_and_obeys_nobody() {
        assert_eq!(one_line("\n  first \nsecond", 20), "first");
        assert_eq!(one_line("\u{1b}[31mred", 20), "[31mred");
        assert_eq!(one_line("abcdef", 3), "abc…");
    }
}
