//! What the reader likes: theme, density, keys, notifications, a sound. Kept in this browser and carried out at once.

use super::elements::window_width;
use super::storage::{store, stored};
use crate::model::inspector;
use crate::model::remapping::sound;
use leptos::prelude::*;

const THEME: &str = "agency.theme";
const DENSITY: &str = "agency.density";
const DETAIL: &str = "agency.detail";
const DIFF: &str = "agency.diff";
const IGNORE_SPACE: &str = "agency.ignore-space";
const INSPECTOR: &str = "agency.inspector";
const INSPECTOR_WIDTH: &str = "agency.inspector_width";
const SINGLE_KEYS: &str = "agency.single_keys";
const REMAPPING: &str = "agency.remapping";
const PUT_OFF: &str = "agency.put_off";
const NOTIFICATIONS: &str = "agency.notifications";
const SOUND: &str = "agency.sound";

const ON: &str = "on";
const OFF: &str = "off";

/// The words of the `data-theme` attribute; `system` leaves the attribute away.
pub(crate) const THEMES: [(&str, &str); 3] = [("system", "As the system"), ("light", "Light"), ("dark", "Dark")];
/// The words of the `data-density` attribute.
pub(crate) const DENSITIES: [(&str, &str); 2] = [("comfortable", "Comfortable"), ("compact", "Compact")];

/// The words of the `data-detail` attribute: how much of a transcript is shown.
pub(crate) const DETAILS: [(&str, &str); 3] = [(SUMMARY, "Summary"), (NORMAL, "Normal"), (EVERYTHING, "Everything")];
const SUMMARY: &str = "summary";
const NORMAL: &str = "normal";
/// With every fold open.
pub(crate) const EVERYTHING: &str = "everything";

/// The words of the `data-diff` attribute: lines one after the other, or before and after side by side.
const DIFFS: [&str; 2] = ["unified", "split"];

/// A liking that is one word out of a few.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) word: RwSignal<String>,
    key: &'static str,
    attribute: &'static str,
}

/// A liking that is on or off.
#[derive(Clone, Copy)]
pub(crate) struct Switch {
    pub(crate) is_on: RwSignal<bool>,
    key: &'static str,
}

#[derive(Clone, Copy)]
pub(crate) struct Preferences {
    pub(crate) theme: Choice,
    pub(crate) density: Choice,
    /// How much of a transcript is shown.
    pub(crate) detail: Choice,
    pub(crate) diff: Choice,
    /// Whether a diff leaves out what differs in white space alone.
    pub(crate) ignore_space: Switch,
    /// Where the inspector stands.
    pub(crate) inspector: Choice,
    /// Whether keys without Control do something.
    pub(crate) single_keys: Switch,
    pub(crate) notifications: Switch,
    pub(crate) sound: Switch,
}

/// A word is all that is kept, of switches too: one reader and one writer for all.
fn kept(key: &str) -> String {
    stored(key).unwrap_or_default()
}

fn keep(key: &str, word: &str) {
    store(key, &word.to_owned());
}

/// How wide the inspector is beside the step, in CSS pixels.
pub(crate) fn inspector_width() -> i64 {
    inspector::kept_width(&kept(INSPECTOR_WIDTH))
}

pub(crate) fn keep_inspector_width(width: i64) {
    keep(INSPECTOR_WIDTH, &width.to_string());
}

/// What the reader has in the place of single keys, for [`Remapping`](crate::model::remapping::Remapping). Asked for by one key or one list at a time,
/// it is read where it is kept; so a change in another tab counts too.
pub(crate) fn kept_keys() -> String {
    sound(&kept(REMAPPING))
}

pub(crate) fn keep_keys(kept: &str) {
    keep(REMAPPING, kept);
}

/// The gates that the reader has put off, for [`put_off`](crate::model::put_off).
pub(crate) fn kept_put_off() -> String {
    kept(PUT_OFF)
}

pub(crate) fn keep_put_off(kept: &str) {
    keep(PUT_OFF, kept);
}

impl Choice {
    fn new(key: &'static str, attribute: &'static str, words: &[&'static str]) -> Self {
        let word = kept(key);
        let known = words.iter().find(|known| **known == word).unwrap_or(&words[0]);
        let choice = Self { word: RwSignal::new((*known).to_owned()), key, attribute };
        choice.apply();
        choice
    }

    pub(crate) fn set(self, word: &str) {
        self.word.set(word.to_owned());
        keep(self.key, word);
        self.apply();
    }

    fn apply(self) {
        let Some(root) = document().document_element() else { return };
        // A name and a value of ours are never refused.
        let _ = root.set_attribute(self.attribute, &self.word.read_untracked());
    }
}

impl Switch {
    fn new(key: &'static str, otherwise: bool) -> Self {
        let is_on = match kept(key).as_str() {
            ON => true,
            OFF => false,
            _ => otherwise,
        };
        Self { is_on: RwSignal::new(is_on), key }
    }

    pub(crate) fn set(self, is_on: bool) {
        self.is_on.set(is_on);
        keep(self.key, if is_on { ON } else { OFF });
    }
}

impl Preferences {
    /// Reads what is kept, carries it out, and provides it as context. Call once, before the first paint.
    pub(crate) fn provide() -> Self {
        let preferences = Self {
            theme: Choice::new(THEME, "data-theme", &THEMES.map(|(word, _)| word)),
            density: Choice::new(DENSITY, "data-density", &DENSITIES.map(|(word, _)| word)),
            detail: Choice::new(DETAIL, "data-detail", &[NORMAL, SUMMARY, EVERYTHING]),
            diff: Choice::new(DIFF, "data-diff", &DIFFS),
            ignore_space: Switch::new(IGNORE_SPACE, false),
            inspector: Choice::new(INSPECTOR, "data-inspector", &inspector::words(window_width())),
            single_keys: Switch::new(SINGLE_KEYS, true),
            notifications: Switch::new(NOTIFICATIONS, false),
            sound: Switch::new(SOUND, false),
        };
        provide_context(preferences);
        preferences
    }

    pub(crate) fn from_context() -> Self {
        expect_context()
    }
}
