//! Carries out what a key or the palette asks for.

use super::Shell;
use crate::model::commands::{ACTED_ON, Command, Deed, TRANSCRIPT};
use crate::model::selection::place_fragment;
use crate::ui::{bring_into_sight, listed};
use leptos::prelude::*;
use std::iter::successors;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, FocusOptions, HtmlDetailsElement, HtmlElement, ScrollLogicalPosition};

/// Whether what the command acts on is on screen.
pub(super) fn is_there(command: &Command) -> bool {
    command.needs().is_none_or(|selector| {
        let found = document().query_selector(selector).ok().flatten();
        found.is_some_and(|element| is_in_reach(command, &element))
    })
}

/// What the style sheet hides is not pressed. What gets the focus may lie in a fold, which then opens.
fn is_in_reach(command: &Command, element: &Element) -> bool {
    !matches!(command.deed, Deed::Press(_)) || element.get_bounding_client_rect().width() > 0.0
}

/// The same for many commands of the palette at once.
pub(super) fn those_there() -> impl Fn(&Command) -> bool {
    let elements = acted_on();
    move |command| {
        let fits = |element: &Element, selector| element.matches(selector) == Ok(true) && is_in_reach(command, element);
        command.needs().is_none_or(|selector| elements.iter().any(|element| fits(element, selector)))
    }
}

/// Whatever a command of the palette may act on, in one walk around the transcript, which may hold half a million elements and none of these.
fn acted_on() -> Vec<Element> {
    let mut found = Vec::new();
    let mut at = document().query_selector(TRANSCRIPT).ok().flatten();
    if at.is_none() {
        found.extend(all(ACTED_ON).into_iter().map(Element::from));
    }
    while let Some(element) = at {
        let before = successors(element.previous_element_sibling(), Element::previous_element_sibling);
        let after = successors(element.next_element_sibling(), Element::next_element_sibling);
        for beside in before.chain(after) {
            found.extend(listed(beside.query_selector_all(ACTED_ON)).into_iter().map(Element::from));
            found.push(beside);
        }
        at = element.parent_element();
        found.push(element);
    }
    found
}

pub(super) fn carry_out(shell: Shell, command: &Command) {
    match command.deed {
        Deed::Palette => shell.palette.set(true),
        Deed::Sheet => shell.sheet.set(true),
        Deed::Go(href) => shell.router.open(href),
        Deed::Press(selector) => press(first(selector)),
        Deed::Focus(selector) => focus(first(selector)),
        Deed::Move(selector, by) => focus(beside(selector, by, &focused_in)),
        Deed::Turn(selector, by) => press(beside(selector, by, &|element| element.has_attribute("aria-current"))),
        Deed::Confirm => confirm(),
        Deed::Folds => turn_folds(),
        Deed::CopyLink => copy_link(),
    }
}

fn all(selector: &str) -> Vec<HtmlElement> {
    listed(document().query_selector_all(selector))
}

fn first(selector: &str) -> Option<HtmlElement> {
    all(selector).into_iter().next()
}

fn press(element: Option<HtmlElement>) {
    if let Some(element) = element {
        element.click();
    }
}

/// Opens the folds around an element, brings it into sight, and gives it the focus.
fn focus(element: Option<HtmlElement>) {
    let Some(element) = element else { return };
    let mut fold = element.closest("details:not([open])");
    while let Ok(Some(closed)) = fold {
        let _ = closed.set_attribute("open", "");
        fold = element.closest("details:not([open])");
    }
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    // An element that cannot take the focus leaves it where it is.
    let _ = element.focus_with_options(&options);
    bring_into_sight(&element, ScrollLogicalPosition::Nearest);
}

/// Goes to what a selector finds first; a fold around it opens.
pub(crate) fn focus_first(selector: &str) {
    focus(first(selector));
}

fn focused_in(element: &Element) -> bool {
    document().active_element().is_some_and(|active| element.contains(Some(&active)))
}

/// The element before or after the one that is chosen; from nowhere, the first or the last.
fn beside(selector: &str, by: i32, is_chosen: &dyn Fn(&Element) -> bool) -> Option<HtmlElement> {
    let mut elements = all(selector);
    let last = i32::try_from(elements.len()).ok()? - 1;
    let chosen = elements.iter().position(|element| is_chosen(element)).and_then(|place| i32::try_from(place).ok());
    let place = chosen.map_or(if by > 0 { 0 } else { last }, |place| (place + by).clamp(0, last));
    (last >= 0).then(|| elements.swap_remove(usize::try_from(place).unwrap_or_default()))
}

/// Only where the focus is in what is to be confirmed: no stray key confirms anything, and nobody who may only read.
fn confirm() {
    let around = document().active_element().and_then(|active| active.closest("form, .steer-body, .card").ok().flatten());
    let button = around.and_then(|around| around.query_selector("[data-confirm]:not([data-rights] *)").ok().flatten());
    press(button.and_then(|button| button.dyn_into().ok()));
}

fn turn_folds() {
    let folds: Vec<HtmlDetailsElement> =
        all("[data-testid=transcript] details").into_iter().filter_map(|element| element.dyn_into().ok()).collect();
    let opens = folds.iter().any(|fold| !fold.open());
    for fold in folds {
        fold.set_open(opens);
    }
}

/// To the entry of the transcript that the focus is in, else to the page as it is.
fn copy_link() {
    let location = window().location();
    if let (Ok(origin), Ok(href)) = (location.origin(), location.href()) {
        // Refused only where the reader forbids it.
        drop(window().navigator().clipboard().write_text(&link_to_part(&origin).or_else(|| link_to_line(&href)).unwrap_or(href)));
    }
}

/// To the line of a diff that has the focus.
fn link_to_line(href: &str) -> Option<String> {
    let row = document().active_element()?.closest("tr[data-new]").ok()??;
    let (file, line) = (row.closest("[data-path]").ok()??.get_attribute("data-path")?, row.get_attribute("data-new")?);
    let page = href.split('#').next()?;
    Some([page, &place_fragment(&[&file, ":", &line].concat())].concat())
}

fn link_to_part(origin: &str) -> Option<String> {
    let row = document().active_element()?.closest("li[id^=part-]").ok()??;
    let transcript = row.closest(TRANSCRIPT).ok()??.get_attribute("data-href")?;
    let separator = if transcript.contains('?') { '&' } else { '?' };
    Some([origin, &transcript, &separator.to_string(), "part=", row.id().strip_prefix("part-")?].concat())
}
