//! The fields of the form, in its order.

use super::{ChosenChain, Form};
use crate::api::{self, Query};
use crate::model::form::{Field, messages_for};
use crate::model::urls::Filters;
use crate::ui::{FieldFrame, described_by};
use leptos::html::Details;
use leptos::prelude::*;
use std::collections::BTreeSet;

/// The id of a field's control.
pub(super) fn id_of(field: Field) -> String {
    static_id(field).to_owned()
}

fn static_id(field: Field) -> &'static str {
    match field {
        Field::Description => "new-description",
        Field::Title => "new-title",
        Field::Repo => "new-repo",
        Field::Template => "new-template",
        Field::Base => "new-base",
        Field::Branch => "new-branch",
        Field::Model => "new-model",
    }
}

#[component]
pub(super) fn Fields(form: Form) -> impl IntoView {
    let leave_repo = move |_| form.templates.restart();
    view! {
        <Description form />
        <Line form field=Field::Title label="Title" optional=true hint="Left empty, the first line of the description." />
        <div on:focusout=leave_repo>
            <Line
                form
                field=Field::Repo
                label="Repository"
                hint="The path of a git repository on the server's machine. Your checkout and your branch are not touched."
                placeholder="/home/you/project"
                list="new-repo-choices"
                mono=true
            />
            <RecentRepos />
        </div>
        <TemplateChoice form />
        <MoreFields form />
    }
}

/// What most people leave alone; it opens by itself where something in it is wrong.
#[component]
fn MoreFields(form: Form) -> impl IntoView {
    let fold = NodeRef::<Details>::new();
    Effect::new(move |_| {
        let has_fault =
            [Field::Base, Field::Branch, Field::Model].into_iter().any(|field| messages_for(field, &form.errors.read()).is_some());
        if let Some(fold) = fold.get().filter(|_| has_fault) {
            fold.set_open(true);
        }
    });
    view! {
        <details class="fold more-fields" node_ref=fold>
            <summary>"Base, branch and model"</summary>
            <div class="field-grid">
                <Line form field=Field::Base label="Base" optional=true hint="Branch, tag or commit to start from. Left empty, the branch that is checked out." mono=true />
                <Line form field=Field::Branch label="Branch" optional=true hint="Name of the new branch. Left empty, it is made from the title." placeholder="agency/…" mono=true />
                <Line form field=Field::Model label="Model" optional=true hint="For every step that names none. Left empty, OpenCode's own default." placeholder="provider/model" mono=true />
            </div>
        </details>
    }
}

fn error_of(form: Form, field: Field) -> Signal<Option<String>> {
    Signal::derive(move || messages_for(field, &form.errors.read()))
}

#[component]
fn Description(form: Form) -> impl IntoView {
    let id = static_id(Field::Description);
    let error = error_of(form, Field::Description);
    view! {
        <FieldFrame id label="What is to be built?" hint="Every agent is sent these words exactly as they stand here." error>
            <textarea
                id=id
                name="description"
                rows="9"
                required=""
                prop:value=Signal::derive(move || form.draft.read().description.clone())
                aria-describedby=Signal::derive(move || described_by(id, error.read().is_some()))
                aria-invalid=Signal::derive(move || error.read().is_some().to_string())
                on:input=move |event| form.set(Field::Description, event_target_value(&event))
            ></textarea>
        </FieldFrame>
    }
}

/// A field of one line.
#[component]
fn Line(
    form: Form,
    field: Field,
    label: &'static str,
    hint: &'static str,
    #[prop(optional)] optional: bool,
    #[prop(optional)] placeholder: &'static str,
    #[prop(optional)] list: &'static str,
    #[prop(optional)] mono: bool,
) -> impl IntoView {
    let id = static_id(field);
    let error = error_of(form, field);
    view! {
        <FieldFrame id label hint optional error>
            <input
                id=id
                name=field.name()
                type="text"
                autocomplete="off"
                spellcheck="false"
                class:mono=mono
                placeholder=placeholder
                list=(!list.is_empty()).then_some(list)
                prop:value=Signal::derive(move || form.draft.read().get(field).to_owned())
                aria-describedby=Signal::derive(move || described_by(id, error.read().is_some()))
                aria-invalid=Signal::derive(move || error.read().is_some().to_string())
                on:input=move |event| form.set(field, event_target_value(&event))
            />
        </FieldFrame>
    }
}

/// Repositories that pipelines ran on before.
#[component]
fn RecentRepos() -> impl IntoView {
    let recent = Query::new(|| async { api::first_pipelines(&Filters::default(), 50).await });
    let options = move || {
        let repos: BTreeSet<String> =
            recent.value().map(|page| page.items.iter().map(|pipeline| pipeline.repo.clone()).collect()).unwrap_or_default();
        repos.into_iter().map(|repo| view! { <option value=repo></option> }).collect_view()
    };
    view! { <datalist id="new-repo-choices">{options}</datalist> }
}

#[component]
fn TemplateChoice(form: Form) -> impl IntoView {
    let id = static_id(Field::Template);
    let error = error_of(form, Field::Template);
    let options = move || {
        let chosen = form.draft.read().template.clone();
        let page = form.templates.value();
        page.map(|page| {
            let option = |template: &agency_contract::Template| {
                let label = if template.error.is_some() { format!("{} (broken)", template.name) } else { template.name.clone() };
                view! {
                    <option value=template.name.clone() selected=template.name == chosen>
                        {label}
                    </option>
                }
            };
            page.items.iter().map(option).collect_view()
        })
    };
    let unavailable = move || form.templates.error().map(|error| view! { <p class="field-error">{error.title} ". " {error.detail}</p> });
    view! {
        <FieldFrame id label="Template" hint="Which agents work, in which order, and where you are asked." error>
            <select
                id=id
                name="template"
                aria-describedby=Signal::derive(move || described_by(id, error.read().is_some()))
                aria-invalid=Signal::derive(move || error.read().is_some().to_string())
                on:change=move |event| form.set(Field::Template, event_target_value(&event))
            >
                {options}
            </select>
            {unavailable}
            <ChosenChain form />
        </FieldFrame>
    }
}
