//! The name of an attachment: a plain file name, whatever its sender calls it. Prompts, headers and pages show it.

use super::MediaType;

/// As long as a line of a prompt can be read.
const CHARACTERS_MAX: usize = 100;

/// The last part of a path, without what file systems, shells and headers trip over; `attachment-2.png` where nothing is left.
pub(super) fn plain(given: &str, place: usize, kind: MediaType) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let letters: String =
        last.chars().filter(|letter| !is_invisible(*letter)).map(|letter| if is_odd(letter) { '_' } else { letter }).collect();
    let name = letters.trim_matches(['.', ' ']);
    if name.is_empty() { format!("attachment-{}.{}", place + 1, kind.ending()) } else { shortened(name) }
}

/// The name, or one like it that is not among `taken`, whatever the case of its letters.
pub(super) fn unique(name: &str, taken: &[&str]) -> String {
    let is_taken = |name: &str| taken.iter().any(|other| other.to_lowercase() == name.to_lowercase());
    let (stem, ending) = split(name);
    let numbered = |number: usize| format!("{stem}-{number}{ending}");
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(numbered));
    names.find(|name| !is_taken(name)).expect("one of endless many names is free")
}

/// Letters that cannot be seen, among them those that turn the direction of reading.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn is_odd(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '`' | '<' | '>' | '|' | ':' | '*' | '?')
}

/// The ending with its dot, where there is one of the usual length.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= 10 => name.split_at(dot),
        _ => (name, ""),
    }
}

fn shortened(name: &str) -> String {
    let (stem, ending) = split(name);
    let room = CHARACTERS_MAX - ending.chars().count();
    format!("{}{ending}", stem.chars().take(room).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_part_of_a_path_and_nothing_odd() {
        for (given, name) in [
            ("mock.png", "mock.png"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\kim\\Bild 1.png", "Bild 1.png"),
            ("a\r\nX-Evil: 1.png", "aX-Evil_ 1.png"),
            ("`rm -rf`<b>\".png", "_rm -rf__b__.png"),
            ("exe.\u{202e}gnp", "exe.gnp"),
            ("..", "attachment-3.png"),
            ("über/", "attachment-3.png"),
            (".env", "env"),
        ] {
            assert_eq!(plain(given, 2, MediaType::Png), name, "{given:?}");
        }
        let long = plain(&format!("{}.jpeg", "ä".repeat(300)), 0, MediaType::Jpeg);
        assert!(long.ends_with(".jpeg") && long.chars().count() == CHARACTERS_MAX);
    }

    #[test]
    fn a_name_that_is_taken_is_numbered_before_its_ending() {
        assert_eq!(unique("image.png", &[]), "image.png");
        assert_eq!(unique("image.png", &["Image.png", "image-2.png"]), "image-3.png");
        assert_eq!(unique("notes", &["notes"]), "notes-2");
    }
}
