//! Fetching what a report is made of.

use super::runs::Run;
use crate::client::{Client, ClientError};
use crate::hub::Hub;
use crate::messages::{Answer, Circumstances, Judgement, answer_to, judge, since, usage_between};
use agency_domain::agents::{RunEnd, RunReport};
use agency_domain::{MessageId, SessionId, Usage};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// Errors are written down after the session has come to rest, mostly within milliseconds.
const SETTLED_WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Of fifty messages each. An attempt with two thousand calls of the model is beyond every budget.
const PAGES_MAX: usize = 40;
/// Our sessions may not start subagents; this bounds what a surprise costs.
const CHILDREN_MAX: usize = 50;

/// Reads what has become of prompts, oldest first. `run` is what is known of the newest; `None` where another process was sent it: then
/// nothing is under way any more.
pub(super) async fn report(
    client: &Client,
    hub: &Hub,
    session: &SessionId,
    prompts: &[MessageId],
    run: Option<&Run>,
) -> Result<RunReport, ClientError> {
    if let Some(report) = report_at_rest(hub, session, prompts, run) {
        return Ok(report);
    }
    let deadline = Instant::now() + SETTLED_WITHIN;
    loop {
        // The status first: what rests by then has said all that it will.
        let busy = client.status().await?.get(session.as_str()).is_some();
        let Some(answer) = answer(client, session, prompts).await? else {
            return Ok(unknown());
        };
        let known = Circumstances {
            busy,
            aborted: run.is_some_and(|run| run.aborted),
            tampered: run.is_some_and(|run| run.tampered) || hub.was_tampered_with(session.as_str()),
            error: hub.error(session.as_str()).filter(|_error| run.is_some()),
            settled: run.is_none() || Instant::now() > deadline,
        };
        match judge(&answer, &known) {
            Judgement::Final(end) => return finish(client, session, answer, end).await,
            Judgement::LookAgain => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// The short way for the run as it mostly ends, without a call: the stream has told that the session rests and has no children, and that its
/// one prompt was answered to the end. Whatever is otherwise takes the long way.
fn report_at_rest(hub: &Hub, session: &SessionId, prompts: &[MessageId], run: Option<&Run>) -> Option<RunReport> {
    if prompts.len() != 1 || run.is_none_or(|run| run.aborted || run.tampered) {
        return None;
    }
    let session = session.as_str();
    if hub.error(session).is_some() || hub.was_tampered_with(session) || !hub.rests_alone(session) {
        return None;
    }
    let answer = answer_to(since(&hub.messages(session)?, prompts)?, prompts);
    match judge(&answer, &Circumstances::default()) {
        Judgement::Final(end @ RunEnd::Finished) => {
            Some(RunReport { end, reply: answer.reply, usage: answer.usage, commands: answer.commands })
        }
        Judgement::Final(_) | Judgement::LookAgain => None,
    }
}

async fn finish(client: &Client, session: &SessionId, answer: Answer, end: RunEnd) -> Result<RunReport, ClientError> {
    let of_children = usage_of_children(client, session, &answer).await?;
    Ok(RunReport { end, reply: answer.reply, usage: answer.usage.plus(of_children), commands: answer.commands })
}

fn unknown() -> RunReport {
    RunReport { end: RunEnd::Unknown, reply: String::new(), usage: Usage::default(), commands: Vec::new() }
}

/// The answers to prompts; `None` where the session knows none of them.
async fn answer(client: &Client, session: &SessionId, prompts: &[MessageId]) -> Result<Option<Answer>, ClientError> {
    let oldest = prompts.get(..1).unwrap_or_default();
    match messages_until(client, session.as_str(), |messages| since(messages, oldest).is_some()).await {
        Ok(messages) => Ok(since(&messages, prompts).map(|messages| answer_to(messages, prompts))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn usage_of_children(client: &Client, session: &SessionId, answer: &Answer) -> Result<Usage, ClientError> {
    let mut open = client.children(session.as_str()).await?;
    let mut usage = Usage::default();
    let mut seen = 0;
    while let Some(child) = open.pop() {
        seen += 1;
        if seen > CHILDREN_MAX {
            tracing::warn!(%session, "a session has more children than are counted");
            break;
        }
        let all = messages_until(client, &child, |_messages| false).await?;
        usage = usage.plus(usage_between(&all, answer.from_ms, answer.until_ms));
        open.extend(client.children(&child).await?);
    }
    Ok(usage)
}

/// Messages of a session, oldest first, read from the newest backwards until there are enough.
async fn messages_until(client: &Client, session: &str, enough: impl Fn(&[Value]) -> bool) -> Result<Vec<Value>, ClientError> {
    let mut messages: Vec<Value> = Vec::new();
    let mut before: Option<String> = None;
    for _page in 0..PAGES_MAX {
        let (mut page, cursor) = client.messages(session, before.as_deref()).await?;
        page.append(&mut messages);
        messages = page;
        before = cursor;
        if before.is_none() || enough(&messages) {
            break;
        }
    }
    Ok(messages)
}
