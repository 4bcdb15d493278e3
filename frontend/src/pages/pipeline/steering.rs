//! What the reader can do to a pipeline besides deciding: say something, begin a step afresh, go on from a step with a new pipeline.

use super::Open;
use super::grants::Grants;
use crate::api::{self, Command};
use crate::model::bodies;
use crate::model::control::{Controls, delivery};
use crate::router::Router;
use crate::ui::{Ago, Button, Kept, Kind, Refusal, Required, SelectBox, TextField, When, region};
use agency_contract::Message;
use leptos::prelude::*;

#[component]
pub(super) fn Steering(open: Open, controls: Kept<Controls>) -> impl IntoView {
    let has_messages = Kept::new(move || !open.detail.read().messages.is_empty());
    view! {
        <div class="steering">
            <When when=Signal::derive(move || controls.read().can_talk || has_messages.get())>
                <Talk open controls />
            </When>
            <Grants open />
            <StepFold open controls act=RETRY />
            <StepFold open controls act=FORK />
        </div>
    }
}

/// Words to the agent that runs, or to the next one.
#[component]
fn Talk(open: Open, controls: Kept<Controls>) -> impl IntoView {
    let command = Command::new();
    let message = Required::new("Write what the agent shall know.");
    let send = Callback::new(move |()| {
        if let Some(said) = message.given() {
            command.run(api::send_message(open.id, &said), move |_| {
                message.text.set(String::new());
                open.query.refresh();
            });
        }
    });
    view! {
        <details class="fold steer" data-testid="talk">
            <summary>"Say something to the agent"</summary>
            <div class="steer-body">
                <Messages open />
                <When when=Signal::derive(move || controls.read().can_talk)>
                    <TextField
                        id="message-text"
                        label="Message"
                        hint="Sent to the agent at work at once, else to the next attempt."
                        rows=2
                        value=message.text
                        error=message.error()
                        on_input=message.typed()
                    />
                    <div class="actions">
                        <Button confirms=true pending=command.pending on_press=send>
                            "Send"
                        </Button>
                    </div>
                </When>
                <Refusal error=command.error />
            </div>
        </details>
    }
}

#[component]
fn Messages(open: Open) -> impl IntoView {
    let messages = Kept::new(move || {
        let detail = open.detail.read();
        detail.messages.iter().map(|message| (message.clone(), delivery(&detail, message))).collect::<Vec<_>>()
    });
    let line = |(message, delivery): (Message, String)| {
        view! {
            <li class="message" data-testid="message">
                <blockquote class="comment">{message.text}</blockquote>
                <p class="muted">
                    {format!("{}, ", message.by)}
                    <Ago at=message.at />
                    {format!(" · {delivery}")}
                </p>
            </li>
        }
    };
    view! { <ul class="entries">{region(move || messages.get().into_iter().map(line).collect_view())}</ul> }
}

/// What can be begun from a step. The two differ in words and in what is sent.
#[derive(Clone, Copy)]
struct Act {
    summary: &'static str,
    what: &'static str,
    step: &'static str,
    instruction: &'static str,
    button: &'static str,
    id: &'static str,
    choices: fn(&Controls) -> Vec<(String, String)>,
    is_fork: bool,
}

const RETRY: Act = Act {
    summary: "Retry a step",
    what: "The step and all after it begin afresh on this branch. Its commits so far stay in git.",
    step: "From",
    instruction: "Sent to the step's agent.",
    button: "Retry",
    id: "retry",
    choices: |controls| controls.retry.clone(),
    is_fork: false,
};
const FORK: Act = Act {
    summary: "Fork a new pipeline",
    what: "A new pipeline takes over what is done up to this step and goes on, on a branch of its own. This one stays as it is.",
    step: "After",
    instruction: "Sent to the next step's agent.",
    button: "Fork",
    id: "fork",
    choices: |controls| controls.fork.clone(),
    is_fork: true,
};

#[component]
fn StepFold(open: Open, controls: Kept<Controls>, act: Act) -> impl IntoView {
    let choices = Kept::new(move || (act.choices)(&controls.read()));
    // What is typed survives whatever happens to the steps; only their list is made anew.
    let [step, title, model, instruction] = std::array::from_fn(|_| RwSignal::new(String::new()));
    let command = Command::new();
    let router = Router::from_context();
    let send = Callback::new(move |()| {
        let [step, title, model, instruction] = [step, title, model, instruction].map(|text| text.get_untracked());
        let step = step.parse::<i64>().ok();
        match (act.is_fork, step) {
            (true, Some(step)) => command.open_made(api::fork_pipeline(open.id, bodies::fork(step, &title, &model, &instruction)), router),
            _ => command.run(api::retry_step(open.id, bodies::retry(step, &model, &instruction)), move |_| open.query.refresh()),
        }
    });
    let field = move |name: &str, label: &'static str, hint: &'static str, rows: u32, value: RwSignal<String>| {
        view! {
            <TextField id=format!("{}-{name}", act.id) label hint optional=true rows value on_input=Callback::new(move |text| value.set(text)) />
        }
    };
    view! {
        <When when=Signal::derive(move || !choices.read().is_empty())>
            <details class="fold steer" data-testid=act.id>
                <summary>{act.summary}</summary>
                <div class="steer-body">
                    <p class="hint">{act.what}</p>
                    <label class="send-back">
                        <span>{act.step}</span>
                        {region(move || {
                            let choices = choices.get();
                            step.set(choices.first().map(|(id, _)| id.clone()).unwrap_or_default());
                            view! { <SelectBox label=act.step choices value=step /> }
                        })}
                    </label>
                    {act.is_fork.then(|| field("title", "Title", "Left empty, the title of this pipeline.", 0, title))}
                    {field("model", "Model", "As provider/model. Left empty, the model stays.", 0, model)}
                    {field("instruction", "Instruction", act.instruction, 2, instruction)}
                    <div class="actions">
                        <Button kind=Kind::Primary confirms=true pending=command.pending on_press=send>
                            {act.button}
                        </Button>
                    </div>
                    <Refusal error=command.error />
                </div>
            </details>
        </When>
    }
}
