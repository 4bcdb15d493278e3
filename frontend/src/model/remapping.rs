//! What the reader has in the place of single keys: another key, two in a row, or none.
//!
//! A row is what one key does, on whatever screen: commands that share a key keep sharing it. What is kept is a text with lines such as `g i=q i` and
//! `x=`; a row without one has the keys that the table of commands names.

use super::commands::{COMMANDS, Command};

/// Keys that go by a name and that a command may have. Not among them are those that the browser or a screen reader lives by: Escape, Tab, Enter, the
/// space bar, and what is held down with another key.
const NAMES: [&str; 10] = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown", "Insert", "Delete"];

/// What is kept, as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remapping<'a>(pub &'a str);

impl<'a> Remapping<'a> {
    /// The keys that do what the table has under `row`; empty where they are switched off.
    pub fn keys<'b>(self, row: &'b str) -> &'b str
    where
        'a: 'b,
    {
        self.0.lines().find_map(|entry| wanted(entry, row)).unwrap_or(row)
    }

    /// What to keep once a row has the keys that were typed, or why it cannot have them.
    pub fn with(self, row: &str, typed: &str) -> Result<String, String> {
        let keys = as_keys(typed)?;
        if let Some(rival) = self.rival(row, &keys) {
            return Err([self.keys(rival), " is taken by: ", &what(rival)].concat());
        }
        let mut kept = self.without(row);
        if keys != row {
            kept = [&kept, row, "=", &keys, "\n"].concat();
        }
        Ok(kept)
    }

    fn without(self, row: &str) -> String {
        self.lines_where(&|entry| wanted(entry, row).is_none())
    }

    fn lines_where(self, is_kept: &dyn Fn(&str) -> bool) -> String {
        let mut kept = String::new();
        for entry in self.0.lines().filter(|entry| is_kept(entry)) {
            kept.push_str(entry);
            kept.push('\n');
        }
        kept
    }

    /// Whether a row was given what another one has.
    fn is_in_the_way(self, row: &str) -> bool {
        let keys = self.keys(row);
        keys != row && self.rival(row, keys).is_some()
    }

    /// Another row whose keys are the same, or begin with these, or are what these begin with.
    fn rival(self, row: &str, keys: &str) -> Option<&'static str> {
        let clashes = |other: &str| !keys.is_empty() && !other.is_empty() && (begins(keys, other) || begins(other, keys));
        rows().into_iter().find(|other| *other != row && clashes(self.keys(other)))
    }
}

/// What of the kept is of use: a later page may have other rows, and anybody may write into the store.
pub fn sound(kept: &str) -> String {
    let rows = rows();
    let is_known = |entry: &str| rows.iter().any(|row| wanted(entry, row).is_some_and(|keys| as_keys(keys).as_deref() == Ok(keys)));
    let mut kept = Remapping(kept).lines_where(&is_known);
    // The table by itself has no two rows in each other's way, so that this ends.
    while let Some(row) = rows.iter().find(|row| Remapping(&kept).is_in_the_way(row)) {
        kept = Remapping(&kept).without(row);
    }
    kept
}

/// Each key of the table once, those with Control left out.
pub fn rows() -> Vec<&'static str> {
    let mut rows: Vec<&'static str> = Vec::new();
    for command in &COMMANDS {
        if is_single(command) && !rows.contains(&command.keys) {
            rows.push(command.keys);
        }
    }
    rows
}

/// What a row does, on the screens that have something for it.
pub fn what(row: &str) -> String {
    let mut labels = String::new();
    for command in COMMANDS.iter().filter(|command| command.keys == row) {
        labels.push_str(if labels.is_empty() { "" } else { "; " });
        labels.push_str(command.label);
    }
    labels
}

fn is_single(command: &Command) -> bool {
    !command.keys.is_empty() && !command.keys.starts_with("Ctrl")
}

fn wanted<'a>(entry: &'a str, row: &str) -> Option<&'a str> {
    entry.strip_prefix(row)?.strip_prefix('=')
}

fn begins(one: &str, other: &str) -> bool {
    other.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// What was typed, with one space between two keys.
fn as_keys(typed: &str) -> Result<String, String> {
    let keys: Vec<&str> = typed.split_whitespace().collect();
    if keys.len() > 2 {
        return Err("At most two keys, one after the other.".to_owned());
    }
    match keys.iter().find(|key| key.chars().count() != 1 && !NAMES.contains(key)) {
        Some(key) => Err([key, " cannot be used. Give a character, or a name such as Home."].concat()),
        None => Ok(keys.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries with a semicolon between them, as lines.
    fn kept(entries: &str) -> String {
        entries.replace(';', "\n")
    }

    /// The entries once a row has the keys that were typed.
    fn with(entries: &str, row: &str, typed: &str) -> Result<String, String> {
        let changed = Remapping(&kept(entries)).with(row, typed)?;
        Ok(changed.trim_end().replace('\n', ";"))
    }

    fn sound_of(entries: &str) -> String {
        sound(&kept(entries)).trim_end().replace('\n', ";")
    }

    #[test]
    fn the_table_by_itself_has_no_two_rows_in_each_others_way() {
        let rows = rows();
        for (place, row) in rows.iter().enumerate() {
            assert_eq!(Remapping("").rival(row, row), None, "{row}");
            assert!(!rows[..place].contains(row) && !row.contains('='), "{row}");
            assert_eq!(as_keys(row).as_deref(), Ok(*row));
        }
    }

    #[test]
    fn a_row_has_other_keys_or_none_and_gets_its_own_back() {
        let changed = with("", "g i", " q  i ").unwrap();
        assert_eq!(changed, "g i=q i");
        let remapping = Remapping(&changed);
        assert_eq!((remapping.keys("g i"), remapping.keys("g p"), remapping.keys("Ctrl K")), ("q i", "g p", "Ctrl K"));
        assert_eq!(with("g i=q i;x=", "g i", "ArrowDown").unwrap(), "x=;g i=ArrowDown");
        assert_eq!(Remapping(&with("", "x", "  ").unwrap()).keys("x"), "");
        assert_eq!(with("g i=q i;x=", "x", "x").unwrap(), "g i=q i");
        assert_eq!(Remapping(&with("", "x", "=").unwrap()).keys("x"), "=");
    }

    #[test]
    fn keys_of_another_row_are_refused_with_its_name() {
        assert_eq!(with("", "m", "x"), Err("x is taken by: Cancel the pipeline".to_owned()));
        assert_eq!(with("", "m", "g"), Err("g i is taken by: Inbox".to_owned()), "it begins a sequence");
        assert_eq!(with("", "m", "x q"), Err("x is taken by: Cancel the pipeline".to_owned()), "a sequence begins with it");
        assert_eq!(with("", "m", "r"), Err("r is taken by: Request changes; Retry a step".to_owned()));
        assert_eq!(with("x=q", "m", "q"), Err("q is taken by: Cancel the pipeline".to_owned()));
        assert_eq!(with("x=q", "m", "x").unwrap(), "x=q;m=x", "what was given away is free");
        assert_eq!(with("x=", "m", "x").unwrap(), "x=;m=x");
        assert!(with("", "m", "X").is_ok() && with("", "m", "H").is_ok(), "a capital is another key");
    }

    #[test]
    fn some_keys_are_nobodys() {
        for typed in ["Escape", "Tab", "Enter", "Space", "Shift", "Ctrl K", "Alt", "nonsense", "q Tab"] {
            assert!(with("", "x", typed).unwrap_err().contains("cannot be used"), "{typed}");
        }
        assert_eq!(with("", "x", "q w e"), Err("At most two keys, one after the other.".to_owned()));
        assert!(with("", "x", "Q PageUp").is_ok() && with("", "x", "ö").is_ok());
    }

    #[test]
    fn what_is_not_of_use_in_the_store_is_left_out() {
        assert_eq!(sound_of("x=q;Ctrl K=z;nonsense;=;h=Tab;m;zz=b;j=  w"), "x=q");
        assert_eq!(sound_of("x=m;m=x"), "x=m;m=x", "two that were swapped");
        assert_eq!(sound_of("x=m;h="), "h=", "what another row has");
        let one = sound(&kept("x=q;x=w;m=q"));
        assert_eq!((Remapping(&one).keys("x"), Remapping(&one).keys("m")), ("q", "m"));
    }
}
