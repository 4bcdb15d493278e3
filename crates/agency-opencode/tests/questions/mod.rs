//! A question's server: apart from the run's, and able to read alone. And a server that is started before there is a worktree.

use crate::support::{PATIENCE, PIPELINE, Run, World, agent, developer, prompt, prompt_with};
use agency_domain::QuestionId;
use agency_domain::agents::{Access, AgentRuntime, RunEnd, ServerRequest};
use agency_domain::checks::{CheckEnd, CheckNews, CheckRequest, CheckRunner};
use agency_opencode::LocalChecks;
use agency_scripted_model::{RecordedRequest, Step};
use serde_json::{Value, json};

const QUESTION: QuestionId = QuestionId(4);

fn only_reading() -> Value {
    json!({"*": "deny", "read": "allow", "grep": "allow", "glob": "allow"})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_answered_beside_the_run_by_a_server_that_can_only_read() {
    let write = Step::tool("write", json!({"filePath": "{{cwd}}/no.txt", "content": "x"}));
    let bash = Step::tool("bash", json!({"command": "touch no.txt", "description": "Touches"}));
    let read = Step::tool("read", json!({"filePath": "{{cwd}}/yes.txt"}));
    let outside = Step::tool("read", json!({"filePath": "/etc/hostname"}));
    let world = World::new(vec![write, bash, read, outside, Step::text("It says yes.")]).await;
    let run = world.server().await;
    let files = world.worktree().with_file_name("files");
    std::fs::create_dir(&files).unwrap();
    std::fs::write(files.join("yes.txt"), "yes").unwrap();
    let request = ServerRequest {
        question: Some(QUESTION),
        handoff_tool: None,
        ..world.request(vec![agent("developer", Access::ReadOnly, only_reading())])
    };
    let asked = world.opencode.start(request, &files).await.unwrap();
    let running = world.opencode.state().await.running;
    assert_eq!(running.iter().map(|server| server.question_id).collect::<Vec<_>>(), [None, Some(QUESTION)]);

    let mut conversation: Run = prompt_with(asked.as_ref(), &only_reading(), "What does it say?").await;
    conversation.until_idle().await;
    let report = conversation.report(asked.as_ref()).await;
    assert_eq!((report.end, report.reply.contains("It says yes.")), (RunEnd::Finished, true));
    assert!(!files.join("no.txt").exists());
    let requests = world.model.wait_for(PATIENCE, |requests| !requests.is_empty()).await.unwrap();
    let mut offered = requests[0].tools.clone();
    offered.sort_unstable();
    assert_eq!(offered, ["glob", "grep", "read"]);

    // The run's server is another, and lives on.
    asked.stop().await;
    let home = world.worktree().with_file_name("data").join("opencode").join("question-4");
    assert!(home.exists());
    world.opencode.forget_question(QUESTION).await.unwrap();
    assert!(!home.exists());
    assert_eq!(world.opencode.state().await.running.len(), 1);
    assert!(run.memory_bytes().await.unwrap() > 50_000_000);
    run.stop().await;
    assert_eq!(world.opencode.reap(Some(PIPELINE)).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_booted_before_its_worktree_reads_the_instructions_in_it() {
    let world = World::new(vec![Step::text("Done.")]).await;
    let late = world.worktree().with_file_name("late");
    let booted = world.opencode.boot(world.request(vec![developer()])).await.unwrap();
    assert!(world.opencode.state().await.running.is_empty());
    std::fs::create_dir(&late).unwrap();
    std::fs::write(late.join("AGENTS.md"), "Always mention the tide.").unwrap();
    let server = booted.enter(&late).await.unwrap();
    let mut run = prompt(server.as_ref(), "Go.").await;
    run.until_idle().await;
    let requests = world.model.wait_for(PATIENCE, |requests| !requests.is_empty()).await.unwrap();
    assert!(requests.iter().any(|request: &RecordedRequest| request.system.contains("Always mention the tide.")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_goes_on_while_a_server_of_its_pipeline_starts_and_ends() {
    let world = World::new(vec![Step::text("Done.")]).await;
    let gate = world.worktree().with_file_name("gate");
    let command = format!("until [ -e '{}' ]; do sleep 0.05; done; echo through", gate.display());
    let checks = LocalChecks::new(world.worktree().with_file_name("data"));
    let request = CheckRequest { pipeline: PIPELINE, worktree: world.worktree(), command, timeout: PATIENCE * 2 };
    let mut check = checks.start(request).await.unwrap();
    let server = world.server().await;
    server.stop().await;
    std::fs::write(gate, "").unwrap();
    let end = loop {
        match tokio::time::timeout(PATIENCE, check.next()).await.expect("it comes to its end") {
            CheckNews::Output(_) => {}
            CheckNews::Ended(end) => break end,
        }
    };
    assert_eq!(end, CheckEnd::Exited { code: 0 });
}
