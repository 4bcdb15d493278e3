//! Requests that wait for an answer. They come as events, and the lists of open ones hold the same objects.

use super::bounded;
use agency_domain::agents::AgentEvent;
use serde_json::Value;

/// Answers that are passed on; a person reads no more.
const OPTIONS_MAX: usize = 50;
/// Of an answer that a question offers: it is a label, and the model wrote it.
const OPTION_CHARS_MAX: usize = 500;
/// What says most of a request, by the kind of permission.
const TELLING: [&str; 5] = ["command", "filepath", "url", "query", "description"];

/// A permission that an agent asks for.
pub(crate) fn permission_asked(request: &Value) -> Option<AgentEvent> {
    let metadata = &request["metadata"];
    let detail = TELLING.iter().find_map(|key| metadata[*key].as_str()).map(bounded::text);
    let texts = |key: &str| request[key].as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect();
    Some(AgentEvent::PermissionAsked {
        id: request["id"].as_str()?.to_owned(),
        permission: request["permission"].as_str().unwrap_or("unknown").to_owned(),
        patterns: texts("patterns"),
        always: texts("always"),
        detail: detail.unwrap_or_default(),
    })
}

/// A question to a person, or several at once. The answers that are offered are those of all questions.
pub(crate) fn question_asked(request: &Value) -> Option<AgentEvent> {
    let questions = request["questions"].as_array().map_or(&[][..], Vec::as_slice);
    let texts: Vec<&str> = questions.iter().filter_map(|question| question["question"].as_str()).collect();
    let mut options: Vec<String> = Vec::new();
    for label in questions.iter().flat_map(labels) {
        if !options.contains(&label) && options.len() < OPTIONS_MAX {
            options.push(label);
        }
    }
    Some(AgentEvent::QuestionAsked { id: request["id"].as_str()?.to_owned(), text: bounded::text(&texts.join("\n")), options })
}

fn labels(question: &Value) -> impl Iterator<Item = String> {
    let options = question["options"].as_array().into_iter().flatten();
    options.filter_map(|option| option["label"].as_str()).map(|label| label.chars().take(OPTION_CHARS_MAX).collect())
}
