//! Which entries of the palette fit what is typed, best first.

/// How well `text` fits `query`; `None` where a letter of it is missing. Letters count in their order, whatever lies between them.
///
/// A letter at the beginning of a word is worth more, and one right after the letter before it too: so initials find as well as beginnings do.
pub fn score(query: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let mut total = 0;
    let mut from = 0;
    let mut last = None;
    for letter in query.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase) {
        let starts_word = |at: usize| at == 0 || !text[at - 1].is_alphanumeric();
        let found = |is_fine: &dyn Fn(usize) -> bool| (from..text.len()).find(|at| text[*at] == letter && is_fine(*at));
        let follows = |at: usize| last.is_some_and(|last| at == last + 1);
        // The letter right behind, else the next beginning of a word, else wherever it comes.
        let at = found(&follows).or_else(|| found(&starts_word)).or_else(|| found(&|_| true))?;
        total += 1 + 4 * i32::from(starts_word(at)) + 3 * i32::from(follows(at));
        (last, from) = (Some(at), at + 1);
    }
    // Of two that fit alike, the shorter says less that was not asked for.
    Some(total * 16 - i32::try_from(text.len().min(15)).unwrap_or_default())
}

/// The places of the texts that fit, best first and at most `most`; those that fit alike stay in their order.
pub fn ranked<'a>(query: &str, texts: impl Iterator<Item = &'a str>, most: usize) -> Vec<usize> {
    let mut found: Vec<(i32, usize)> = Vec::new();
    let is_empty = query.trim().is_empty();
    for (place, text) in texts.enumerate() {
        let score = if is_empty { Some(0) } else { score(query, text) };
        if let Some(score) = score {
            // Few fit, and a sort of its own would be the greater part of this module.
            let at = found.partition_point(|(better, _)| *better >= score);
            found.insert(at, (score, place));
        }
    }
    found.into_iter().map(|(_, place)| place).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 5] = ["Pause now", "New pipeline", "Pipelines", "Cancel the pipeline", "Add --shout to greet.sh"];

    fn best(query: &str) -> Vec<&'static str> {
        ranked(query, TEXTS.into_iter(), 10).into_iter().map(|place| TEXTS[place]).collect()
    }

    #[test]
    fn nothing_typed_lists_everything_in_its_order() {
        assert_eq!(best(" "), TEXTS);
        assert_eq!(ranked("", TEXTS.into_iter(), 2), [0, 1]);
    }

    #[test]
    fn initials_and_beginnings_find_what_they_belong_to_first() {
        assert_eq!(best("np")[0], "New pipeline");
        assert_eq!(best("pip")[0], "Pipelines");
        assert_eq!(best("cancel"), ["Cancel the pipeline"]);
        assert_eq!(best("pn")[0], "Pause now");
    }

    #[test]
    fn letters_must_all_be_there_and_in_their_order() {
        assert_eq!(score("xyz", "Pipelines"), None);
        assert_eq!(score("senil", "Pipelines"), None);
        assert!(score("GREET", "Add --shout to greet.sh").is_some());
    }
}
