//! The step that is looked at: its attempt, and the views of it.

use super::Open;
use super::changes::Changes;
use super::checks::Checks;
use super::handoff::HandoffView;
use super::questions::Questions;
use super::rail::tab_href;
use super::receipt::ReceiptView;
use super::timeline::TimelineView;
use super::transcript::TranscriptView;
use crate::model::chain::{attempt_outcome, step_name, step_without_attempts};
use crate::model::format::{cost, count, short_hash, token_kinds, total_tokens};
use crate::model::selection::{TABS, Tab};
use crate::model::status::{approval_badge, is_under_way};
use crate::pages::inbox::Requests;
use crate::ui::{Ago, BadgeView, Elapsed, EmptyState, Inline, Kept, Tag, When, region};
use agency_contract::{Approval, Attempt, Failure, Step, StepKind};
use leptos::prelude::*;

#[component]
pub(super) fn StepPane(open: Open) -> impl IntoView {
    let step = Kept::new(move || open.selected.get().and_then(|selected| selected.step_of(&open.detail.read()).cloned()));
    let attempt = Kept::new(move || open.selected.get().and_then(|selected| selected.attempt_of(&open.detail.read()).cloned()));
    // Only another attempt makes another view; what changes within one updates it.
    let attempt_id = Kept::new(move || (*attempt.read()).as_ref().map(|attempt| attempt.id));
    let kind = Kept::new(move || (*step.read()).as_ref().map(|step| step.kind));
    view! {
        <section class="step-pane" aria-label="The step">
            {region(move || match (kind.get(), attempt_id.get()) {
                (Some(StepKind::Approval), _) => view! { <GateHistory open step /> }.into_any(),
                (Some(_), Some(id)) => view! { <AttemptView open step attempt id /> }.into_any(),
                (Some(_), None) => view! { <NotStarted step /> }.into_any(),
                (None, _) => view! { <EmptyState title="This pipeline has no steps." /> }.into_any(),
            })}
        </section>
    }
}

#[component]
fn NotStarted(step: Kept<Option<Step>>) -> impl IntoView {
    let line = Signal::derive(move || (*step.read()).as_ref().map(step_without_attempts).unwrap_or_default());
    let what = Signal::derive(move || (*step.read()).as_ref().map(|step| step.description.clone()).unwrap_or_default());
    view! {
        <div class="empty">
            <p class="empty-title">{line}</p>
            <p>{what}</p>
        </div>
    }
}

#[component]
fn AttemptView(open: Open, step: Kept<Option<Step>>, attempt: Kept<Option<Attempt>>, id: i64) -> impl IntoView {
    let tab = Kept::new(move || open.choice.read().tab);
    let under_way = Memo::new(move |_| (*attempt.read()).as_ref().is_some_and(|attempt| is_under_way(attempt.status)));
    let failure = Kept::new(move || (*attempt.read()).as_ref().and_then(|attempt| attempt.failure.clone()));
    let checks = Kept::new(move || (*attempt.read()).as_ref().map(|attempt| attempt.checks.clone()).unwrap_or_default());
    let is_check = (*step.read_untracked()).as_ref().is_some_and(|step| step.kind == StepKind::Check);
    let asked = Kept::new(move || {
        let requests = &open.detail.read().requests;
        requests.iter().filter(|request| request.attempt_id == id && request.answer.is_none()).cloned().collect::<Vec<_>>()
    });
    // A check is sent no prompt and leaves no hand-off.
    let tabs = TABS.into_iter().filter(move |tab| !is_check || matches!(tab, Tab::Transcript | Tab::Changes | Tab::Timeline));
    view! {
        <AttemptHead step attempt />
        {region(move || failure.get().map(|failure| view! { <AttemptFailure failure /> }))}
        <Requests requests=Signal::derive(move || asked.get()) in_inbox=false />
        {region(move || Some(checks.get()).filter(|checks| !checks.is_empty()).map(|checks| view! { <Checks checks /> }))}
        <nav class="tabs" aria-label="Views of the attempt">
            {tabs
                .map(|entry| {
                    view! {
                        <a
                            class="tab"
                            data-action=entry.word()
                            data-noscroll=""
                            href=Signal::derive(move || tab_href(open, entry))
                            aria-current=Signal::derive(move || (tab.get() == entry).then_some("page"))
                        >
                            {entry.label()}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
        {region(move || match tab.get() {
            Tab::Transcript => view! { <TranscriptView open attempt_id=id under_way /> }.into_any(),
            Tab::Handoff => view! { <HandoffView open attempt_id=id attempt under_way /> }.into_any(),
            Tab::Changes => view! { <Changes open attempt_id=id attempt /> }.into_any(),
            Tab::Receipt => view! { <ReceiptView attempt_id=id /> }.into_any(),
            Tab::Timeline => view! { <TimelineView open /> }.into_any(),
        })}
        {(!is_check).then(|| view! { <Questions open attempt_id=id under_way /> })}
    }
}

#[component]
fn AttemptHead(step: Kept<Option<Step>>, attempt: Kept<Option<Attempt>>) -> impl IntoView {
    let head = move |(step, attempt): (Step, Attempt)| {
        view! {
            <h2 class="attempt-title">
                {step_name(&step)}
                <span class="muted">{format!(" · attempt {}", attempt.number)}</span>
            </h2>
            <BadgeView badge=attempt_outcome(&attempt) />
            <span class="attempt-facts">
                <Elapsed from=Some(attempt.started_at.clone()) to=attempt.finished_at.clone() />
                <span title=token_kinds(&attempt.usage.tokens)>{format!("{} tokens", count(total_tokens(&attempt.usage.tokens)))}</span>
                <span>{format!("cost {}", cost(&attempt.usage))}</span>
                {attempt.head_commit.as_deref().map(|commit| view! { <code title="The commit of this attempt">{short_hash(commit).to_owned()}</code> })}
                {attempt.model.clone().map(|model| view! { <Tag text=model class="mono" /> })}
            </span>
        }
    };
    view! { <div class="attempt-head">{region(move || step.get().zip(attempt.get()).map(head))}</div> }
}

#[component]
fn AttemptFailure(failure: Failure) -> impl IntoView {
    view! {
        <div class="card failure-card">
            <p class="failure-message">
                <span class="glyph" aria-hidden="true">
                    "✗"
                </span>
                <Inline text=failure.message />
            </p>
            <p class="failure-hint"><Inline text=failure.hint /></p>
            <p class="code-line">
                <code>{failure.class}</code>
            </p>
        </div>
    }
}

/// A gate's step: what was asked and what was decided. The decision itself is made in the card above.
#[component]
fn GateHistory(open: Open, step: Kept<Option<Step>>) -> impl IntoView {
    let question = Signal::derive(move || (*step.read()).as_ref().map(|step| step.description.clone()).unwrap_or_default());
    let approvals = Kept::new(move || {
        let Some(step_id) = (*step.read()).as_ref().map(|step| step.id) else { return Vec::new() };
        open.detail.read().approvals.iter().filter(|approval| approval.step_id == step_id).cloned().collect::<Vec<_>>()
    });
    view! {
        <div class="attempt-head">
            <h2 class="attempt-title">{question}</h2>
        </div>
        <When when=Signal::derive(move || approvals.read().is_empty())>
            <EmptyState title="Nobody has been asked yet. The gate opens when the steps before it are done." />
        </When>
        <ul class="gate-history">
            {region(move || approvals.get().into_iter().map(|approval| view! { <GateEntry approval /> }).collect_view())}
        </ul>
    }
}

#[component]
fn GateEntry(approval: Approval) -> impl IntoView {
    let decided = approval.decided_at.map(|at| {
        let by = approval.decided_by.unwrap_or_else(|| "somebody".to_owned());
        view! { <span class="muted">{format!("by {by}, ")} <Ago at /></span> }
    });
    view! {
        <li class="gate-entry">
            <BadgeView badge=approval_badge(approval.status) />
            {decided}
            {approval.comment.map(|comment| view! { <blockquote class="comment">{comment}</blockquote> })}
        </li>
    }
}
