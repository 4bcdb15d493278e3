//! What an agent asks while it works: a permission that policy left open, or a question. It goes on once it has the answer.

use super::gate::Refused;
use crate::api::{self, Command};
use crate::app::Inbox;
use crate::model::bodies;
use crate::model::clock::parse_millis;
use crate::model::control::request_title;
use crate::model::status::WAITING_GLYPH;
use crate::model::urls;
use crate::ui::{Ago, Button, Kind, TextField, local_time};
use agency_contract::{AgentRequest, RequestKind};
use leptos::prelude::*;

/// The words of the two kinds.
struct Words {
    patterns: &'static str,
    field: &'static str,
    hint: &'static str,
    allow: &'static str,
    deny: &'static str,
}

const PERMISSION: Words = Words {
    patterns: "What exactly",
    field: "Message to the agent",
    hint: "Why not, or what to do instead. Sent with your answer.",
    allow: "Allow once",
    deny: "Deny",
};
const QUESTION: Words = Words {
    patterns: "What it offers as answers",
    field: "Your answer",
    hint: "The agent reads it word for word.",
    allow: "Send the answer",
    deny: "Do not answer",
};

#[component]
pub(super) fn RequestCard(request: AgentRequest, in_inbox: bool) -> impl IntoView {
    let inbox = Inbox::from_context();
    let command = Command::new();
    let message = RwSignal::new(String::new());
    let missing = RwSignal::new(false);
    let (id, kind) = (request.id, request.kind);
    let is_question = kind == RequestKind::Question;
    let words = if is_question { QUESTION } else { PERMISSION };
    let answer = move |allow: bool| {
        Callback::new(move |()| {
            let text = message.get_untracked();
            missing.set(allow && is_question && text.trim().is_empty());
            if !missing.get_untracked() {
                command.run(api::answer_request(id, bodies::answer(allow, &text)), move |_| inbox.refresh());
            }
        })
    };
    let typed = Callback::new(move |text| {
        message.set(text);
        missing.set(false);
    });
    let fault = move || missing.get().then(|| "Write the answer: the agent is sent these words.".to_owned());
    let title_id = format!("request-{id}");
    let labelled_by = title_id.clone();
    view! {
        <section
            class="card approval-card"
            data-row=""
            data-waits=""
            tabindex="-1"
            aria-labelledby=labelled_by
            data-testid="request-card"
            data-id=id.to_string()
        >
            <Asking request=request.clone() in_inbox />
            <h2 id=title_id>{request_title(&request)}</h2>
            <What label=words.patterns patterns=request.patterns />
            <TextField
                id=format!("request-message-{id}")
                label=words.field
                optional=!is_question
                hint=words.hint
                rows=2
                value=message
                error=Signal::derive(fault)
                on_input=typed
            />
            <div class="actions">
                <Button kind=Kind::Primary pending=command.pending on_press=answer(true)>
                    {words.allow}
                </Button>
                <Button kind=Kind::Danger pending=command.pending on_press=answer(false)>
                    {words.deny}
                </Button>
            </div>
            <Refused error=command.error on_look=Callback::new(move |()| inbox.refresh()) />
        </section>
    }
}

/// Who asks, since when, and until when.
#[component]
fn Asking(request: AgentRequest, in_inbox: bool) -> impl IntoView {
    let deadline = parse_millis(&request.deadline).map_or_else(|| request.deadline.clone(), |millis| local_time(millis as f64));
    view! {
        <p class="approval-kicker">
            <span class="glyph" aria-hidden="true">
                {WAITING_GLYPH}
            </span>
            {format!("{} waits for your answer · asked ", request.agent_name)}
            <Ago at=request.asked_at />
            <time datetime=request.deadline>{format!("denied by itself at {deadline}")}</time>
            {in_inbox.then(|| view! { <a href=urls::pipeline(request.pipeline_id)>{request.pipeline_title}</a> })}
        </p>
    }
}

/// The commands, the paths, or the answers that are offered.
#[component]
fn What(label: &'static str, patterns: Vec<String>) -> impl IntoView {
    let items = patterns.into_iter().map(|pattern| view! { <li><code class="pattern">{pattern}</code></li> }).collect_view();
    (!items.is_empty()).then(|| {
        view! {
            <div class="evidence-box">
                <p class="block-label">{label}</p>
                <ul class="patterns">{items}</ul>
            </div>
        }
    })
}
