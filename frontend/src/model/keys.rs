//! From presses of keys to commands: sequences such as `g i`, and who may act when.

use super::commands::{COMMANDS, Command};
use super::remapping::Remapping;

/// The second key of a sequence comes within this, or the first one counts for nothing.
const SEQUENCE_MILLIS_MAX: f64 = 1_500.0;

/// A key as the browser tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// `k`, `?`, `Enter`: shifted already.
    pub key: String,
    /// Control, or Command on a Mac.
    pub ctrl: bool,
    pub alt: bool,
}

/// What else is the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances<'a> {
    /// The focus is in a field.
    pub typing: bool,
    /// A dialog has the keyboard to itself.
    pub in_dialog: bool,
    /// The reader has not switched single keys off.
    pub single_keys: bool,
    /// What they have in the place of some.
    pub remapping: Remapping<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The key is the browser's.
    Nothing,
    /// It may be the first of a sequence.
    Wait,
    Run(&'static Command),
    LeaveField,
    Up,
}

/// Remembers the first key of a sequence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Keyboard {
    begun: Option<(String, f64)>,
}

impl Keyboard {
    /// Takes a press. `is_there` says whether what a command acts on is on screen.
    pub fn press(&mut self, press: &Press, now: f64, around: Circumstances<'_>, is_there: impl Fn(&Command) -> bool) -> Outcome {
        let begun = self.begun.take().filter(|(_, at)| now - at <= SEQUENCE_MILLIS_MAX);
        if press.alt || around.in_dialog {
            return Outcome::Nothing;
        }
        if press.ctrl {
            return run(&format!("Ctrl {}", in_capitals(&press.key)), around.remapping, is_there);
        }
        if press.key == "Escape" {
            return if around.typing { Outcome::LeaveField } else { Outcome::Up };
        }
        if around.typing || !around.single_keys {
            return Outcome::Nothing;
        }
        if let Some((first, _)) = begun
            && let Outcome::Run(command) = run(&format!("{first} {}", press.key), around.remapping, &is_there)
        {
            return Outcome::Run(command);
        }
        if is_a_beginning(&press.key, around.remapping) {
            self.begun = Some((press.key.clone(), now));
            return Outcome::Wait;
        }
        run(&press.key, around.remapping, is_there)
    }
}

fn in_capitals(key: &str) -> String {
    if key.chars().count() == 1 { key.to_uppercase() } else { key.to_owned() }
}

fn run(keys: &str, remapping: Remapping<'_>, is_there: impl Fn(&Command) -> bool) -> Outcome {
    COMMANDS.iter().find(|command| remapping.keys(command.keys) == keys && is_there(command)).map_or(Outcome::Nothing, Outcome::Run)
}

fn is_a_beginning(key: &str, remapping: Remapping<'_>) -> bool {
    COMMANDS.iter().any(|command| remapping.keys(command.keys).strip_prefix(key).is_some_and(|rest| rest.starts_with(' ')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::commands::Deed;

    const IDLE: Circumstances<'_> = Circumstances { typing: false, in_dialog: false, single_keys: true, remapping: Remapping("") };

    fn key(key: &str) -> Press {
        Press { key: key.to_owned(), ctrl: false, alt: false }
    }

    fn pressed(presses: &[(Press, f64)], around: Circumstances<'_>, is_there: fn(&Command) -> bool) -> Outcome {
        let mut keyboard = Keyboard::default();
        let mut outcome = Outcome::Nothing;
        for (press, at) in presses {
            outcome = keyboard.press(press, *at, around, is_there);
        }
        outcome
    }

    fn deed(outcome: Outcome) -> Option<Deed> {
        match outcome {
            Outcome::Run(command) => Some(command.deed),
            Outcome::Nothing | Outcome::Wait | Outcome::LeaveField | Outcome::Up => None,
        }
    }

    #[test]
    fn two_keys_make_a_sequence_when_they_follow_each_other() {
        let go = |gap: f64| pressed(&[(key("g"), 0.0), (key("i"), gap)], IDLE, |_| true);
        assert_eq!(deed(go(400.0)), Some(Deed::Go("/inbox")));
        assert_eq!(deed(go(2_000.0)), Some(Deed::Press("[data-action=inspector]")), "the second counts by itself");
        assert_eq!(pressed(&[(key("g"), 0.0)], IDLE, |_| true), Outcome::Wait);
    }

    #[test]
    fn a_key_after_a_sequence_that_is_none_counts_by_itself() {
        assert_eq!(deed(pressed(&[(key("g"), 0.0), (key("?"), 10.0)], IDLE, |_| true)), Some(Deed::Sheet));
    }

    #[test]
    fn no_single_key_acts_while_typing_or_once_they_are_switched_off() {
        let typing = Circumstances { typing: true, ..IDLE };
        let off = Circumstances { single_keys: false, ..IDLE };
        for command in COMMANDS.iter().filter(|command| !command.keys.is_empty() && !command.keys.starts_with("Ctrl")) {
            let presses: Vec<_> = command.keys.split(' ').map(|part| (key(part), 0.0)).collect();
            assert_eq!(pressed(&presses, typing, |_| true), Outcome::Nothing, "{}", command.keys);
            assert_eq!(pressed(&presses, off, |_| true), Outcome::Nothing, "{}", command.keys);
        }
    }

    #[test]
    fn the_palette_opens_from_anywhere_but_a_dialog() {
        let palette = Press { ctrl: true, ..key("k") };
        for around in [IDLE, Circumstances { typing: true, single_keys: false, ..IDLE }] {
            assert_eq!(deed(pressed(&[(palette.clone(), 0.0)], around, |_| true)), Some(Deed::Palette));
        }
        assert_eq!(pressed(&[(palette, 0.0)], Circumstances { in_dialog: true, ..IDLE }, |_| true), Outcome::Nothing);
    }

    #[test]
    fn a_key_does_what_is_there_to_be_done() {
        let no_gate: fn(&Command) -> bool = |command| command.needs().is_none_or(|selector| !selector.contains("data-waits"));
        assert_eq!(deed(pressed(&[(key("r"), 0.0)], IDLE, |_| true)), Some(Deed::Focus("[data-waits] textarea")));
        assert_eq!(deed(pressed(&[(key("r"), 0.0)], IDLE, no_gate)), Some(Deed::Focus("[data-testid=retry] select")));
        assert_eq!(pressed(&[(key("x"), 0.0)], IDLE, |_| false), Outcome::Nothing);
    }

    #[test]
    fn escape_leaves_the_field_first_and_then_goes_up() {
        assert_eq!(pressed(&[(key("Escape"), 0.0)], Circumstances { typing: true, ..IDLE }, |_| true), Outcome::LeaveField);
        assert_eq!(pressed(&[(key("Escape"), 0.0)], IDLE, |_| true), Outcome::Up);
    }

    #[test]
    fn what_was_remapped_is_done_by_its_new_keys_alone() {
        let around = Circumstances { remapping: Remapping("g i=q i\nx=z\nm=\nd=ArrowDown\n"), ..IDLE };
        let done = |keys: &[&str]| {
            let presses: Vec<_> = keys.iter().map(|part| (key(part), 0.0)).collect();
            deed(pressed(&presses, around, |_| true))
        };
        assert_eq!(done(&["q", "i"]), Some(Deed::Go("/inbox")));
        assert_ne!(done(&["g", "i"]), Some(Deed::Go("/inbox")));
        assert_eq!(done(&["g", "p"]), Some(Deed::Go("/pipelines")), "the others stay");
        assert_eq!((done(&["z"]), done(&["x"])), (Some(Deed::Press("[data-action=cancel]")), None));
        assert_eq!(done(&["m"]), None);
        assert_eq!(done(&["ArrowDown"]), Some(Deed::Press("[data-action=changes]")));
        let palette = Press { ctrl: true, ..key("k") };
        assert_eq!(deed(pressed(&[(palette, 0.0)], around, |_| true)), Some(Deed::Palette));
    }
}
