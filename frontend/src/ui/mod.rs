//! Pieces that know no word of the domain: buttons, dialogs, states, times, fields.

mod badge;
mod button;
mod choices;
mod clock;
mod copy;
mod dialog;
mod elements;
mod field;
mod filter_bar;
mod heading;
mod inline;
mod modal;
mod preferences;
mod reactive;
mod required;
mod rows;
mod search_box;
mod sound;
mod states;
mod storage;
mod theme;

pub(crate) use badge::{BadgeView, Tag};
pub(crate) use button::{Button, Kind};
pub(crate) use choices::{Choices, Toggle};
pub(crate) use clock::{Ago, Clock, Elapsed, local_time};
pub(crate) use copy::{CopyButton, ShownOnce};
pub(crate) use dialog::ConfirmDialog;
pub(crate) use elements::{bring_into_sight, hear, listed, window_width};
pub(crate) use field::{FieldFrame, SelectBox, TextArea, TextField, described_by};
pub(crate) use filter_bar::FilterBar;
pub(crate) use heading::{PageHeading, Visits};
pub(crate) use inline::Inline;
pub(crate) use modal::{Modal, is_dialog_open};
pub(crate) use preferences::{
    DENSITIES, DETAILS, EVERYTHING, Preferences, THEMES, inspector_width, keep_inspector_width, keep_keys, keep_put_off, kept_keys,
    kept_put_off,
};
pub(crate) use reactive::{Kept, When, after_change, effect, region};
pub(crate) use required::Required;
pub(crate) use rows::keyed;
pub(crate) use sound::{chime, chime_once};
pub(crate) use states::{EmptyState, ErrorCard, Refusal, Skeleton, StaleNote};
pub(crate) use storage::{new_key, store, stored};
pub(crate) use theme::ThemeButton;
