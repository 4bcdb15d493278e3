//! A template's fields beside its source. The server reads them out of the text and changes the text; whatever else is in it stays as it is.

use super::catalog::repo_of_url;
use crate::api::{self, Command, Query};
use crate::model::form_fields::{add_step, heads_group, move_step, remove_step, set, step_of, steps_of};
use crate::ui::{Button, Kept, Refusal, When, after_change, keyed, region};
use agency_contract::{FormField, FormFieldKind, StepKind, TemplateForm};
use leptos::prelude::*;
use serde_json::Value;

/// The text, and who is told of another one.
#[derive(Clone, Copy)]
struct Form {
    repo: StoredValue<Option<String>>,
    text: RwSignal<String>,
    typed: Callback<String>,
    command: Command,
    fields: Kept<Vec<FormField>>,
}

impl Form {
    /// Has the server make a change.
    fn change(self, change: Value) {
        let typed = self.typed;
        let change = self.repo.with_value(|repo| api::edit_template(repo.as_deref(), &self.text.get_untracked(), change));
        self.command.run(change, move |answer| {
            typed.run(answer["content"].as_str().unwrap_or_default().to_owned());
        });
    }

    fn field(self, path: &str) -> Option<FormField> {
        self.fields.read().iter().find(|field| field.path == path).cloned()
    }
}

/// Fetched once it is opened.
#[component]
pub(super) fn TemplateFields(text: RwSignal<String>, typed: Callback<String>) -> impl IntoView {
    let is_open = RwSignal::new(false);
    view! {
        <details class="fold card editor-form" data-testid="form" on:toggle=move |_| is_open.set(true)>
            <summary>"The same as a form"</summary>
            <When when=is_open>
                <Fields text typed />
            </When>
        </details>
    }
}

#[component]
fn Fields(text: RwSignal<String>, typed: Callback<String>) -> impl IntoView {
    let repo = StoredValue::new(repo_of_url());
    let query: Query<TemplateForm> = Query::new(move || repo.with_value(|repo| api::template_form(repo.as_deref(), &text.get_untracked())));
    after_change(move || text.track(), move || query.refresh_soon());
    let fields = Kept::new(move || query.value().map(|form| form.fields.clone()).unwrap_or_default());
    let form = Form { repo, text, typed, command: Command::new(), fields };
    // A field is the same one as long as its path is: it keeps the focus while the text changes.
    let paths = StoredValue::new(Vec::<String>::new());
    let id_of = move |field: &FormField| {
        paths.try_update_value(|paths| {
            let place = paths.iter().position(|path| *path == field.path).unwrap_or_else(|| {
                paths.push(field.path.clone());
                paths.len() - 1
            });
            i64::try_from(place).unwrap_or_default()
        })
    };
    let ids = move || fields.read().iter().filter_map(id_of).collect();
    let row = move |id: i64| {
        let path = paths.with_value(|paths| paths[usize::try_from(id).unwrap_or_default()].clone());
        view! { <Row form path /> }
    };
    view! {
        <Refusal error=form.command.error />
        <When when=Signal::derive(move || query.value().is_some() && fields.read().is_empty())>
            <p class="hint">"This text cannot be taken apart into fields: mend the source first."</p>
        </When>
        <div class="form-fields">{keyed(ids, row)}</div>
    }
}

/// One field, below the heading of its group where it is the first.
#[component]
fn Row(form: Form, path: String) -> impl IntoView {
    let Some(FormField { label, kind, options, hint, .. }) = form.field(&path) else { return ().into_any() };
    let key = StoredValue::new(path);
    let field = Kept::new(move || key.with_value(|path| form.field(path)));
    let value = Signal::derive(move || (*field.read()).as_ref().map(|field| field.value.clone()).unwrap_or_default());
    let group = Kept::new(move || {
        let all = form.fields.read();
        let heads = key.with_value(|path| heads_group(&all, path));
        (*field.read()).as_ref().filter(|_| heads).map(|field| (field.group.clone(), steps_of(&all)))
    });
    let step = key.with_value(|path| step_of(path));
    let changed = move |event| {
        let typed = event_target_value(&event);
        if typed != value.get_untracked() {
            form.change(key.with_value(|path| set(path, &typed)));
        }
    };
    let name = Signal::derive(move || (*field.read()).as_ref().map(|field| format!("{}, {}", field.group, field.label)));
    let is_long = matches!(kind, FormFieldKind::LongText | FormFieldKind::List);
    let control = match kind {
        FormFieldKind::Choice => {
            let chosen = value.get_untracked();
            let own = (!options.contains(&chosen)).then_some(chosen);
            let all = own
                .into_iter()
                .chain(options)
                .map(|option| view! { <option value=option.clone()>{option.clone()}</option> })
                .collect_view();
            view! { <select aria-label=name prop:value=value on:change=changed>{all}</select> }.into_any()
        }
        FormFieldKind::LongText | FormFieldKind::List => {
            view! { <textarea aria-label=name rows="2" prop:value=value on:change=changed></textarea> }.into_any()
        }
        FormFieldKind::Text | FormFieldKind::Number | FormFieldKind::Span => {
            let example = options.into_iter().next();
            view! { <input type="text" autocomplete="off" aria-label=name placeholder=example prop:value=value on:change=changed /> }
                .into_any()
        }
    };
    view! {
        {region(move || group.get().map(|(group, steps)| view! { <GroupHead form group step steps /> }))}
        <div class="field" class:wide=is_long>
            <label>{label} {control}</label>
            <p class="hint">{hint}</p>
        </div>
    }
    .into_any()
}

/// What can be done with a whole step.
#[component]
fn GroupHead(form: Form, group: String, step: Option<u32>, steps: u32) -> impl IntoView {
    let act = move |word: &'static str, change: Value| {
        view! { <Button pending=form.command.pending on_press=move |()| form.change(change.clone())>{word}</Button> }
    };
    let deeds = step.map(|step| {
        view! {
            <div class="actions">
                {(step > 0).then(|| act("Up", move_step(step, step.saturating_sub(1))))}
                {(step + 1 < steps).then(|| act("Down", move_step(step, step + 1)))}
                {act("Add an agent", add_step(step, StepKind::Agent))}
                {act("Add a check", add_step(step, StepKind::Check))}
                {act("Add an approval", add_step(step, StepKind::Approval))}
                {(steps > 1).then(|| act("Remove", remove_step(step)))}
            </div>
        }
    });
    view! {
        <div class="form-group">
            <h3>{group}</h3>
            {deeds}
        </div>
    }
}
