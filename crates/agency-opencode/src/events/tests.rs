//! The samples that were recorded from OpenCode 1.18.33, and what becomes of them.

use super::*;
use agency_domain::agents::ToolState;
use serde_json::json;

fn frame(kind: &str, properties: &Value) -> Value {
    json!({"directory": "/wt", "project": "p", "payload": {"id": "evt_1", "type": kind, "properties": properties}})
}

fn event(translator: &mut Translator, kind: &str, properties: &Value) -> Option<AgentEvent> {
    translator.translate(&frame(kind, properties)).map(|routed| routed.event)
}

fn part(part: &Value) -> Value {
    json!({"sessionID": "ses_1", "part": part, "time": 1_795_372_582_555_u64})
}

#[test]
fn text_comes_as_deltas_and_then_whole_and_thinking_is_told_apart() {
    let mut translator = Translator::default();
    for (id, kind) in [("prt_t", "text"), ("prt_r", "reasoning")] {
        let open = json!({"id": id, "messageID": "msg_a", "sessionID": "ses_1", "type": kind, "text": "", "time": {"start": 1}});
        assert_eq!(event(&mut translator, "message.part.updated", &part(&open)), Some(AgentEvent::Alive));
        let delta = json!({"sessionID": "ses_1", "messageID": "msg_a", "partID": id, "field": "text", "delta": "Wrote "});
        assert_eq!(
            event(&mut translator, "message.part.delta", &delta),
            Some(AgentEvent::Text { part: id.into(), reasoning: kind == "reasoning", delta: "Wrote ".into() })
        );
        let done = json!({"id": id, "messageID": "msg_a", "type": kind, "text": "Wrote it.", "time": {"start": 1, "end": 1_501}});
        assert_eq!(
            event(&mut translator, "message.part.updated", &part(&done)),
            Some(AgentEvent::TextDone { part: id.into(), reasoning: kind == "reasoning", text: "Wrote it.".into(), took_ms: Some(1_500) })
        );
    }
}

#[test]
fn what_the_agent_did_not_say_is_not_shown_as_its_words() {
    let mut translator = Translator::default();
    let prompt = json!({"id": "msg_u", "role": "user", "sessionID": "ses_1"});
    let summary = json!({"id": "msg_s", "role": "assistant", "agent": "compaction", "summary": true});
    for info in [prompt, summary] {
        let id = info["id"].clone();
        assert_eq!(event(&mut translator, "message.updated", &json!({"sessionID": "ses_1", "info": info})), None);
        let said = json!({"id": "prt_u", "messageID": id, "type": "text", "text": "Do it", "time": {"start": 1, "end": 2}});
        assert_eq!(event(&mut translator, "message.part.updated", &part(&said)), None);
    }
}

#[test]
fn a_tool_call_is_followed_from_pending_to_its_end() {
    let mut translator = Translator::default();
    let mut told = |state: Value| {
        let call = json!({"type": "tool", "tool": "bash", "callID": "call_1", "state": state, "id": "prt_1", "sessionID": "ses_1", "messageID": "msg_1"});
        match event(&mut translator, "message.part.updated", &part(&call)) {
            Some(AgentEvent::Tool { tool, state, input, title, output, diff, took_ms, .. }) => {
                (tool, state, input, title, output, diff, took_ms)
            }
            other => panic!("{other:?}"),
        }
    };
    let input = json!({"command": "echo one; sleep 1; echo two", "description": "Echo twice"});
    assert_eq!(told(json!({"status": "pending", "input": {}, "raw": ""})).1, ToolState::Pending);
    let running = told(json!({"metadata": {"output": "one\n"}, "status": "running", "input": input, "time": {"start": 1}}));
    assert_eq!((running.1, running.4.as_str(), running.6), (ToolState::Running, "one\n", None));
    let completed = told(json!({"status": "completed", "input": input, "output": "one\ntwo\n",
        "metadata": {"output": "one\ntwo\n", "exit": 0, "diff": "--- a"}, "title": "echo one; sleep 1; echo two", "time": {"start": 1_795_375_072_180_u64, "end": 1_795_375_073_192_u64}}));
    assert_eq!((completed.0.as_str(), completed.1, &completed.2), ("bash", ToolState::Completed, &input));
    assert_eq!((completed.3.as_str(), completed.4.as_str()), ("echo one; sleep 1; echo two", "one\ntwo\n"));
    assert_eq!((completed.5.as_deref(), completed.6), (Some("--- a"), Some(1_012)));
    let failed = told(json!({"status": "error", "input": {}, "error": "The user rejected permission to use this specific tool call.",
        "time": {"start": 7, "end": 7}}));
    assert_eq!((failed.1, failed.6), (ToolState::Failed, Some(0)));
    assert!(failed.4.starts_with("The user rejected"));
}

#[test]
fn what_took_an_unknown_time_is_not_said_to_have_taken_none() {
    for time in [json!(null), json!({"start": 5}), json!({"end": 5}), json!({"start": 5, "end": 4}), json!({"start": "5", "end": "9"})] {
        assert_eq!(took_ms(&time), None, "{time}");
    }
}

#[test]
fn a_finished_model_call_has_its_reason_and_usage() {
    let mut translator = Translator::default();
    let step = json!({"id": "prt_1", "reason": "tool-calls", "messageID": "msg_1", "sessionID": "ses_1", "type": "step-finish",
        "tokens": {"total": 1200, "input": 400, "output": 150, "reasoning": 50, "cache": {"write": 0, "read": 600}}, "cost": 0.00014});
    let Some(AgentEvent::ModelCallFinished { reason, usage }) = event(&mut translator, "message.part.updated", &part(&step)) else {
        panic!()
    };
    assert_eq!((reason.as_str(), usage.tokens.total(), usage.cost), ("tool-calls", 1200, Cost::Known(0.00014)));
}

#[test]
fn tokens_without_a_price_cost_an_unknown_amount() {
    let of = |input: u64| usage(&json!({"tokens": {"input": input}, "cost": 0})).cost;
    assert_eq!((of(10), of(0)), (Cost::Unknown, Cost::Nothing));
}

#[test]
fn requests_retries_errors_and_rest_are_told() {
    let mut translator = Translator::default();
    let asked = json!({"id": "per_1", "sessionID": "ses_1", "permission": "bash", "patterns": ["echo one", "sleep 1"],
        "metadata": {"command": "echo one; sleep 1"}, "always": ["echo *"], "tool": {"messageID": "msg_1", "callID": "call_1"}});
    assert_eq!(
        event(&mut translator, "permission.asked", &asked),
        Some(AgentEvent::PermissionAsked {
            id: "per_1".into(),
            permission: "bash".into(),
            patterns: vec!["echo one".into(), "sleep 1".into()],
            always: vec!["echo *".into()],
            detail: "echo one; sleep 1".into()
        })
    );
    let options = json!([{"label": "sqlite", "description": "embedded"}, {"label": "none"}, {"description": "no label"}]);
    let question = json!({"id": "que_1", "sessionID": "ses_1", "questions": [
        {"question": "Which database?", "options": options}, {"question": "And else?", "options": [{"label": "none"}]}]});
    assert_eq!(
        event(&mut translator, "question.asked", &question),
        Some(AgentEvent::QuestionAsked {
            id: "que_1".into(),
            text: "Which database?\nAnd else?".into(),
            options: vec!["sqlite".into(), "none".into()]
        })
    );
    let retry = json!({"sessionID": "ses_1", "status": {"type": "retry", "attempt": 2, "message": "Rate limit reached", "next": 1_795_373_523_826_i64}});
    let next = Timestamp::from_millisecond(1_795_373_523_826).ok();
    assert_eq!(
        event(&mut translator, "session.status", &retry),
        Some(AgentEvent::Retrying { attempt: 2, message: "Rate limit reached".into(), next })
    );
    let error = json!({"sessionID": "ses_1", "error": {"name": "APIError", "data": {"message": "Rate limit reached", "statusCode": 429}}});
    assert_eq!(
        event(&mut translator, "session.error", &error),
        Some(AgentEvent::SessionError { name: "APIError".into(), message: "Rate limit reached".into() })
    );
    assert_eq!(event(&mut translator, "session.idle", &json!({"sessionID": "ses_1"})), Some(AgentEvent::Idle));
}

#[test]
fn of_a_child_only_what_must_be_answered_or_counted_reaches_the_parents_followers() {
    let mut translator = Translator::default();
    let child = json!({"sessionID": "ses_c", "info": {"id": "ses_c", "parentID": "ses_1"}});
    assert_eq!(translator.translate(&frame("session.created", &child)), None);
    let of = |translator: &mut Translator, kind: &str, properties: Value| translator.translate(&frame(kind, &properties)).unwrap();
    let idle = of(&mut translator, "session.idle", json!({"sessionID": "ses_c"}));
    assert_eq!((idle.session.as_str(), idle.event), ("ses_1", AgentEvent::Alive));
    let asked = of(&mut translator, "permission.asked", json!({"id": "per_1", "sessionID": "ses_c", "permission": "bash"}));
    assert_eq!(asked.session, "ses_1");
    assert!(matches!(asked.event, AgentEvent::PermissionAsked { .. }));
}

#[test]
fn the_copies_of_durable_events_and_unknown_types_are_skipped() {
    let mut translator = Translator::default();
    let copy = json!({"payload": {"type": "sync", "name": "session.idle", "seq": 4, "data": {"sessionID": "ses_1"}}});
    assert_eq!(translator.translate(&copy), None);
    assert_eq!(translator.translate(&frame("plugin.added", &json!({"id": "x"}))), None);
    assert_eq!(translator.translate(&frame("brand.new", &json!({"sessionID": "ses_1"}))), None);
    assert_eq!(translator.translate(&json!([1, 2])), None);
    assert_eq!(translator.translate(&json!({"payload": {"type": "server.heartbeat", "properties": {}}})), None);
}
