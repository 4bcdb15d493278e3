//! `agency ask`: asks a finished step, waits for the answer and prints it.

use super::control::{find_step, named};
use crate::cli::AskArguments;
use crate::client::Client;
use crate::output::{one_line, say};
use crate::stream::Events;
use agency_contract::{AskQuestion, Question, QuestionStatus, StreamPayload};
use anyhow::bail;
use std::process::ExitCode;

pub(crate) async fn ask(client: &Client, arguments: AskArguments) -> anyhow::Result<ExitCode> {
    let AskArguments { id, text, step, attempt, by } = arguments;
    let detail = client.pipeline(id).await?;
    let step_id = step.map(|wanted| find_step(&detail.steps, &wanted)).transpose()?;
    let asked = client.ask(id, &AskQuestion { text, step_id, attempt_id: attempt, by: named(by) }).await?;
    let question = ended(client, id, asked.id, detail.seq).await?;
    match (question.status, question.answer) {
        (QuestionStatus::Answered, Some(answer)) => {
            // Not to obey an agent's escape codes, line breaks and tabs are all that a terminal may be told.
            let plain: String = answer.chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')).collect();
            say(&plain)?;
            Ok(ExitCode::SUCCESS)
        }
        (_, _) => bail!("question {} has no answer: {}", question.id, one_line(&question.message.unwrap_or_default(), 400)),
    }
}

/// The question once it has ended. What happens before the stream is open comes in it too, as it begins at `after`.
async fn ended(client: &Client, pipeline: i64, id: i64, after: i64) -> anyhow::Result<Question> {
    let mut events = Events::after(client, pipeline, after);
    loop {
        let is_it = match events.next().await?.payload {
            StreamPayload::QuestionAnswered { question_id, .. } | StreamPayload::QuestionFailed { question_id, .. } => question_id == id,
            _ => false,
        };
        if !is_it {
            continue;
        }
        let found = client.questions(pipeline).await?.items.into_iter().find(|question| question.id == id);
        match found {
            Some(question) if question.status != QuestionStatus::Pending => return Ok(question),
            Some(_) => {}
            None => bail!("the server does not know question {id} any more"),
        }
    }
}
