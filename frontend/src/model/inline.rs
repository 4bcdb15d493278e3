//! Plain sentences with names in backticks: the names are shown as code.

/// One stretch of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Words(String),
    Code(String),
}

/// Splits at pairs of backticks; a backtick without a partner stays what it is.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, code, after)) = next_code(rest) {
        if !before.is_empty() {
            pieces.push(Piece::Words(before.to_owned()));
        }
        pieces.push(Piece::Code(code.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Words(rest.to_owned()));
    }
    pieces
}

fn next_code(text: &str) -> Option<(&str, &str, &str)> {
    let (before, after) = text.split_once('`')?;
    let (code, after) = after.split_once('`')?;
    (!code.is_empty()).then_some((before, code, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_backticks_become_code() {
        assert_eq!(
            pieces("Run `opencode auth login`, then retry."),
            [Piece::Words("Run ".to_owned()), Piece::Code("opencode auth login".to_owned()), Piece::Words(", then retry.".to_owned())]
        );
    }

    #[test]
    fn a_lonely_backtick_is_kept() {
        assert_eq!(pieces("a ` b"), [Piece::Words("a ` b".to_owned())]);
        assert!(pieces("").is_empty());
    }
}
