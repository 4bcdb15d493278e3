//! Requests that wait for an answer. They come as events, and the lists of open ones hold the same objects.

use super::bounded;
use agency_domain::agents::AgentEvent;
use serde_json::Value;

/// What says most of a request, by the kind of permission.
const TELLING: [&str; 5] = ["command", "filepath", "url", "query", "description"];

/// A permission that an agent asks for.
pub(crate) fn permission_asked(request: &Value) -> Option<AgentEvent> {
    let metadata = &request["metadata"];
    let detail = TELLING.iter().find_map(|key| metadata[*key].as_str()).map(bounded::text);
    let patterns = request["patterns"].as_array().into_iter().flatten();
    Some(AgentEvent::PermissionAsked {
        id: request["id"].as_str()?.to_owned(),
        permission: request["permission"].as_str().unwrap_or("unknown").to_owned(),
        patterns: patterns.filter_map(|pattern| pattern.as_str().map(str::to_owned)).collect(),
        detail: detail.unwrap_or_default(),
    })
}

/// A question to a person.
pub(crate) fn question_asked(request: &Value) -> Option<AgentEvent> {
    let questions = request["questions"].as_array().into_iter().flatten();
    let texts: Vec<&str> = questions.filter_map(|question| question["question"].as_str()).collect();
    Some(AgentEvent::QuestionAsked { id: request["id"].as_str()?.to_owned(), text: bounded::text(&texts.join("\n")) })
}
