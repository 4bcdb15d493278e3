//! The endpoints that are used, in the order of a server's life.

use super::{Client, ClientError, HEALTH_WITHIN, accepted, json, json_page};
use agency_domain::agents::HandoffTool;
use agency_domain::attachments::AttachedFile;
use agency_domain::{MessageId, ModelName, SessionId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// How long the server waits for our list of tools, and for each hand-off to be taken. Both take milliseconds, unless the machine is busy.
const MCP_WITHIN_MS: u64 = 20_000;
/// The first calls about a directory make the server set itself up for it: one to two seconds on a quiet machine.
const FIRST_USE_WITHIN: Duration = Duration::from_secs(60);
/// Longer than any run: nobody waits for this answer, see [`Client::run`].
const RUN_WITHIN: Duration = Duration::from_secs(7 * 24 * 3600);
/// Messages per page; one message holds one call of the model with all of its tools' output.
const PAGE_MESSAGES: &str = "50";

/// A session to be made.
pub(crate) struct NewSession<'a> {
    pub(crate) title: &'a str,
    /// `{permission, pattern, action}`, which come behind the agent's own rules; the last that matches wins.
    pub(crate) rules: &'a [Value],
}

/// A prompt to be sent.
pub(crate) struct PromptBody<'a> {
    pub(crate) message: &'a MessageId,
    pub(crate) agent: &'a str,
    pub(crate) model: Option<&'a ModelName>,
    pub(crate) text: &'a str,
    pub(crate) files: &'a [AttachedFile],
}

impl Client {
    /// `GET /global/health`, on a connection of its own and with little patience. Answers the version.
    pub(crate) async fn health(&self) -> Result<String, ClientError> {
        let path = "/global/health";
        let request = self.request(Method::GET, path).timeout(HEALTH_WITHIN).header("connection", "close");
        let health = json(request).await?;
        health["version"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| ClientError::Garbled { path: path.into(), reason: "it names no version".into() })
    }

    /// Whether a caller without a password is turned away.
    pub(crate) async fn refuses_strangers(&self) -> Result<bool, ClientError> {
        let request = self.http.get(format!("{}/global/health", self.base));
        let response = request.send().await.map_err(ClientError::Unreachable)?;
        Ok(response.status() == StatusCode::UNAUTHORIZED)
    }

    /// `GET /global/event`: the stream, open.
    pub(crate) async fn events(&self) -> Result<Response, ClientError> {
        let request = self.stream.get(format!("{}/global/event", self.base)).basic_auth(crate::environment::USER, Some(&self.password));
        let response = accepted(request).await?;
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/event-stream") { Ok(response) } else { Err(ClientError::NotJson { path: "/global/event".into() }) }
    }

    /// `GET /agent`: the names of all agents.
    pub(crate) async fn agents(&self) -> Result<Vec<String>, ClientError> {
        let agents = json(self.about_worktree(Method::GET, "/agent").timeout(FIRST_USE_WITHIN)).await?;
        Ok(texts(&agents, "name"))
    }

    /// `POST /mcp`: registers our server of tools. Answers its status, `connected` where all is well.
    pub(crate) async fn add_mcp(&self, name: &str, tool: &HandoffTool) -> Result<String, ClientError> {
        let config = json!({
            "type": "remote",
            "url": tool.url,
            "headers": { "authorization": format!("Bearer {}", tool.secret) },
            "oauth": false,
            "timeout": MCP_WITHIN_MS,
        });
        let body = json!({ "name": name, "config": config });
        let servers = json(self.about_worktree(Method::POST, "/mcp").timeout(FIRST_USE_WITHIN).json(&body)).await?;
        let server = &servers[name];
        let error = server["error"].as_str().map(|error| format!(": {error}")).unwrap_or_default();
        Ok(format!("{}{error}", server["status"].as_str().unwrap_or("unknown")))
    }

    /// `GET /session`: all sessions of the worktree's project that the server lists.
    pub(crate) async fn sessions(&self) -> Result<Vec<Value>, ClientError> {
        json(self.about_worktree(Method::GET, "/session")).await.map(items)
    }

    /// `POST /session`: the new session's id.
    pub(crate) async fn create_session(&self, session: &NewSession<'_>) -> Result<String, ClientError> {
        let body = json!({ "title": session.title, "permission": session.rules });
        let created = json(self.about_worktree(Method::POST, "/session").json(&body)).await?;
        created["id"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| ClientError::Garbled { path: "/session".into(), reason: "the new session has no id".into() })
    }

    /// `POST /session/{id}/message`: answered when the run has ended, with its newest message (`info` and `parts`), or at once where the prompt is
    /// refused. Whoever goes away before does not end the run. (`prompt_async` is answered at once, and costs the server more than the whole of a
    /// short run's bookkeeping.)
    pub(crate) async fn run(&self, session: &SessionId, prompt: &PromptBody<'_>) -> Result<Value, ClientError> {
        let mut body = json!({
            "messageID": prompt.message.as_str(),
            "agent": prompt.agent,
            "parts": parts(prompt),
        });
        if let Some(model) = prompt.model {
            body["model"] = json!({ "providerID": model.provider(), "modelID": model.model() });
        }
        let request = self.about_worktree(Method::POST, &format!("/session/{session}/message")).timeout(RUN_WITHIN).json(&body);
        json(request).await
    }

    /// `GET /session/{id}/message/{message}`: whether it is there.
    pub(crate) async fn has_message(&self, session: &SessionId, message: &MessageId) -> Result<bool, ClientError> {
        match json(self.about_worktree(Method::GET, &format!("/session/{session}/message/{message}"))).await {
            Ok(_message) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// `GET /session/{id}/message`: a page of messages, oldest first, and where the page before it ends.
    pub(crate) async fn messages(&self, session: &str, before: Option<&str>) -> Result<(Vec<Value>, Option<String>), ClientError> {
        let mut request = self.about_worktree(Method::GET, &format!("/session/{session}/message")).query(&[("limit", PAGE_MESSAGES)]);
        if let Some(before) = before {
            request = request.query(&[("before", before)]);
        }
        let (page, cursor) = json_page(request).await?;
        Ok((items(page), cursor))
    }

    /// `GET /session/{id}/children`: the ids of subagents' sessions.
    pub(crate) async fn children(&self, session: &str) -> Result<Vec<String>, ClientError> {
        let children = json(self.about_worktree(Method::GET, &format!("/session/{session}/children"))).await?;
        Ok(texts(&children, "id"))
    }

    /// `GET /session/status`: what does not rest, by session id.
    pub(crate) async fn status(&self) -> Result<Value, ClientError> {
        json(self.about_worktree(Method::GET, "/session/status")).await
    }

    /// `POST /session/{id}/abort`.
    pub(crate) async fn abort(&self, session: &SessionId) -> Result<(), ClientError> {
        json(self.about_worktree(Method::POST, &format!("/session/{session}/abort"))).await.map(drop)
    }

    /// `GET /permission`: what waits for an answer.
    pub(crate) async fn permissions(&self) -> Result<Vec<Value>, ClientError> {
        json(self.about_worktree(Method::GET, "/permission")).await.map(items)
    }

    /// `POST /permission/{id}/reply`.
    pub(crate) async fn reply_permission(&self, id: &str, body: &Value) -> Result<(), ClientError> {
        let request = self.about_worktree(Method::POST, &format!("/permission/{id}/reply")).json(body);
        json(request).await.map(drop)
    }

    /// `GET /question`: what waits for an answer.
    pub(crate) async fn questions(&self) -> Result<Vec<Value>, ClientError> {
        json(self.about_worktree(Method::GET, "/question")).await.map(items)
    }

    /// `POST /question/{id}/reply`: a list of answers for each question.
    pub(crate) async fn reply_question(&self, id: &str, answers: &[Vec<&str>]) -> Result<(), ClientError> {
        let request = self.about_worktree(Method::POST, &format!("/question/{id}/reply")).json(&json!({ "answers": answers }));
        json(request).await.map(drop)
    }

    /// `POST /question/{id}/reject`.
    pub(crate) async fn reject_question(&self, id: &str) -> Result<(), ClientError> {
        let request = self.about_worktree(Method::POST, &format!("/question/{id}/reject")).json(&json!({}));
        json(request).await.map(drop)
    }
}

/// The text, and behind it the files, each with its content in its address. A text is taken as text whatever else it is: under a name of its own, such
/// as `application/json`, the provider's library refuses the whole run.
fn parts(prompt: &PromptBody<'_>) -> Vec<Value> {
    let text = json!({ "type": "text", "text": prompt.text });
    let file = |file: &AttachedFile| {
        let (name, kind) = (&file.about.name, file.about.media_type.as_str());
        json!({ "type": "file", "mime": kind, "filename": name, "url": format!("data:{kind};base64,{}", STANDARD.encode(&file.content)) })
    };
    std::iter::once(text).chain(prompt.files.iter().map(file)).collect()
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => Vec::new(),
    }
}

fn texts(list: &Value, key: &str) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| item[key].as_str().map(str::to_owned)).collect()
}
