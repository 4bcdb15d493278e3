//! The one listener for keys.

use super::Shell;
use super::deeds::{carry_out, is_there};
use crate::model::commands::above;
use crate::model::keys::{Circumstances, Keyboard, Outcome, Press};
use crate::model::remapping::Remapping;
use crate::model::route::Route;
use crate::ui::{Preferences, is_dialog_open, kept_keys};
use leptos::ev;
use leptos::prelude::*;
use std::cell::RefCell;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, KeyboardEvent};

/// Call once, at the root.
pub(super) fn listen(shell: Shell) {
    let keyboard = RefCell::new(Keyboard::default());
    let single_keys = Preferences::from_context().single_keys.is_on;
    let _ = window_event_listener(ev::keydown, move |event: KeyboardEvent| {
        // What an element has taken for itself, and what belongs to the writing of one character, is nobody else's.
        if event.default_prevented() || event.is_composing() {
            return;
        }
        let press = Press { key: event.key(), ctrl: event.ctrl_key() || event.meta_key(), alt: event.alt_key() };
        let field = field_of(&event);
        let kept = if field.is_some() { String::new() } else { kept_keys() };
        let around = Circumstances {
            typing: field.is_some(),
            in_dialog: is_dialog_open(),
            single_keys: single_keys.get_untracked(),
            remapping: Remapping(&kept),
        };
        match keyboard.borrow_mut().press(&press, event.time_stamp(), around, is_there) {
            Outcome::Nothing => {}
            Outcome::Wait => event.prevent_default(),
            Outcome::Run(command) => {
                event.prevent_default();
                carry_out(shell, command);
            }
            Outcome::LeaveField => drop(field.map(|field| field.blur())),
            Outcome::Up => go_up(shell),
        }
    });
}

/// The field that the key was typed into.
fn field_of(event: &KeyboardEvent) -> Option<HtmlElement> {
    let element: HtmlElement = event.target()?.dyn_into().ok()?;
    let fields = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
    element.matches(fields).ok()?.then_some(element)
}

fn go_up(shell: Shell) {
    let route = Route::of(&shell.router.address().read_untracked().path);
    if let Some(href) = above(route) {
        shell.router.open(&href);
    }
}
