//! What is shown when the page itself breaks.
//!
//! A panic ends the whole module while the page still looks alive. So the hook, which runs before that end, puts up a dialog made of plain DOM: no
//! component and no signal, because those are what may have broken.

use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, HtmlElement};

/// Call once, before anything is mounted.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // A second panic while the dialog is built must not hide the first one.
        let _ = show_dialog(&info.to_string());
    }));
}

fn show_dialog(message: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    if document.get_element_by_id("crash").is_some() {
        return Some(());
    }
    let dialog = element(&document, "div", "crash", "")?;
    for (name, value) in [("id", "crash"), ("role", "alertdialog"), ("aria-modal", "true"), ("aria-labelledby", "crash-title")] {
        dialog.set_attribute(name, value).ok()?;
    }
    let title = element(&document, "h2", "crash-title", "The page stopped working")?;
    title.set_id("crash-title");
    let text = "Your pipelines go on: they live on the server. Reload to see them again.";
    let reload = element(&document, "a", "button primary", "Reload")?;
    reload.set_attribute("href", "").ok()?;
    let card = element(&document, "div", "crash-card", "")?;
    for child in [title, element(&document, "p", "", text)?, element(&document, "pre", "", message)?, reload.clone()] {
        card.append_child(&child).ok()?;
    }
    dialog.append_child(&card).ok()?;
    document.body()?.append_child(&dialog).ok()?;
    reload.dyn_into::<HtmlElement>().ok()?.focus().ok()
}

fn element(document: &Document, name: &str, class: &str, text: &str) -> Option<Element> {
    let element = document.create_element(name).ok()?;
    element.set_class_name(class);
    element.set_text_content(Some(text));
    Some(element)
}
