//! What an agent asks while it works: a permission that policy left open, or a question. It goes on once it has the answer.

use super::gate::Refused;
use crate::api::{self, Command};
use crate::app::Inbox;
use crate::model::bodies;
use crate::model::clock::parse_millis;
use crate::model::control::{SCOPES, request_title};
use crate::model::status::WAITING_GLYPH;
use crate::model::urls;
use crate::ui::{Ago, Button, Kind, SelectBox, TextField, When, local_time};
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
    allow: "Allow",
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
    let scope = RwSignal::new(String::new());
    let patterns = RwSignal::new(request.suggested.join("\n"));
    let (id, kind) = (request.id, request.kind);
    let is_question = kind == RequestKind::Question;
    let words = if is_question { QUESTION } else { PERMISSION };
    let answer = move |allow: bool| {
        Callback::new(move |()| {
            let text = message.get_untracked();
            missing.set(allow && is_question && text.trim().is_empty());
            let body = match scope.get_untracked().as_str() {
                reach if allow && !reach.is_empty() => bodies::grant(&text, reach, &patterns.get_untracked()),
                _ => bodies::answer(allow, &text),
            };
            if !missing.get_untracked() {
                command.run(api::answer_request(id, body), move |_| inbox.refresh());
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
            {(!is_question).then(|| view! { <Reach id scope patterns /> })}
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

/// How far a permission holds: this once, or for what fits the patterns from now on.
#[component]
fn Reach(id: i64, scope: RwSignal<String>, patterns: RwSignal<String>) -> impl IntoView {
    let choices = SCOPES.map(|(word, text)| (word.to_owned(), text.to_owned())).to_vec();
    let typed = Callback::new(move |text| patterns.set(text));
    view! {
        <label class="send-back">
            <span>"Allow it"</span>
            <SelectBox label="How far the permission reaches" choices value=scope />
        </label>
        <When when=Signal::derive(move || !scope.read().is_empty())>
            <TextField
                id=format!("request-patterns-{id}")
                label="What is allowed from now on"
                hint="A pattern a line, with * for anything. Each command of a line must fit one. You can take it back on the pipeline's page."
                rows=2
                mono=true
                value=patterns
                on_input=typed
            />
        </When>
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
