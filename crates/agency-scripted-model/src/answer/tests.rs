//! Steps on their way to the wire.

use super::*;
use crate::asked::tests::asked;

const ID: AnswerId = AnswerId { number: 7, unix_ms: 1_000 };

fn ask(stream: bool, tools: &Value) -> Asked {
    asked(json!({"model": "m1", "stream": stream, "messages": [{"role": "user", "content": "go"}], "tools": tools}))
}

fn actions(step: &Step) -> Vec<Action> {
    match answer(step, &ask(true, &json!([])), ID) {
        Answer::Body { actions, .. } => actions,
        other => panic!("not a body: {other:?}"),
    }
}

/// The `data:` lines that are sent, parsed, `[DONE]` as a string.
fn chunks(actions: &[Action]) -> Vec<Value> {
    let sent = actions.iter().filter_map(|action| if let Action::Send(bytes) = action { Some(&bytes[..]) } else { None });
    let text = String::from_utf8(sent.flatten().copied().collect()).unwrap();
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| json!(line));
    text.lines().filter_map(|line| line.strip_prefix("data: ")).map(read).collect()
}

#[test]
fn a_stream_says_reasoning_text_and_tools_in_this_order_and_ends_with_usage() {
    let step = Step::tool("write", json!({"a": "ü"})).saying("two words").thinking("hm ");
    let chunks = chunks(&actions(&step));
    let delta = |index: usize| &chunks[index]["choices"][0]["delta"];
    assert_eq!(delta(0)["reasoning_content"], "hm ");
    assert_eq!((&delta(1)["content"], &delta(2)["content"]), (&json!("two "), &json!("words")));
    let (opening, rest) = (&delta(3)["tool_calls"][0], &delta(4)["tool_calls"][0]);
    let arguments = opening["function"]["arguments"].as_str().unwrap().to_owned() + rest["function"]["arguments"].as_str().unwrap();
    assert_eq!((opening["id"].as_str().unwrap(), arguments.as_str()), ("call_1000_7_0", "{\"a\":\"ü\"}"));
    assert_eq!(chunks[5]["choices"][0]["finish_reason"], "tool_calls");
    assert!(chunks[6]["usage"]["total_tokens"].as_u64().unwrap() > 0);
    assert_eq!(chunks[7], "[DONE]");
}

#[test]
fn a_hand_off_is_a_tool_call_where_a_tool_takes_it_and_a_fenced_block_elsewhere() {
    let step = Step::handoff(json!({"summary": "x"})).saying("Here.");
    let offered =
        |name: &str| with_handoff(&step, &ask(true, &json!([{"function": {"name": "read"}}, {"function": {"name": name}}]))).tools;
    assert_eq!(offered("agency_submit_handoff")[0].name, "agency_submit_handoff");
    assert_eq!(offered("StructuredOutput")[0].args, json!({"summary": "x"}));
    let text = with_handoff(&step, &ask(true, &json!([]))).text;
    assert_eq!(text, "Here.\n\n```json\n{\n  \"summary\": \"x\"\n}\n```");
}

#[test]
fn a_pace_waits_after_each_chunk_and_no_pace_gathers_them() {
    let waits = |step: &Step| actions(step).iter().filter(|action| matches!(action, Action::Wait(_))).count();
    assert_eq!(waits(&Step::text("one two three").paced(5)), 5);
    assert_eq!((waits(&Step::text("one two three")), actions(&Step::text("one two three")).len()), (0, 2));
}

#[test]
fn faults_let_as_many_chunks_pass_as_they_say() {
    let broken = |fault| actions(&Step::text("one two three four").with_fault(fault));
    let count = |fault| chunks(&broken(fault)).len();
    assert_eq!((count(Fault::ResetAfter(2)), count(Fault::EndAfter(3)), count(Fault::HangAfter(99)), count(Fault::NoDone)), (2, 3, 4, 4));
    assert_eq!(broken(Fault::ResetAfter(2)).last(), Some(&Action::Reset));
    assert_eq!(broken(Fault::HangAfter(2)).last(), Some(&Action::Hang));
    assert_eq!(broken(Fault::HangBeforeFirstChunk), [Action::Hang]);
    assert_eq!(chunks(&broken(Fault::ErrorObject(json!({"error": 1})))).last(), Some(&json!({"error": 1})));
}

#[test]
fn without_stream_the_answer_is_one_object() {
    let Answer::Body { content_type, actions } = answer(&Step::tool("bash", json!({})).saying("x"), &ask(false, &json!([])), ID) else {
        panic!()
    };
    let Action::Send(bytes) = &actions[0] else { panic!() };
    let whole: Value = serde_json::from_slice(bytes).unwrap();
    assert_eq!(content_type, "application/json");
    assert_eq!(whole["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "bash");
    assert_eq!(whole["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn words_keep_the_space_after_them_and_lose_nothing() {
    let split = |text: &'static str| words(text).collect::<Vec<_>>();
    assert_eq!(split("  one\n\n  two three"), ["  ", "one\n\n  ", "two ", "three"]);
    assert_eq!((split(""), split("one"), split("one ")), (vec![], vec!["one"], vec!["one "]));
}
