//! A tool call's part.

use super::{bounded, took_ms};
use agency_domain::agents::{AgentEvent, ToolState};
use serde_json::Value;

/// The call as it stands now; `None` for a part that says nothing of its state.
pub(super) fn changed(part: &Value) -> Option<AgentEvent> {
    let state = &part["state"];
    let kind = match state["status"].as_str()? {
        "pending" => ToolState::Pending,
        "running" => ToolState::Running,
        "completed" => ToolState::Completed,
        "error" => ToolState::Failed,
        _unknown => return None,
    };
    // While it runs, a command shows its output so far in the metadata.
    let output = [&state["output"], &state["error"], &state["metadata"]["output"]].into_iter().find_map(Value::as_str);
    Some(AgentEvent::Tool {
        part: part["id"].as_str()?.to_owned(),
        tool: part["tool"].as_str().unwrap_or("unknown").to_owned(),
        state: kind,
        input: bounded::input(&state["input"]),
        title: state["title"].as_str().unwrap_or_default().to_owned(),
        output: bounded::text(output.unwrap_or_default()),
        diff: state["metadata"]["diff"].as_str().filter(|diff| !diff.is_empty()).map(bounded::text),
        took_ms: took_ms(&state["time"]),
    })
}
