//! `/templates/:name` and `/agents/:name`: the text of one file, what is wrong with it while it is written, and the chain that it makes.

use super::catalog::{Chain, repo_of_url, source_label};
use super::catalog_form::TemplateFields;
use super::fetched::Fetched;
use crate::api::{self, Command, Query};
use crate::model::catalog::{Saved, Shelf, fault_line, span_of_line, what_saving_does};
use crate::model::json::from_value;
use crate::router::Router;
use crate::ui::{Button, ConfirmDialog, Kept, Kind, PageHeading, Refusal, Tag, TextField, When, region, store, stored};
use agency_contract::{CheckedFile, FieldError};
use leptos::prelude::*;
use std::sync::Arc;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlTextAreaElement;

const TEXT_ID: &str = "catalog-text";
/// What a new file is called until it has a name.
const NEW_NAME: &str = "mine";

#[derive(Clone, Copy)]
struct Editor {
    shelf: Shelf,
    name: RwSignal<String>,
    saved: RwSignal<Saved>,
    text: RwSignal<String>,
    check: Query<CheckedFile>,
}

/// The name in the address; `None` for a file that is to be made.
fn name_of_url() -> Option<String> {
    let path = Router::from_context().address().read_untracked().path.clone();
    path.rsplit('/').next().filter(|name| *name != "new").map(crate::model::route::decode)
}

#[component]
pub(crate) fn CatalogFile(shelf: Shelf) -> impl IntoView {
    match name_of_url() {
        Some(name) => {
            let repo = repo_of_url();
            let asked = name.clone();
            let file = Query::new(move || api::catalog_file(shelf.url(&asked, repo.as_deref())));
            let show =
                move |saved: Signal<Arc<Saved>>| view! { <Edit shelf name=name.clone() saved=Some((*saved.get_untracked()).clone()) /> };
            view! { <Fetched query=file label="Loading the file" lines=12 show /> }.into_any()
        }
        None => view! { <Edit shelf name=NEW_NAME.to_owned() saved=None /> }.into_any(),
    }
}

#[component]
fn Edit(shelf: Shelf, name: String, saved: Option<Saved>) -> impl IntoView {
    let draft_key = format!("agency.file.{}.{name}", shelf.word());
    let is_new = saved.is_none();
    let saved = saved.unwrap_or_else(|| Saved::new(shelf, NEW_NAME));
    let text = RwSignal::new(stored::<String>(&draft_key).filter(|draft| !draft.is_empty()).unwrap_or_else(|| saved.text.clone()));
    let (name, saved) = (RwSignal::new(name), RwSignal::new(saved));
    let repo = repo_of_url();
    let check = Query::new(move || api::check_file(shelf, repo.as_deref(), &name.get_untracked(), &text.get_untracked()));
    let editor = Editor { shelf, name, saved, text, check };
    let key = StoredValue::new(draft_key);
    let differs = Memo::new(move |_| saved.read().text != *text.read());
    let typed = Callback::new(move |typed: String| {
        text.set(typed);
        // Nothing typed is lost by leaving the page: what is as it was saved needs no keeping.
        key.with_value(|key| store(key, &if differs.get_untracked() { text.get_untracked() } else { String::new() }));
        check.refresh_soon();
    });
    let undo = Callback::new(move |()| typed.run(saved.read_untracked().text.clone()));
    let source = Kept::new(move || saved.read().source);
    let title = Signal::derive(move || name.get());
    view! {
        <div class="page-head">
            <PageHeading title=if is_new { "New file" } else { shelf.one() }>
                {if is_new { format!("New {}", shelf.one()).into_any() } else { view! { <code>{title}</code> }.into_any() }}
            </PageHeading>
            <p class="lead">
                {region(move || source.get().map(|source| view! { <Tag text=source_label(source) /> " " }))}
                {Signal::derive(move || what_saving_does(shelf, source.get()))}
            </p>
        </div>
        {is_new
            .then(|| {
                view! {
                    <TextField
                        id="catalog-name"
                        label="Name"
                        hint="Small letters, digits, - and _. Steps and people call it by this."
                        mono=true
                        value=name
                        on_input=Callback::new(move |typed: String| {
                            // A text that nobody has written in yet goes by the name.
                            let is_untouched = text.get_untracked() == shelf.beginning(&name.get_untracked());
                            if is_untouched {
                                text.set(shelf.beginning(&typed));
                            }
                            name.set(typed);
                            check.refresh_soon();
                        })
                    />
                }
            })}
        <div class="editor">
            <div class="editor-source card">
                <TextField id=TEXT_ID label="Source" hint="Ctrl Enter saves." rows=24 mono=true value=text on_input=typed />
                <Deeds editor differs undo key />
            </div>
            <Findings editor />
            {(shelf == Shelf::Templates).then(|| view! { <TemplateFields text typed /> })}
        </div>
    }
}

/// Save, take back, remove.
#[component]
fn Deeds(editor: Editor, differs: Memo<bool>, undo: Callback<()>, key: StoredValue<String>) -> impl IntoView {
    let Editor { shelf, name, saved, text, check } = editor;
    let (save, remove, asks) = (Command::new(), Command::new(), RwSignal::new(false));
    let router = Router::from_context();
    let done = RwSignal::new(false);
    let version = move || saved.read_untracked().version();
    let forget = move || key.with_value(|key| store(key, &String::new()));
    let on_save = Callback::new(move |()| {
        let named = name.get_untracked();
        let change = api::put_file(shelf.url(named.trim(), None), &text.get_untracked(), version());
        save.run(change, move |answer| {
            forget();
            done.set(true);
            if let Ok(now) = from_value(answer.clone()) {
                saved.set(now);
            }
            router.replace(&shelf.href(named.trim()));
            check.refresh();
        });
    });
    let on_remove = Callback::new(move |()| {
        remove.run(api::remove_file(shelf.url(&name.get_untracked(), None), version()), move |_| {
            forget();
            router.open(&format!("/{}", shelf.word()));
        });
    });
    let is_own = Signal::derive(move || saved.read().is_own());
    let after = move || match (done.get() && !differs.get(), saved.read().shadows) {
        (true, _) => "Saved.",
        (false, true) => "It counts in place of another file of this name.",
        (false, false) => "",
    };
    view! {
        <div class="actions">
            <Button kind=Kind::Primary confirms=true pending=save.pending on_press=on_save>
                "Save"
            </Button>
            <When when=differs>
                <Button on_press=undo>"Take my changes back"</Button>
            </When>
            <When when=is_own>
                <Button kind=Kind::Danger pending=remove.pending on_press=move |()| asks.set(true)>
                    "Remove"
                </Button>
            </When>
            <span class="muted" role="status">
                {Signal::derive(after)}
            </span>
        </div>
        <Refusal error=save.error />
        <Refusal error=remove.error />
        <ConfirmDialog
            open=asks
            title="Remove your file?"
            text="A built-in one of this name counts again, if there is one. Pipelines that run keep what they began with."
            confirm="Remove it"
            on_confirm=on_remove
        />
    }
}

/// What is wrong with the text as it is now, line by line, or the chain that it makes.
#[component]
fn Findings(editor: Editor) -> impl IntoView {
    let checked = Kept::new(move || editor.check.value().map(|checked| (*checked).clone()));
    let fault = move |fault: FieldError| {
        let line = fault.line;
        let go = move |_| go_to(line);
        view! {
            <li>
                <button type="button" class="link" on:click=go>
                    {fault_line(&fault)}
                </button>
            </li>
        }
    };
    view! {
        <aside class="editor-findings card" aria-label="What it says" data-testid="findings">
            {region(move || match checked.get() {
                None => view! { <p class="muted">"Looking at it …"</p> }.into_any(),
                Some(checked) => {
                    let (class, glyph, words) = verdict(checked.valid);
                    view! {
                        <p class=class>
                            <span class="glyph" aria-hidden="true">
                                {glyph}
                            </span>
                            {words}
                        </p>
                        <ul class="faults">{checked.errors.into_iter().map(fault).collect_view()}</ul>
                        <Chain steps=checked.steps />
                    }
                        .into_any()
                }
            })}
        </aside>
    }
}

/// The class, the glyph and the words for a text that can be saved or cannot.
fn verdict(valid: bool) -> (&'static str, &'static str, &'static str) {
    if valid { ("tone-good", "✓ ", "It can be saved.") } else { ("tone-bad", "✗ ", "It cannot be saved like this.") }
}

/// Puts the cursor on a line of the source.
fn go_to(line: Option<u32>) {
    let Some(field) = document().get_element_by_id(TEXT_ID).and_then(|field| field.dyn_into::<HtmlTextAreaElement>().ok()) else { return };
    let (start, end) = span_of_line(&field.value(), line.unwrap_or(1));
    // A field of the page takes focus and selection; where it does not, nothing is lost.
    let _ = field.focus();
    let _ = field.set_selection_range(start, end);
}
