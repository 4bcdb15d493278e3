//! What a receiver is told of an event: what happened in a sentence, of which pipeline, and where to look. Neither prompts nor what agents wrote go out; whoever
//! wants more asks the API by the event's id.

use crate::http::mapping;
use crate::state::State;
use agency_contract::PipelineStatus;
use agency_domain::pipelines::{Pipeline, Recorded, StoreError};
use serde::Serialize;

/// One event, ready to be sent.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) body: String,
}

/// `text` is what chats show; `type`, `timestamp` and `data` are as Standard Webhooks has them.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    timestamp: &'a str,
    text: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    /// As in the audit log.
    event_id: i64,
    summary: &'a str,
    link: &'a str,
    pipeline: Told<'a>,
}

#[derive(Serialize)]
struct Told<'a> {
    id: i64,
    title: &'a str,
    /// As it is now, which may be further than the event.
    status: PipelineStatus,
    repo: &'a str,
    branch: &'a str,
}

impl Message {
    /// `None` where the event is none that is to be told.
    pub(super) async fn of(state: &State, wanted: &[String], page_url: &str, recorded: &Recorded) -> Result<Option<Self>, StoreError> {
        let Some(event) = mapping::audit::event(recorded).filter(|event| wanted.contains(&event.event_type)) else { return Ok(None) };
        let Some(pipeline) = state.engine.ports().store.load(recorded.pipeline_id).await? else { return Ok(None) };
        let link = format!("{page_url}/pipelines/{}", pipeline.id);
        let body = Body {
            r#type: &event.event_type,
            timestamp: &event.created_at,
            text: format!("{} ({}): {}\n{link}", pipeline.title, pipeline.id, event.summary),
            data: Data { event_id: event.id, summary: &event.summary, link: &link, pipeline: told(&pipeline) },
        };
        let body = serde_json::to_string(&body).expect("a message is plain data");
        Ok(Some(Self { id: event.id, kind: event.event_type, body }))
    }
}

fn told(pipeline: &Pipeline) -> Told<'_> {
    Told {
        id: pipeline.id.0,
        title: &pipeline.title,
        status: mapping::pipelines::status(&pipeline.status).0,
        repo: &pipeline.repo,
        branch: pipeline.branch.as_str(),
    }
}
