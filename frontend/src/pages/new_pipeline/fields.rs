//! The fields of the form, in its order.

use super::description::Description;
use super::standing::Standing;
use super::tailor::Tailor;
use super::{ChosenChain, Form};
use crate::api::{self, Query};
use crate::model::form::{Field, LIMITS, MORE, messages_for};
use crate::model::urls::Filters;
use crate::ui::{FieldFrame, TextField, described_by, effect, region};
use leptos::html::Details;
use leptos::prelude::*;

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
        Field::Skip => "new-skip",
        Field::AskAfter => "new-ask-after",
        Field::Tokens => "new-tokens",
        Field::Money => "new-money",
        Field::Minutes => "new-minutes",
        Field::Attempts => "new-attempts",
        Field::Base => "new-base",
        Field::Branch => "new-branch",
        Field::Model => "new-model",
    }
}

#[component]
pub(super) fn Fields(form: Form) -> impl IntoView {
    let leave_repo = move |_| {
        form.templates.restart();
        form.left_repo.set(form.draft.read_untracked().get(Field::Repo).to_owned());
    };
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
            <Standing form />
        </div>
        <TemplateChoice form />
        <Limits form />
        <MoreFields form />
    }
}

/// Fields that most people leave alone; the fold opens by itself where something in it is wrong.
#[component]
pub(super) fn Fold(form: Form, summary: &'static str, fields: &'static [Field], children: Children) -> impl IntoView {
    let fold = NodeRef::<Details>::new();
    effect(move || {
        let has_fault = fields.iter().any(|field| messages_for(*field, &form.errors.read()).is_some());
        if let Some(fold) = fold.get().filter(|_| has_fault) {
            fold.set_open(true);
        }
    });
    view! {
        <details class="fold more-fields" node_ref=fold>
            <summary>{summary}</summary>
            <div class="field-grid">{children()}</div>
        </details>
    }
}

/// Ceilings of the run. At one of them it pauses with everything intact.
#[component]
fn Limits(form: Form) -> impl IntoView {
    view! {
        <Fold form summary="Limits" fields=&LIMITS>
            <p class="hint">"At a limit the pipeline pauses with everything intact, and goes on once you raise it. Left empty, the template's own limit holds."</p>
            <Line form field=Field::Tokens label="Tokens" optional=true hint="Of all kinds together." placeholder="2000000" />
            <Line form field=Field::Money label="Money" optional=true hint="In US dollars, as the provider counts them." placeholder="5.00" />
            <Line form field=Field::Minutes label="Minutes" optional=true hint="Of agents' and checks' time, not of waiting." placeholder="120" />
            <Line form field=Field::Attempts label="Attempts" optional=true hint="Of all steps together." placeholder="20" />
        </Fold>
    }
}

#[component]
fn MoreFields(form: Form) -> impl IntoView {
    view! {
        <Fold form summary="Base, branch and model" fields=&MORE>
            <Line form field=Field::Base label="Base" optional=true hint="Branch, tag or commit to start from. Left empty, the branch that is checked out." mono=true />
            <Line form field=Field::Branch label="Branch" optional=true hint="Name of the new branch. Left empty, it is made from the title." placeholder="agency/…" mono=true />
            <Line form field=Field::Model label="Model" optional=true hint="For every step that names none. Left empty, OpenCode's own default." placeholder="provider/model" mono=true />
        </Fold>
    }
}

pub(super) fn error_of(form: Form, field: Field) -> Signal<Option<String>> {
    Signal::derive(move || messages_for(field, &form.errors.read()))
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
    view! {
        <TextField
            id=static_id(field)
            name=field.name()
            label
            hint
            optional
            placeholder
            list
            mono
            value=Signal::derive(move || form.draft.read().get(field).to_owned())
            error=error_of(form, field)
            on_input=Callback::new(move |text| form.set(field, text))
        />
    }
}

/// Repositories that pipelines ran on before.
#[component]
fn RecentRepos() -> impl IntoView {
    let recent = Query::new(|| api::pipelines(Filters::default(), 50));
    let options = move || {
        let mut repos: Vec<String> = Vec::new();
        for pipeline in recent.value().iter().flat_map(|page| &page.items) {
            if !repos.contains(&pipeline.repo) {
                repos.push(pipeline.repo.clone());
            }
        }
        repos.into_iter().map(|repo| view! { <option value=repo></option> }).collect_view()
    };
    view! { <datalist id="new-repo-choices">{region(options)}</datalist> }
}

#[component]
fn TemplateChoice(form: Form) -> impl IntoView {
    let id = static_id(Field::Template);
    let error = error_of(form, Field::Template);
    let options = move || {
        let chosen = form.draft.read().get(Field::Template).to_owned();
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
                {region(options)}
            </select>
            {region(unavailable)}
            <ChosenChain form />
        </FieldFrame>
        <Tailor form />
    }
}
