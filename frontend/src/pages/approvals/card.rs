//! One gate: what is asked, what is decided on, and the three decisions. Nothing counts as decided before the server says so.

use crate::api::{self, Command};
use crate::app::Inbox;
use crate::model::failure::ApiError;
use crate::model::handoff::Record;
use crate::model::selection::branch_changes_href;
use crate::model::status::{WAITING_GLYPH, approval_word};
use crate::model::urls;
use crate::ui::{Ago, Button, ConfirmDialog, ErrorCard, FieldFrame, Kind, described_by, region};
use agency_contract::{Approval, ApprovalDecision, DecideApproval, Handoff};
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
            let request = DecideApproval {
                decision,
                comment: Some(text).filter(|text| !text.is_empty()),
                decided_by: None,
                back_to: Some(back_to.get_untracked()).filter(|name| goes_back && !name.is_empty()),
                digest: Some(digest.clone()),
            };
            command.run(async move { api::decide_approval(id, &request).await }, move |approval| settled.run(Some(approval)));
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
    view! {
        <section
            class="card approval-card"
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
            {approval.handoff.clone().map(|handoff| view! { <Evidence handoff /> })}
            <p class="links">
                <a href=branch_changes_href(approval.pipeline_id)>"Review the changes"</a>
            </p>
            <CommentField id=approval.id deciding />
            <Decisions choices=approval.back_to_choices deciding />
            {region(move || error.get().map(|error| view! { <Refused error settled /> }))}
        </section>
    }
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
    let field_id = format!("approval-comment-{id}");
    let (frame_id, described_id) = (field_id.clone(), field_id.clone());
    let error = move || deciding.missing_comment.get().then(|| "Say what is to change: the agent is sent these words.".to_owned());
    let typed = move |event| {
        deciding.comment.set(event_target_value(&event));
        deciding.missing_comment.set(false);
    };
    view! {
        <FieldFrame
            id=frame_id
            label="Comment"
            optional=true
            hint="Sent to the next agent, and kept in the audit log. Needed to request changes."
            error=Signal::derive(error)
        >
            <textarea
                id=field_id
                rows="3"
                prop:value=deciding.comment
                aria-describedby=Signal::derive(move || described_by(&described_id, deciding.missing_comment.get()))
                aria-invalid=Signal::derive(move || deciding.missing_comment.get().to_string())
                on:input=typed
            ></textarea>
        </FieldFrame>
    }
}

#[component]
fn Decisions(choices: Vec<String>, deciding: Deciding) -> impl IntoView {
    let pending = deciding.command.pending;
    let decide = move |decision| Callback::new(move |()| deciding.decide.run(decision));
    let options = choices.iter().map(|name| view! { <option value=name.clone()>{name.clone()}</option> }).collect_view();
    let goes_back = (!choices.is_empty()).then(|| {
        view! {
            <span class="send-back">
                <Button pending=pending on_press=decide(ApprovalDecision::RequestChanges)>
                    "Request changes"
                </Button>
                <label>
                    <span>"from"</span>
                    <select aria-label="Which step makes the changes" prop:value=deciding.back_to on:change=move |event| deciding.back_to.set(event_target_value(&event))>
                        {options}
                    </select>
                </label>
            </span>
        }
    });
    view! {
        <div class="actions">
            <Button kind=Kind::Primary pending=pending on_press=decide(ApprovalDecision::Approve)>
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
fn Refused(error: ApiError, settled: Callback<Option<Approval>>) -> impl IntoView {
    let inbox = expect_context::<Inbox>().0;
    let is_conflict = error.is_conflict();
    view! {
        <ErrorCard error />
        {is_conflict
            .then(|| {
                view! {
                    <div class="actions">
                        <Button on_press=move |()| {
                            inbox.refresh();
                            settled.run(None);
                        }>"Show what it is now"</Button>
                    </div>
                }
            })}
    }
}
