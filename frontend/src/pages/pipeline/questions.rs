//! Questions about an attempt that has ended, and their answers.

use super::Open;
use crate::api::{self, Command};
use crate::ui::{Ago, Button, Kept, Refusal, Required, TextField, When, region};
use agency_contract::Question;
use leptos::prelude::*;

/// Says something of an attempt that is under way only where it was asked about before, which never happens.
#[component]
pub(super) fn Questions(open: Open, attempt_id: i64, under_way: Memo<bool>) -> impl IntoView {
    let questions = Kept::new(move || {
        let detail = open.detail.read();
        detail.questions.iter().filter(|question| question.attempt_id == attempt_id).cloned().collect::<Vec<_>>()
    });
    let command = Command::new();
    let question = Required::new("Write the question.");
    let ask = Callback::new(move |()| {
        if let Some(asked) = question.given() {
            command.run(api::ask_question(open.id, attempt_id, &asked), move |_| {
                question.text.set(String::new());
                open.query.refresh();
            });
        }
    });
    view! {
        <When when=Signal::derive(move || !under_way.get())>
            <details class="fold steer" data-testid="questions" open=move || !questions.read().is_empty()>
                <summary>"Ask this step"</summary>
                <div class="steer-body">
                    <ul class="entries">{region(move || questions.get().into_iter().map(entry).collect_view())}</ul>
                    <TextField
                        id="question-text"
                        label="Question"
                        hint="Answered from this attempt's record and its files, in a session that only reads. It counts against the budget."
                        rows=2
                        value=question.text
                        error=question.error()
                        on_input=question.typed()
                    />
                    <div class="actions">
                        <Button pending=command.pending on_press=ask>
                            "Ask"
                        </Button>
                    </div>
                    <Refusal error=command.error />
                </div>
            </details>
        </When>
    }
}

fn entry(question: Question) -> impl IntoView {
    let waits = question.answer_html.is_none() && question.message.is_none();
    view! {
        <li class="message" data-testid="question">
            <blockquote class="comment">{question.text}</blockquote>
            <p class="muted">
                {format!("{}, ", question.by)}
                <Ago at=question.asked_at />
                {waits.then_some(" · waits for its answer")}
            </p>
            {question.answer_html.map(|answer| view! { <div class="prose" data-testid="answer" inner_html=answer></div> })}
            {question.message.map(|message| view! { <p class="missed">{message}</p> })}
        </li>
    }
}
