//! Which of a browser's tabs has a stream of events.
//!
//! A browser has six connections to a server for all its tabs together, and a stream holds one of them for as long as it is open: with six tabs nothing
//! else would come through, not even the page of a seventh. So tabs tell one another when they open and close theirs, and a tab keeps its own until as many
//! others as there are places have opened theirs after it. Nobody has to know all of them, and no tab has to answer.

/// Streams at a time. It leaves two connections for everything else.
const PLACES: usize = 4;
const OPENS: &str = "opens ";
const CLOSES: &str = "closes ";

/// What tabs say to one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    Opens(String),
    Closes(String),
}

impl Note {
    /// `None` for what no tab of this version says.
    pub fn parse(text: &str) -> Option<Self> {
        let opens = text.strip_prefix(OPENS).map(|tab| Self::Opens(tab.to_owned()));
        opens.or_else(|| text.strip_prefix(CLOSES).map(|tab| Self::Closes(tab.to_owned())))
    }

    pub fn text(&self) -> String {
        match self {
            Self::Opens(tab) => format!("{OPENS}{tab}"),
            Self::Closes(tab) => format!("{CLOSES}{tab}"),
        }
    }
}

/// The tabs that opened their stream after this one opened its own, and have it still.
#[derive(Debug, Default)]
pub struct Places {
    later: Vec<String>,
}

impl Places {
    /// This tab opens its stream: it is the last one to have done so.
    pub fn opened(&mut self) {
        self.later.clear();
    }

    pub fn heard(&mut self, note: Note) {
        let (Note::Opens(tab) | Note::Closes(tab)) = &note;
        self.later.retain(|known| known != tab);
        if let Note::Opens(tab) = note {
            self.later.push(tab);
        }
    }

    /// Whether there is a place for this tab's stream.
    pub fn has_place(&self) -> bool {
        self.later.len() < PLACES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_lost_to_the_fourth_tab_that_opens_its_stream_later() {
        let mut places = Places::default();
        for tab in ["b", "c", "b", "d"] {
            places.heard(Note::Opens(tab.to_owned()));
        }
        assert!(places.has_place(), "one of them opened its stream twice");
        places.heard(Note::Opens("e".to_owned()));
        assert!(!places.has_place());
        places.opened();
        assert!(places.has_place());
    }

    #[test]
    fn a_tab_that_closes_leaves_its_place() {
        let mut places = Places::default();
        for tab in ["b", "c", "d", "e"] {
            places.heard(Note::Opens(tab.to_owned()));
        }
        places.heard(Note::Closes("c".to_owned()));
        assert!(places.has_place());
        places.heard(Note::Closes("c".to_owned()));
        places.heard(Note::Opens("f".to_owned()));
        assert!(!places.has_place());
    }

    #[test]
    fn notes_are_read_as_they_are_written_and_others_are_not() {
        for note in [Note::Opens("4.2".to_owned()), Note::Closes("4.2".to_owned())] {
            assert_eq!(Note::parse(&note.text()), Some(note));
        }
        assert_eq!(Note::parse("rests 4"), None);
    }
}
