//! The contract of the adapter with the real OpenCode and a scripted model. A server takes one to three seconds to start.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod files;
mod questions;
mod steering;
mod support;

use agency_domain::agents::{Access, AgentEvent, AgentRuntime, RunEnd, RuntimeError, ToolState};
use agency_domain::pipelines::FailureClass;
use agency_scripted_model::{Fault, HttpReply, RecordedRequest, Script, Step};
use serde_json::json;
use support::{PATIENCE, PIPELINE, World, agent, developer, prompt, prompt_again, try_prompt};

fn bash(command: &str) -> Step {
    Step::tool("bash", json!({"command": command, "description": "Runs a command"}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_is_told_while_the_model_still_speaks() {
    // It falls silent in the middle, for ever: whatever is told was told before its end.
    let world = World::new(vec![Step::text("one two three").with_fault(Fault::HangAfter(2))]).await;
    let server = world.server().await;
    let mut run = prompt(server.as_ref(), "Count.").await;
    let events = run.until(|event| matches!(event, AgentEvent::Text { reasoning: false, .. })).await;
    let Some(AgentEvent::Text { delta, .. }) = events.last() else { panic!("{events:?}") };
    assert!(!delta.is_empty() && "one two three".starts_with(delta.as_str()), "{delta:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_is_streamed_once_and_the_report_has_all_of_it() {
    let world = World::new(vec![Step::text("one two three").thinking("Hmm.")]).await;
    let server = world.server().await;
    assert!(server.version().starts_with("1.18."));
    let mut run = prompt(server.as_ref(), "Count.").await;
    let events = run.until_idle().await;
    let deltas: String = events
        .iter()
        .filter_map(|event| match event {
            AgentEvent::Text { reasoning: false, delta, .. } => Some(delta.as_str()),
            _ => None,
        })
        .collect();
    let whole: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            AgentEvent::TextDone { reasoning: false, text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert!("one two three".starts_with(&deltas), "{deltas:?} was told while the model spoke");
    assert_eq!(whole, ["one two three"]);
    assert!(events.iter().any(|event| matches!(event, AgentEvent::ModelCallFinished { reason, .. } if reason == "stop")));

    let report = run.report(server.as_ref()).await;
    assert_eq!((report.end, report.reply.as_str()), (RunEnd::Finished, "one two three"));
    assert!(report.usage.tokens.total() > 0 && report.usage.cost.amount().is_some_and(|cost| cost > 0.0), "{:?}", report.usage);

    let state = world.opencode.state().await;
    assert!(state.supported && state.provider_configured, "{state:?}");
    assert_eq!(state.running.len(), 1);
    server.stop().await;
    assert!(world.opencode.state().await.running.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tools_are_followed_and_the_hand_off_tool_is_offered() {
    let write = Step::tool("write", json!({"filePath": "{{cwd}}/hello.txt", "content": "hi\n"}));
    let edit = Step::tool("edit", json!({"filePath": "{{cwd}}/hello.txt", "oldString": "hi", "newString": "bye"}));
    let world = World::demo(vec![write, edit, bash("echo one"), Step::handoff(json!({"summary": "Did it."})), Step::default()]).await;
    let server = world.server().await;
    let mut run = prompt(server.as_ref(), "Write it.").await;
    let events = run.until_idle().await;
    let completed: Vec<(&str, &str, Option<&str>)> = events
        .iter()
        .filter_map(|event| match event {
            AgentEvent::Tool { tool, state: ToolState::Completed, output, diff, took_ms, .. } => {
                assert!(took_ms.is_some(), "{tool} does not say how long it took");
                Some((tool.as_str(), output.as_str(), diff.as_deref()))
            }
            _ => None,
        })
        .collect();
    let tools: Vec<&str> = completed.iter().map(|(tool, _output, _diff)| *tool).collect();
    assert_eq!(tools, ["write", "edit", "bash", "agency_submit_handoff"]);
    assert!(completed[1].2.is_some_and(|diff| diff.contains("-hi") && diff.contains("+bye")), "{completed:?}");
    assert_eq!(completed[2].1, "one\n");
    assert_eq!(std::fs::read_to_string(world.worktree().join("hello.txt")).unwrap(), "bye\n");
    assert_eq!(world.tool.taken(), [json!({"summary": "Did it."})]);
    let report = run.report(server.as_ref()).await;
    assert_eq!((report.end, report.commands), (RunEnd::Finished, vec![("echo one".to_owned(), Some(0))]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permission_is_asked_and_both_answers_let_the_run_go_on() {
    let world = World::new(vec![bash("touch a"), bash("touch b"), Step::text("Done.")]).await;
    let server = world.server().await;
    let mut run = prompt(server.as_ref(), "Touch.").await;
    for (file, answer) in [("a", Ok(())), ("b", Err("Not b.".to_owned()))] {
        let events = run.until(|event| matches!(event, AgentEvent::PermissionAsked { .. })).await;
        let Some(AgentEvent::PermissionAsked { id, permission, detail, .. }) = events.last() else { unreachable!() };
        assert_eq!((permission.as_str(), detail.as_str()), ("bash", format!("touch {file}").as_str()));
        server.answer_permission(id, answer).await.unwrap();
        server.answer_permission(id, Ok(())).await.expect("a second answer is no error");
    }
    let events = run.until_idle().await;
    let denied =
        |event: &AgentEvent| matches!(event, AgentEvent::Tool { state: ToolState::Failed, output, .. } if output.contains("Not b."));
    assert!(events.iter().any(denied), "{events:#?}");
    assert_eq!(run.report(server.as_ref()).await.end, RunEnd::Finished);
    assert!(world.worktree().join("a").exists() && !world.worktree().join("b").exists());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abort_reaches_the_model_and_is_no_failure() {
    let world = World::new(vec![Step::text("one two three").with_fault(Fault::HangAfter(2))]).await;
    let server = world.server().await;
    let mut run = prompt(server.as_ref(), "Talk.").await;
    run.until(|event| matches!(event, AgentEvent::Text { .. })).await;
    assert_eq!(run.report(server.as_ref()).await.end, RunEnd::Running);
    server.abort(&run.session).await.unwrap();
    world.model.wait_for(PATIENCE, |requests| requests.iter().any(RecordedRequest::client_closed)).await.unwrap();
    let report = run.report(server.as_ref()).await;
    assert_eq!(report.end, RunEnd::Incomplete { reason: "aborted".into() });
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_ends_the_stream_and_reaping_ends_what_it_left() {
    let world = World::new(vec![bash("echo begun; sleep 300"), Step::text("Slept.")]).await;
    let server = world.server().await;
    let mut run = prompt(server.as_ref(), "Sleep.").await;
    // Running alone would not say that the command has begun.
    run.until(|event| matches!(event, AgentEvent::Tool { output, .. } if output.contains("begun"))).await;
    let pid = world.opencode.state().await.running[0].pid;
    let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(killed.success());
    while tokio::time::timeout(PATIENCE, run.events.next()).await.expect("the stream ends").is_some() {}
    assert!(matches!(server.report(&run.session, std::slice::from_ref(&run.message)).await, Err(RuntimeError::Lost(_))));
    assert!(world.opencode.reap(Some(PIPELINE)).await.unwrap() >= 1, "the command had outlived its server");
    assert_eq!(world.opencode.reap(None).await.unwrap(), 0);

    // The next server has the session, and says that the run was interrupted.
    let next = world.server().await;
    assert_eq!(run.report(next.as_ref()).await.end, RunEnd::Interrupted);

    // It can be gone on with.
    world.model.set_script(Script::always(vec![Step::text("Better now.")]));
    let mut again = prompt_again(next.as_ref(), &run.session, "Go on.").await;
    again.until_idle().await;
    let report = again.report(next.as_ref()).await;
    assert_eq!((report.end, report.reply.as_str()), (RunEnd::Finished, "Better now."));
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_for_an_agent_that_does_not_exist_is_refused() {
    let world = World::directed().await;
    let server = world.server().await;
    match try_prompt(server.as_ref(), "ghost", "Boo.").await {
        Err(RuntimeError::Refused(message)) => assert!(message.contains("ghost"), "{message}"),
        other => panic!("{:?}", other.map(|run| run.message)),
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_know_an_agent_does_not_start() {
    let world = World::directed().await;
    let mut hidden = developer();
    // OpenCode leaves agents out that are switched off.
    hidden.options.insert("disable".into(), json!(true));
    match world.start(vec![hidden]).await {
        Err(RuntimeError::Start(message)) => assert!(message.contains("developer"), "{message}"),
        other => panic!("{:?}", other.map(|server| server.version())),
    }
    assert_eq!(world.opencode.reap(None).await.unwrap(), 0, "nothing is left of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_key_is_a_failure_for_a_person() {
    let refusal = HttpReply::error(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided");
    let world = World::new(vec![Step::fault(Fault::Http(refusal))]).await;
    let server = world.server().await;
    let mut run = prompt(server.as_ref(), "Go.").await;
    run.until_idle().await;
    match run.report(server.as_ref()).await.end {
        RunEnd::Failed { class: FailureClass::AgentError, message } => assert!(message.contains("Incorrect API key"), "{message}"),
        other => panic!("{other:?}"),
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_ends_for_no_reason_shows_as_model_calls_without_one() {
    let world = World::new(vec![Step::text("one two three").with_fault(Fault::EndAfter(2)).repeated()]).await;
    let server = world.server().await;
    let mut run = prompt(server.as_ref(), "Go.").await;
    for _time in 0..3 {
        let events = run.until(|event| matches!(event, AgentEvent::ModelCallFinished { .. })).await;
        assert!(matches!(events.last(), Some(AgentEvent::ModelCallFinished { reason, .. }) if reason == "unknown"), "{events:#?}");
    }
    server.abort(&run.session).await.unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_see_no_secrets_and_a_reader_may_not_write() {
    let write = Step::tool("write", json!({"filePath": "{{cwd}}/no.txt", "content": "x"}));
    let world = World::new(vec![bash("env"), write, Step::text("Done.")]).await;
    let reader = agent("reader", Access::ReadOnly, json!({"*": "deny", "bash": "allow", "edit": "allow"}));
    let server = world.start(vec![developer(), reader]).await.unwrap();
    let mut run = try_prompt(server.as_ref(), "reader", "Look.").await.unwrap();
    let events = run.until_idle().await;
    let output = events.iter().find_map(|event| match event {
        AgentEvent::Tool { tool, state: ToolState::Completed, output, .. } if tool == "bash" => Some(output.as_str()),
        _ => None,
    });
    let output = output.expect("the command ran");
    assert!(output.contains("THEAGENCY_PIPELINE=") && output.contains("PATH="), "{output}");
    for secret in ["OPENCODE_SERVER_PASSWORD", "OPENCODE_CONFIG_CONTENT", "npm_config_offline", "XDG_DATA_HOME"] {
        assert!(!output.contains(secret), "{secret} is in\n{output}");
    }
    assert!(!world.worktree().join("no.txt").exists());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_way_in_which_a_run_ends_is_told_apart() {
    let world = World::directed().await;
    let server = world.server().await;
    let incomplete = |reason: &str| RunEnd::Incomplete { reason: reason.into() };
    for (scenario, expected) in [
        ("empty", incomplete("empty")),
        ("length", incomplete("length")),
        // Neither is offered to the model, which is told so and goes on.
        ("question", RunEnd::Finished),
        ("subagent", RunEnd::Finished),
        ("unknown_tool", RunEnd::Finished),
    ] {
        let mut run = prompt(server.as_ref(), &format!("[[mock:{scenario}]] Go.")).await;
        run.until_idle().await;
        assert_eq!(run.report(server.as_ref()).await.end, expected, "{scenario}");
    }
    for (scenario, expected) in [("content_filter", FailureClass::AgentError), ("garbage_json", FailureClass::ProviderUnavailable)] {
        let mut run = prompt(server.as_ref(), &format!("[[mock:{scenario}]] Go.")).await;
        run.until_idle().await;
        match run.report(server.as_ref()).await.end {
            RunEnd::Failed { class, .. } => assert_eq!(class, expected, "{scenario}"),
            other => panic!("{scenario}: {other:?}"),
        }
    }
    let never_sent = server.new_message_id();
    let session = server.open_session("Empty", None).await.unwrap();
    assert_eq!(server.report(&session, &[never_sent]).await.unwrap().end, RunEnd::Unknown);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_busy_is_tried_again_and_says_when() {
    let world = World::directed().await;
    let server = world.server().await;
    let mut run = prompt(server.as_ref(), "[[mock:err429once]] Go.").await;
    let events = run.until_idle().await;
    let retried = |event: &AgentEvent| matches!(event, AgentEvent::Retrying { attempt: 1, next: Some(_), .. });
    assert!(events.iter().any(retried), "{events:#?}");
    let report = run.report(server.as_ref()).await;
    assert_eq!((report.end, report.reply.as_str()), (RunEnd::Finished, "Recovered."));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_follows_when_a_long_conversation_is_shortened_belongs_to_the_prompt() {
    let world = World::directed().await;
    let unasked = agent("developer", Access::Write, json!({"bash": "allow"}));
    let server = world.start(vec![unasked]).await.unwrap();
    let mut run = prompt(server.as_ref(), "[[mock:big_usage]] Go.").await;
    run.until_idle().await;
    let report = run.report(server.as_ref()).await;
    assert_eq!(report.end, RunEnd::Finished);
    assert!(report.usage.tokens.total() > 1_000_000, "{:?}", report.usage);
    server.stop().await;
}
