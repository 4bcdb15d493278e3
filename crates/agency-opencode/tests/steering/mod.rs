//! What a person does to a run under way, and a step's own permissions.

use crate::bash;
use crate::support::{World, prompt, prompt_again, prompt_with};
use agency_domain::agents::{AgentEvent, RunEnd, ToolState};
use agency_scripted_model::{Fault, Match, Rule, Script, Step};
use serde_json::json;

/// Answers to the first prompt, and to the one that comes while it is under way.
fn steered(first: Vec<Step>, second: Vec<Step>) -> Script {
    let newest = |text: &str| Match { user: vec![text.into()], ..Match::default() };
    Script { rules: vec![Rule::new("second", newest("SECOND"), second), Rule::new("first", newest("FIRST"), first)] }
}

fn question(text: &str, options: &[&str]) -> serde_json::Value {
    let options: Vec<_> = options.iter().map(|label| json!({"label": label, "description": "one of them"})).collect();
    json!({"question": text, "header": "Choice", "options": options})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_during_a_run_is_read_after_the_current_turn_and_ends_it() {
    let world = World::new(Vec::new()).await;
    const UNTIL_TOLD: &str = "echo begun; until [ -e told ]; do sleep 0.05; done; echo ended";
    let first = vec![bash(UNTIL_TOLD), Step::text("Never said.")];
    world.model.set_script(steered(first, vec![bash("echo second"), Step::text("Both done.")]));
    let server = world.server().await;
    let mut run = prompt(server.as_ref(), "FIRST").await;
    run.until(|event| matches!(event, AgentEvent::Tool { output, .. } if output.contains("begun"))).await;
    let mut more = prompt_again(server.as_ref(), &run.session, "SECOND").await;
    let both = [run.message.clone(), more.message.clone()];
    assert_eq!(server.report(&run.session, &both).await.unwrap().end, RunEnd::Running);
    std::fs::write(world.worktree().join("told"), "").unwrap();

    more.until_idle().await;
    let report = server.report(&run.session, &both).await.unwrap();
    assert_eq!((report.end, report.reply.as_str()), (RunEnd::Finished, "Both done."));
    let commands: Vec<&str> = report.commands.iter().map(|(command, _exit)| command.as_str()).collect();
    assert_eq!(commands, [UNTIL_TOLD, "echo second"]);
    let alone = more.report(server.as_ref()).await;
    assert!(report.usage.tokens.total() > alone.usage.tokens.total(), "the first prompt's turn counts");
    // The first one's run was cut short by the second, and did not fail.
    assert_eq!(run.report(server.as_ref()).await.end, RunEnd::Incomplete { reason: "tool-calls".into() });
    assert_eq!(world.model.requests().len(), 3);

    // Both are still known to a server that was told neither, and a third that never arrived is not.
    server.stop().await;
    let next = world.server().await;
    assert_eq!(next.report(&run.session, &both).await.unwrap().end, RunEnd::Finished);
    let never_sent = [both.as_slice(), &[next.new_message_id()]].concat();
    assert_eq!(next.report(&run.session, &never_sent).await.unwrap().end, RunEnd::Unknown);
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abort_takes_along_what_was_still_to_be_read() {
    let world = World::new(Vec::new()).await;
    world.model.set_script(steered(vec![Step::text("one two three").with_fault(Fault::HangAfter(2))], vec![Step::text("Read.")]));
    let server = world.server().await;
    let mut run = prompt(server.as_ref(), "FIRST").await;
    run.until(|event| matches!(event, AgentEvent::Text { .. })).await;
    let more = prompt_again(server.as_ref(), &run.session, "SECOND").await;
    server.abort(&run.session).await.unwrap();
    let report = server.report(&run.session, &[run.message, more.message]).await.unwrap();
    assert_eq!(report.end, RunEnd::Incomplete { reason: "aborted".into() });
    assert!(world.model.requests().iter().all(|request| request.scenario != "second"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_a_step_allows_waits_for_its_answer() {
    let questions = json!([question("Which database?", &["sqlite", "postgres"]), question("Which host?", &["here"])]);
    let ask = Step::tool("question", json!({ "questions": questions }));
    let world = World::new(vec![ask.clone(), ask, Step::text("Never said.")]).await;
    let server = world.server().await;
    let mut run = prompt_with(server.as_ref(), &json!({"question": "ask"}), "Ask.").await;
    for answer in [Some("mysql, on any"), None] {
        let events = run.until(|event| matches!(event, AgentEvent::QuestionAsked { .. })).await;
        let Some(AgentEvent::QuestionAsked { id, text, options }) = events.last() else { unreachable!() };
        assert_eq!(text, "Which database?\nWhich host?");
        assert_eq!(options, &["sqlite", "postgres", "here"]);
        server.answer_question(id, answer).await.unwrap();
        server.answer_question(id, Some("too late")).await.expect("a second answer is no error");
    }
    let events = run.until_idle().await;
    assert!(events.iter().any(|event| matches!(event, AgentEvent::Tool { state: ToolState::Failed, .. })), "{events:#?}");
    assert_eq!(run.report(server.as_ref()).await.end, RunEnd::Incomplete { reason: "tool-calls".into() });
    let requests = world.model.requests();
    assert_eq!(requests.len(), 2, "a question that is rejected ends the run");
    assert_eq!(requests[1].results.matches("mysql, on any").count(), 2, "{}", requests[1].results);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_steps_permissions_come_behind_its_agents_and_the_denials_behind_them() {
    let world = World::new(vec![bash("echo one"), bash("touch no"), bash("touch yes"), Step::text("Done.")]).await;
    let server = world.server().await;
    let permissions =
        json!({"*": "deny", "task": "allow", "bash": {"*": "allow", "echo*": "deny", "touch*": "deny", "touch yes": "allow"}});
    let mut run = prompt_with(server.as_ref(), &permissions, "Go.").await;
    run.until_idle().await;
    let report = run.report(server.as_ref()).await;
    assert_eq!((report.end, report.commands), (RunEnd::Finished, vec![("touch yes".to_owned(), Some(0))]));
    assert!(world.worktree().join("yes").exists() && !world.worktree().join("no").exists());
    let offered = &world.model.requests()[0].tools;
    assert!(offered.iter().any(|tool| tool == "bash") && offered.iter().any(|tool| tool == "agency_submit_handoff"), "{offered:?}");
    for denied in ["task", "question", "write", "read"] {
        assert!(!offered.iter().any(|tool| tool == denied), "{denied} is offered");
    }
    server.stop().await;
}
