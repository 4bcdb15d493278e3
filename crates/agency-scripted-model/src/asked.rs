//! What a chat request asks: the few facts of an OpenAI request that scripts are chosen by. Pure; called by the handlers and `choice`.

use serde::Deserialize;
use serde_json::Value;

/// OpenCode names the directory it works in by this line of its system prompt.
const DIRECTORY_LABEL: &str = "Working directory: ";
/// Of the address of a file, which holds its content.
const FILE_CHARACTERS_MAX: usize = 200;

/// A chat completion request, read leniently: what is not needed is not looked at.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ChatRequest {
    #[serde(default)]
    model: String,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    messages: Vec<ChatMessage>,
    #[serde(default)]
    tools: Vec<OfferedTool>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ChatMessage {
    #[serde(default)]
    role: String,
    #[serde(default)]
    content: Value,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct OfferedTool {
    #[serde(default)]
    function: OfferedFunction,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct OfferedFunction {
    #[serde(default)]
    name: String,
}

/// What kind of call OpenCode makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallKind {
    Ordinary,
    /// For a session's title.
    Title,
    /// For a summary in place of a history that became too long.
    Compaction,
}

/// The facts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) model: String,
    /// OpenCode's session, from the header `x-session-id`.
    pub(crate) session: Option<String>,
    pub(crate) stream: bool,
    pub(crate) kind: CallKind,
    /// All system messages.
    pub(crate) system: String,
    /// The newest user message.
    pub(crate) user: String,
    /// The addresses of pictures and files beside it, of each the first characters.
    pub(crate) files: Vec<String>,
    /// The results of the tools that were called since the newest user message.
    pub(crate) results: String,
    /// Assistant turns since the newest user message.
    pub(crate) turn: usize,
    /// Names of the tools that are offered.
    pub(crate) tools: Vec<String>,
    pub(crate) messages: usize,
    /// Size of the request, in bytes, without the contents of files: a provider counts those by what they show.
    pub(crate) bytes: usize,
}

impl Asked {
    pub(crate) fn read(request: ChatRequest, session: Option<String>, bytes: usize) -> Self {
        let messages = request.messages;
        let tools: Vec<String> = request.tools.into_iter().map(|tool| tool.function.name).collect();
        let system = join(messages.iter().filter(|message| message.role == "system" || message.role == "developer"));
        let newest = messages.iter().rposition(|message| message.role == "user");
        let since = &messages[newest.map_or(0, |index| index + 1)..];
        Self {
            model: request.model,
            session,
            stream: request.stream,
            kind: kind_of(&system, &tools),
            user: newest.map(|index| plain_text(&messages[index].content)).unwrap_or_default(),
            files: newest.map(|index| files(&messages[index].content)).unwrap_or_default(),
            results: join(since.iter().filter(|message| message.role == "tool")),
            turn: since.iter().filter(|message| message.role == "assistant").count(),
            system,
            tools,
            messages: messages.len(),
            bytes: bytes.saturating_sub(messages.iter().flat_map(|message| addresses(&message.content)).map(str::len).sum()),
        }
    }

    /// The directory that OpenCode works in; `/tmp` where the prompt names none.
    pub(crate) fn directory(&self) -> &str {
        let line = self.system.lines().find_map(|line| line.trim().strip_prefix(DIRECTORY_LABEL));
        line.map_or("/tmp", str::trim)
    }

    /// The offered tool that takes hand-offs: ours, whatever the server's name before it, or OpenCode's own.
    pub(crate) fn handoff_tool(&self) -> Option<&str> {
        let ending = |ending: &str| self.tools.iter().find(|name| name.ends_with(ending));
        ending("submit_handoff").or_else(|| ending("StructuredOutput")).map(String::as_str)
    }
}

/// OpenCode offers no tools to its title and compaction agents; their prompts say what they are.
fn kind_of(system: &str, tools: &[String]) -> CallKind {
    let system = system.to_lowercase();
    if !tools.is_empty() {
        CallKind::Ordinary
    } else if system.contains("title generator") || system.contains("generate a title") {
        CallKind::Title
    } else if system.contains("summarization agent") || system.contains("summarizing conversations") {
        CallKind::Compaction
    } else {
        CallKind::Ordinary
    }
}

fn join<'a>(messages: impl Iterator<Item = &'a ChatMessage>) -> String {
    messages.map(|message| plain_text(&message.content)).collect::<Vec<_>>().join("\n")
}

/// Content is a string, or a list of parts of which some have text.
fn plain_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

/// As much of each as tells one file from another, and holds a small picture whole.
fn files(content: &Value) -> Vec<String> {
    addresses(content).map(|address| address.chars().take(FILE_CHARACTERS_MAX).collect()).collect()
}

fn addresses(content: &Value) -> impl Iterator<Item = &str> {
    let parts = content.as_array().into_iter().flatten();
    parts.filter_map(|part| part["image_url"]["url"].as_str().or(part["file"]["file_data"].as_str()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// Reads a request from JSON, as the handlers do.
    pub(crate) fn asked(request: Value) -> Asked {
        let bytes = request.to_string().len();
        Asked::read(serde_json::from_value(request).unwrap(), Some("ses_1".into()), bytes)
    }

    #[test]
    fn the_turn_counts_assistant_messages_since_the_newest_user_message() {
        let asked = asked(json!({"model": "m1", "messages": [
            {"role": "system", "content": "You are the developer.\n<env>\n  Working directory: /tmp/a b\n</env>"},
            {"role": "user", "content": "first"},
            {"role": "assistant", "content": "x"},
            {"role": "tool", "content": "old result"},
            {"role": "user", "content": [{"type": "text", "text": "second"}, {"type": "text", "text": "part"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}}]},
            {"role": "assistant", "content": null},
            {"role": "tool", "content": "new result"},
        ], "tools": [{"type": "function", "function": {"name": "agency_submit_handoff"}}]}));
        assert_eq!((asked.user.as_str(), asked.turn, asked.results.as_str()), ("second\npart", 1, "new result"));
        assert_eq!(asked.files, ["data:image/png;base64,iVBO", "data:application/pdf;base64,JVBE"]);
        assert_eq!((asked.directory(), asked.handoff_tool()), ("/tmp/a b", Some("agency_submit_handoff")));
        assert_eq!(asked.kind, CallKind::Ordinary);
    }

    #[test]
    fn title_and_compaction_calls_are_recognised_by_their_prompt_and_their_lack_of_tools() {
        let ask = |system: &str, tools: Value| asked(json!({"messages": [{"role": "system", "content": system}], "tools": tools})).kind;
        assert_eq!(ask("You are a title generator.", json!([])), CallKind::Title);
        assert_eq!(ask("You are an anchored context summarization agent", json!([])), CallKind::Compaction);
        assert_eq!(ask("You are a title generator.", json!([{"function": {"name": "read"}}])), CallKind::Ordinary);
    }
}
