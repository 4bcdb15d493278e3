//! Questions about finished work: answered apart from the run, which they never touch.

use crate::support::{Bench, Play, done};
use agency_domain::PipelineId;
use agency_domain::budgets::Budget;
use agency_domain::pipelines::{Pipeline, PipelineStatus, PipelineStore, Question, QuestionOutcome, Refused};
use agency_engine::{CleanupRequest, QuestionRequest, UseCaseError};
use serde_json::json;
use std::time::Duration;

fn about(text: &str) -> QuestionRequest {
    QuestionRequest { text: text.into(), by: "kim".into(), ..QuestionRequest::default() }
}

/// Waits until nothing waits for an answer, and says what became of the newest question.
async fn ended(bench: &Bench, id: PipelineId) -> Question {
    let pipeline = bench.until(id, |pipeline| pipeline.open_question().is_none() && !pipeline.questions.is_empty()).await;
    pipeline.questions.last().unwrap().clone()
}

fn outcome(question: &Question) -> (QuestionOutcome, &str) {
    let end = question.end.as_ref().unwrap();
    (end.outcome, end.text.as_str())
}

#[tokio::test(start_paused = true)]
async fn a_finished_step_answers_from_its_record_and_nothing_else_changes() {
    let bench = Bench::start(vec![Play::Write("a.txt", done()), Play::Say("**Because** it shouts."), Play::Say("As I said.")]);
    let id = bench.create(&["developer"]).await;
    let before = bench.end(id).await;
    let asked = bench.engine.ask(id, about("Why so loud?")).await.unwrap();
    assert!(asked.is_open() && asked.attempt == before.steps[0].attempts[0].id);
    let question = ended(&bench, id).await;
    assert_eq!(outcome(&question), (QuestionOutcome::Answered, "**Because** it shouts."));
    let prompts = bench.runtime.prompts();
    let text = &prompts[1].text;
    for part in ["Why so loud?", "You were the developer", "## What you were sent", "Add --shout", "## What you handed on", "diff --git"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_ne!(prompts[0].session, prompts[1].session);
    let after = bench.store.load(id).await.unwrap().unwrap();
    assert_eq!((&after.status, &after.steps, &after.head_commit), (&before.status, &before.steps, &before.head_commit));
    assert_eq!(after.usage().tokens.input, before.usage().tokens.input + 100);
    assert_eq!((bench.runtime.servers(), bench.runtime.forgotten(), bench.repositories.exports()), ((2, 2), vec![question.id], 0));

    bench.engine.ask(id, about("Really?")).await.unwrap();
    ended(&bench, id).await;
    assert!(bench.runtime.prompts()[2].text.contains("You answered: **Because** it shouts."));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_has_not_finished_cannot_be_asked() {
    let bench = Bench::start(vec![Play::Hang]);
    let id = bench.create(&["developer"]).await;
    bench.until(id, |pipeline| pipeline.open_attempt().is_some()).await;
    let step = Some(bench.store.load(id).await.unwrap().unwrap().steps[0].id);
    let refused = bench.engine.ask(id, QuestionRequest { step, ..about("Why?") }).await.unwrap_err();
    assert!(matches!(&refused, UseCaseError::Refused(Refused::Conflict(why)) if why.contains("has not finished")), "{refused}");
    let refused = bench.engine.ask(id, about("Why?")).await.unwrap_err();
    assert!(refused.to_string().contains("no agent of pipeline"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn the_run_goes_on_while_a_question_is_answered() {
    let bench = Bench::start(vec![Play::HandOff(done()), Play::Ask(done()), Play::Say("Since it is simple.")]);
    let id = bench.create(&["architect", "developer"]).await;
    bench.until(id, |pipeline| !pipeline.asks.is_empty()).await;
    bench.engine.ask(id, about("Why this plan?")).await.unwrap();
    assert_eq!(outcome(&ended(&bench, id).await).0, QuestionOutcome::Answered);
    let pipeline = bench.end(id).await;
    assert_eq!(pipeline.status, PipelineStatus::Succeeded);
    assert_eq!(pipeline.attempts_in_order().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_wrote_is_not_believed_and_one_that_hangs_is_ended() {
    let plays = vec![Play::HandOff(done()), Play::WriteAndSay("b.txt", "Fine."), Play::Spend(10)];
    let bench = Bench::start(plays);
    let id = bench.create(&["architect"]).await;
    bench.end(id).await;
    bench.engine.ask(id, about("Why?")).await.unwrap();
    let question = ended(&bench, id).await;
    assert_eq!(outcome(&question).0, QuestionOutcome::Failed);
    assert!(outcome(&question).1.contains("changed files") && outcome(&question).1.contains("b.txt"), "{question:?}");
    bench.engine.ask(id, about("And now?")).await.unwrap();
    let question = ended(&bench, id).await;
    assert!(outcome(&question).1.contains("within 5 minutes"), "{question:?}");
    assert_eq!(question.usage.tokens.input, 10);
    assert_eq!(bench.repositories.exports(), 0);
}

#[tokio::test(start_paused = true)]
async fn cancelling_the_pipeline_cancels_its_question() {
    let bench = Bench::start(vec![Play::HandOff(done()), Play::Ask(done()), Play::Spend(10)]);
    let id = bench.create(&["architect", "developer"]).await;
    bench.until(id, |pipeline| !pipeline.asks.is_empty()).await;
    bench.engine.ask(id, about("Why?")).await.unwrap();
    let refused = bench.engine.ask(id, about("And why not?")).await.unwrap_err();
    assert!(refused.to_string().contains("waits for its answer"), "{refused}");
    while bench.runtime.prompts().len() < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bench.engine.cancel(id, "kim".into()).await.unwrap();
    assert_eq!(outcome(&ended(&bench, id).await).0, QuestionOutcome::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn cleaning_up_after_the_pipeline_cancels_its_question_whether_it_waits_or_is_being_answered() {
    for waits in [false, true] {
        let worktrees = tempfile::tempdir().unwrap();
        let bench = Bench::start_with(vec![Play::HandOff(done()), Play::Hang], worktrees.path());
        let id = bench.create(&["architect"]).await;
        bench.end(id).await;
        if waits {
            // Nobody takes it up.
            bench.stop();
        }
        tokio::time::sleep(Duration::from_secs(30)).await;
        bench.engine.ask(id, about("Why?")).await.unwrap();
        while !waits && bench.runtime.prompts().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for worktree in bench.repositories.worktrees() {
            std::fs::create_dir_all(worktree).unwrap();
        }
        let looked = CleanupRequest { dry_run: true, named: vec![id], branches: false };
        assert!(bench.engine.clean_up(&looked).await.unwrap()[0].removed_worktree);
        assert!(bench.store.load(id).await.unwrap().unwrap().open_question().is_some(), "to look changes nothing");
        let cleaned = bench.engine.clean_up(&CleanupRequest { dry_run: false, ..looked }).await.unwrap();
        assert!(cleaned[0].removed_worktree, "{cleaned:?}");
        let question = ended(&bench, id).await;
        let (outcome, why) = outcome(&question);
        assert!(outcome == QuestionOutcome::Cancelled && why.contains("cleaned up before it was answered"), "{why}");
        assert_eq!(bench.repositories.exports(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_the_server_left_is_interrupted_by_the_next_one() {
    let bench = Bench::start(vec![Play::HandOff(done()), Play::Say("Now.")]);
    let id = bench.create(&["architect"]).await;
    bench.end(id).await;
    bench.stop();
    // Nobody carries it out: the conductor has ended.
    tokio::time::sleep(Duration::from_secs(30)).await;
    let asked = bench.engine.ask(id, about("Why?")).await.unwrap();
    let next = bench.engine.clone();
    tokio::spawn(async move { next.run(tokio_util::sync::CancellationToken::new()).await });
    let question = ended(&bench, id).await;
    assert_eq!((question.id, outcome(&question).0), (asked.id, QuestionOutcome::Interrupted));
    assert_eq!(bench.runtime.forgotten(), [asked.id]);
    bench.engine.ask(id, about("Why then?")).await.unwrap();
    assert_eq!(outcome(&ended(&bench, id).await).0, QuestionOutcome::Answered);
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_is_used_up_allows_no_question() {
    let bench = Bench::start(vec![Play::HandOff(done())]);
    let id = bench.create_with(json!([{ "agent": "architect" }]), Budget { tokens: Some(110), ..Budget::default() }).await;
    let finished = |pipeline: &Pipeline| pipeline.steps[0].attempts.iter().any(|attempt| attempt.handoff.is_some());
    bench.until(id, finished).await;
    let refused = bench.engine.ask(id, about("Why?")).await.unwrap_err();
    assert!(refused.to_string().contains("ceiling of tokens"), "{refused}");
}
