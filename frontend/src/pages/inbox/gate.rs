//! One gate: what is asked, what is decided on, and the three decisions. Nothing counts as decided before the server says so.

use crate::api::{self, Command, Query};
use crate::app::Inbox;
use crate::model::bodies;
use crate::model::chain::gate_key;
use crate::model::failure::ApiError;
use crate::model::handoff::Record;
use crate::model::json;
use crate::model::outcome::so_far;
use crate::model::selection::branch_changes_href;
use crate::model::status::{WAITING_GLYPH, approval_word};
use crate::model::urls;
use crate::ui::{Ago, Button, ConfirmDialog, ErrorCard, Kind, SelectBox, TextField, region};
use agency_contract::{Approval, ApprovalDecision, Handoff};
use leptos::prelude::*;

/// What the reader is about to send.
#[derive(Clone, Copy)]
struct Deciding {
    comment: RwSignal<String>,
    back_to: RwSignal<String>,
    missing_comment: RwSignal<bool>,
    asks_to_reject: RwSignal<bool>,
    command: Command,
    decide: Callback<ApprovalDecision>,
}

impl Deciding {
    /// `settled` gets the decided approval, or nothing where the server refused because the state is another one.
    fn new(approval: &Approval, settled: Callback<Option<Approval>>) -> Self {
        let (id, digest) = (approval.id, approval.digest.clone());
        let comment = RwSignal::new(String::new());
        let back_to = RwSignal::new(approval.back_to_choices.first().cloned().unwrap_or_default());
        let command = Command::new();
        let missing_comment = RwSignal::new(false);
        let decide = Callback::new(move |decision: ApprovalDecision| {
            let text = comment.get_untracked().trim().to_owned();
            let goes_back = decision == ApprovalDecision::RequestChanges;
            missing_comment.set(goes_back && text.is_empty());
            if missing_comment.get_untracked() {
                return;
            }
            let body = bodies::decision(decision, &text, &back_to.get_untracked(), &digest);
            command.run(api::decide_approval(id, body), move |answer| settled.run(json::from_value(answer.clone()).ok()));
        });
        Self { comment, back_to, missing_comment, asks_to_reject: RwSignal::new(false), command, decide }
    }
}

#[component]
pub(crate) fn ApprovalCard(approval: Approval, settled: Callback<Option<Approval>>, in_inbox: bool) -> impl IntoView {
    let deciding = Deciding::new(&approval, settled);
    let title_id = format!("approval-{}", approval.id);
    let labelled_by = title_id.clone();
    let error = deciding.command.error;
    let inbox = Inbox::from_context();
    let key = gate_key(&approval);
    let on_look = Callback::new(move |()| {
        inbox.refresh();
        settled.run(None);
    });
    view! {
        <section
            class="card approval-card"
            data-row=""
            data-waits=""
            tabindex="-1"
            aria-labelledby=labelled_by
            data-testid="approval-card"
            data-id=approval.id.to_string()
            data-status=approval_word(approval.status)
        >
            <p class="approval-kicker">
                <span class="glyph" aria-hidden="true">
                    {WAITING_GLYPH}
                </span>
                "Waiting for you · asked "
                <Ago at=approval.created_at.clone() />
                {in_inbox.then(|| view! { <a href=urls::pipeline(approval.pipeline_id)>{approval.pipeline_title.clone()}</a> })}
            </p>
            <h2 id=title_id>{approval.question.clone()}</h2>
            {in_inbox.then(|| view! { <SoFar pipeline_id=approval.pipeline_id step_id=approval.step_id /> })}
            {approval.handoff.clone().map(|handoff| view! { <Evidence handoff /> })}
            <p class="links">
                <a href=branch_changes_href(approval.pipeline_id)>"Review the changes"</a>
                {in_inbox
                    .then(|| {
                        view! {
                            <Button kind=Kind::Quiet action="put-off" on_press=move |()| inbox.put_off(Some(key))>
                                "Put off for an hour"
                            </Button>
                        }
                    })}
            </p>
            <CommentField id=approval.id deciding />
            <Decisions choices=approval.back_to_choices deciding />
            <Refused error on_look />
        </section>
    }
}

/// What there is to decide on, in a line; the page of the pipeline has all of it around the gate.
#[component]
fn SoFar(pipeline_id: i64, step_id: i64) -> impl IntoView {
    let pipeline = Query::new(move || api::pipeline(pipeline_id));
    let line = Signal::derive(move || pipeline.value().map(|detail| so_far(&detail, step_id)).unwrap_or_default());
    view! { <p class="so-far muted" data-testid="so-far">{line}</p> }
}

/// What the agent before the gate says; the whole of it one press away.
#[component]
fn Evidence(handoff: Handoff) -> impl IntoView {
    let summary = Record::read(&handoff.metadata).summary;
    view! {
        <div class="evidence-box">
            <p class="evidence-summary">{summary}</p>
            <details class="fold">
                <summary>"Read the whole hand-off"</summary>
                <div class="prose" inner_html=handoff.content_html></div>
            </details>
        </div>
    }
}

#[component]
fn CommentField(id: i64, deciding: Deciding) -> impl IntoView {
    let error = move || deciding.missing_comment.get().then(|| "Say what is to change: the agent is sent these words.".to_owned());
    let typed = Callback::new(move |text| {
        deciding.comment.set(text);
        deciding.missing_comment.set(false);
    });
    view! {
        <TextField
            id=format!("approval-comment-{id}")
            label="Comment"
            optional=true
            hint="Sent to the next agent, and kept in the audit log. Needed to request changes."
            rows=3
            value=deciding.comment
            error=Signal::derive(error)
            on_input=typed
        />
    }
}

#[component]
fn Decisions(choices: Vec<String>, deciding: Deciding) -> impl IntoView {
    let pending = deciding.command.pending;
    let decide = move |decision| Callback::new(move |()| deciding.decide.run(decision));
    let choices: Vec<_> = choices.into_iter().map(|name| (name.clone(), name)).collect();
    let goes_back = (!choices.is_empty()).then(|| {
        view! {
            <span class="send-back">
                <Button pending=pending on_press=decide(ApprovalDecision::RequestChanges)>
                    "Request changes"
                </Button>
                <label>
                    <span>"from"</span>
                    <SelectBox label="Which step makes the changes" choices value=deciding.back_to />
                </label>
            </span>
        }
    });
    view! {
        <div class="actions">
            <Button kind=Kind::Primary confirms=true pending=pending on_press=decide(ApprovalDecision::Approve)>
                "Approve"
            </Button>
            {goes_back}
            <Button kind=Kind::Danger pending=pending on_press=move |()| deciding.asks_to_reject.set(true)>
                "Reject"
            </Button>
            <span class="muted" role="status">
                {region(move || pending.get().then_some("Waiting for the server to confirm …"))}
            </span>
        </div>
        <ConfirmDialog
            open=deciding.asks_to_reject
            title="Reject and stop this pipeline?"
            text="The pipeline ends as failed (rejected). What is committed on the branch stays. To have something changed instead, request changes."
            confirm="Reject and stop"
            on_confirm=decide(ApprovalDecision::Reject)
        />
    }
}

/// The server said no. Where somebody else was quicker, or what is decided on changed, that is what it says; the reader then sees the new state.
#[component]
pub(super) fn Refused(error: RwSignal<Option<ApiError>>, on_look: Callback<()>) -> impl IntoView {
    let look = move || {
        view! {
            <div class="actions">
                <Button on_press=on_look>"Show what it is now"</Button>
            </div>
        }
    };
    let show = move |error: ApiError| {
        let is_conflict = error.is_conflict();
        view! {
            <ErrorCard error />
            {is_conflict.then(look)}
        }
    };
    region(move || error.get().map(show))
}
