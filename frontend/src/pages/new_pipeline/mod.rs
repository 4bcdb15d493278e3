//! `/pipelines/new`: the form. What is typed is kept in this browser until the pipeline exists.

mod again;
mod attach;
mod description;
mod dry_run;
mod fields;
mod standing;
mod tailor;

use super::catalog::Chain;
use super::record::Record;
use super::setup::SetupNotice;
use crate::api::{self, Command, Query};
use crate::model::attachments::{Held, is_of_attachments};
use crate::model::form::{Draft, Field, TAILORED, first_with_fault, messages_for_no_field, preselected};
use crate::model::tailoring::preview;
use crate::model::urls;
use crate::router::Router;
use crate::ui::{Button, ErrorCard, Kept, Kind, PageHeading, effect, new_key, region, store, stored};
use again::Again;
use agency_contract::{FieldError, Page, Pipeline, Template};
use dry_run::{DryRunButton, DryRunView, Rehearsal};
use fields::Fields;
use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen::JsCast as _;

const DRAFT_KEY: &str = "agency.draft";

/// The form's state, for its fields.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) draft: RwSignal<Draft>,
    /// The files that are attached; they are kept nowhere else.
    pub(super) held: RwSignal<Vec<Held>>,
    /// What is wrong, as the page or the server found it.
    pub(super) errors: RwSignal<Vec<FieldError>>,
    pub(super) templates: Query<Page<Template>>,
    /// The repository's path as it was when its field was left.
    pub(super) left_repo: RwSignal<String>,
}

impl Form {
    fn new() -> Self {
        let mut draft: Draft = stored(DRAFT_KEY).unwrap_or_default();
        if draft.key.is_empty() {
            draft.key = new_key();
        }
        draft.lose_files(new_key);
        let draft = RwSignal::new(draft);
        let templates = Query::new(move || api::templates(Some(draft.read_untracked().get(Field::Repo).trim())));
        let left_repo = RwSignal::new(draft.read_untracked().get(Field::Repo).to_owned());
        Self { draft, held: RwSignal::new(Vec::new()), errors: RwSignal::new(Vec::new()), templates, left_repo }
    }

    pub(super) fn set(self, field: Field, value: String) {
        self.draft.update(|draft| draft.set(field, value, new_key));
        self.errors.update(|errors| errors.retain(|error| error.field != field.name()));
        store(DRAFT_KEY, &*self.draft.read_untracked());
    }

    /// Attaches files, or takes them away.
    pub(super) fn change_files(self, change: impl FnOnce(&mut Vec<Held>)) {
        self.held.update(change);
        self.draft.update(|draft| draft.set_files(&self.held.read_untracked(), new_key));
        store(DRAFT_KEY, &*self.draft.read_untracked());
    }

    /// Asks again what another pipeline was asked; `files` are the names of what was attached to it.
    pub(super) fn begin_with(self, pipeline: &Pipeline, files: &str) {
        self.held.set(Vec::new());
        self.draft.set(Draft::of_pipeline(pipeline, files, new_key()));
        self.errors.set(Vec::new());
        store(DRAFT_KEY, &*self.draft.read_untracked());
        self.templates.restart();
        self.left_repo.set(pipeline.repo.clone());
    }

    /// The request that the fields make; `None` where something is wrong with them, which then stands at its field.
    fn checked(self) -> Option<Value> {
        let faults = self.draft.read_untracked().faults();
        focus_first(&faults);
        let is_fine = faults.is_empty();
        self.errors.set(faults);
        is_fine.then(|| self.draft.read_untracked().request(&self.held.read_untracked()))
    }

    fn chosen(self) -> Option<Template> {
        let name = self.draft.read().get(Field::Template).to_owned();
        self.templates.value()?.items.iter().find(|template| template.name == name).cloned()
    }
}

#[component]
pub(crate) fn NewPipeline() -> impl IntoView {
    let form = Form::new();
    choose_a_template(form);
    let (command, rehearsal) = (Command::new(), Rehearsal::new());
    let submit = submit(form, command);
    view! {
        <div class="page-head">
            <PageHeading title="New pipeline">"New pipeline"</PageHeading>
        </div>
        <Again form />
        <form
            class="card form"
            novalidate=""
            aria-label="New pipeline"
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            <Problems form command />
            <Problems form command=rehearsal.command />
            <Fields form />
            // Where it is read before the start, and moves no field when it comes.
            <SetupNotice />
            <div class="actions">
                <Button kind=Kind::Primary submits=true confirms=true pending=command.pending>
                    "Start the pipeline"
                </Button>
                <DryRunButton form rehearsal />
                <span class="muted">
                    <kbd>"Ctrl"</kbd>
                    " "
                    <kbd>"Enter"</kbd>
                </span>
            </div>
        </form>
        <DryRunView rehearsal />
    }
}

/// Checks, sends, and opens the pipeline; what is wrong goes to its field.
fn submit(form: Form, command: Command) -> impl Fn() + 'static {
    let router = Router::from_context();
    move || {
        let Some(request) = form.checked() else { return };
        form.draft.update(|draft| draft.sent = true);
        store(DRAFT_KEY, &*form.draft.read_untracked());
        let key = form.draft.read_untracked().key.clone();
        command.run(api::create_pipeline(request, key), move |made| {
            store(DRAFT_KEY, &form.draft.read_untracked().successor(new_key()));
            router.open(&urls::of_made(made));
        });
    }
}

/// A template is chosen for who has not chosen: the form then shows what a chain looks like.
fn choose_a_template(form: Form) {
    effect(move || {
        let Some(page) = form.templates.value() else { return };
        let name = form.draft.read_untracked().get(Field::Template).to_owned();
        let usable = page.items.iter().filter(|template| template.error.is_none()).map(|template| template.name.as_str());
        if page.items.iter().all(|template| template.name != name)
            && let Some(first) = preselected(usable)
        {
            form.set(Field::Template, first.to_owned());
        }
    });
}

fn focus_first(errors: &[FieldError]) {
    let of_files = errors.iter().any(|error| is_of_attachments(&error.field)).then(|| attach::ID.to_owned());
    let Some(id) = first_with_fault(errors).map(fields::id_of).or(of_files) else { return };
    let element = document().get_element_by_id(&id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        // An element that cannot take the focus leaves it where it is.
        let _ = element.focus();
    }
}

/// What the server refused: each fault at its field, the rest here.
#[component]
fn Problems(form: Form, command: Command) -> impl IntoView {
    effect(move || {
        if let Some(error) = command.error.get() {
            form.errors.set(error.fields.clone());
            focus_first(&error.fields);
        }
    });
    let elsewhere = move || {
        let messages = messages_for_no_field(&form.errors.read());
        (!messages.is_empty())
            .then(|| view! { <ul class="field-error">{messages.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}</ul> })
    };
    view! {
        {region(move || command.error.get().map(|error| view! { <ErrorCard error /> }))}
        {region(elsewhere)}
    }
}

/// The chain of the chosen template, or why it cannot be used.
#[component]
pub(super) fn ChosenChain(form: Form) -> impl IntoView {
    let chosen = Kept::new(move || form.chosen());
    let tailored = Kept::new(move || TAILORED.map(|field| form.draft.read().get(field).to_owned()));
    let chain = region(move || {
        chosen.get().map(|template| {
            view! {
                <p class="hint">{template.description}</p>
                {template.error.map(|error| view! { <p class="field-error">"This template cannot be used: " {error}</p> })}
                {region(move || {
                    let [skip, ask_after] = tailored.get();
                    view! { <Chain steps=preview(&template.steps, &skip, &ask_after) /> }
                })}
                <Record template=template.name />
            }
        })
    });
    view! { <div class="chain-place">{chain}</div> }
}
