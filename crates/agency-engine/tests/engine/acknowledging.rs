//! What a hand-off must answer for, and what happens when it is silent.

use crate::support::{Bench, Play, done, review};
use agency_domain::approvals::Decision;
use agency_domain::pipelines::Pipeline;
use agency_engine::{DecisionRequest, SubmitAnswer};
use serde_json::{Value, json};

fn acknowledging(ids: &[&str]) -> Value {
    json!({ "summary": "Done.", "outcome": "done", "acknowledged": ids })
}

/// What stayed without an answer in each hand-off, oldest first.
fn silent(pipeline: &Pipeline) -> Vec<Vec<String>> {
    let attempts = pipeline.attempts_in_order();
    attempts.iter().filter_map(|(_, attempt)| Some(attempt.handoff.as_ref()?.record.engine.unacknowledged.clone())).collect()
}

/// The developer's fix round after a review that raised F-1, as this play does it.
async fn fix_round(fix: Vec<Play>) -> (Bench, Pipeline) {
    let mut plays = vec![Play::Write("a.txt", done()), Play::HandOff(review("changes_requested"))];
    plays.extend(fix);
    plays.push(Play::HandOff(review("approved")));
    let bench = Bench::start(plays);
    let id = bench.create(&["developer", "senior-reviewer"]).await;
    let ended = bench.end(id).await;
    assert_eq!(ended.status.as_str(), "succeeded");
    (bench, ended)
}

#[tokio::test(start_paused = true)]
async fn the_tool_asks_once_for_what_a_hand_off_is_silent_about_and_takes_the_second() {
    let (bench, ended) = fix_round(vec![Play::HandOffs(vec![done(), acknowledging(&["F-1"])])]).await;
    assert_eq!(silent(&ended), [[""; 0]; 4]);
    let answers = bench.runtime.answers();
    let [SubmitAnswer::Mend(asked), SubmitAnswer::Accepted(_)] = &answers[2..4] else { panic!("{answers:?}") };
    assert!(asked.contains("you were sent F-1") && asked.contains("acknowledged"), "{asked}");
    assert_eq!(bench.runtime.prompts().len(), 4, "no prompt more");

    let (bench, ended) = fix_round(vec![Play::HandOffs(vec![done(), done()])]).await;
    assert_eq!(silent(&ended)[2], ["F-1"]);
    assert!(matches!(bench.runtime.answers()[3], SubmitAnswer::Accepted(_)));
}

#[tokio::test(start_paused = true)]
async fn a_hand_off_after_which_nothing_more_comes_counts_and_says_what_it_was_silent_about() {
    let (bench, ended) = fix_round(vec![Play::HandOff(done())]).await;
    assert_eq!((silent(&ended)[2].clone(), bench.runtime.prompts().len()), (vec!["F-1".to_owned()], 4));
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_silent_is_asked_for_once_more_and_counts_if_nothing_better_comes() {
    const SILENT: &str = "```json\n{\"summary\": \"Done.\", \"outcome\": \"done\"}\n```";
    let (bench, ended) = fix_round(vec![Play::Say(SILENT), Play::HandOff(acknowledging(&["F-1"]))]).await;
    assert_eq!((silent(&ended)[2].len(), bench.runtime.prompts().len()), (0, 5));
    assert!(bench.runtime.prompts()[3].text.contains("you were sent F-1"));
    let (bench, ended) = fix_round(vec![Play::Say(SILENT), Play::Say("That was all.")]).await;
    assert_eq!((silent(&ended)[2].clone(), bench.runtime.prompts().len()), (vec!["F-1".to_owned()], 5));
}

#[tokio::test(start_paused = true)]
async fn what_a_person_asked_for_is_answered_for_by_whoever_works_again() {
    let bench = Bench::start((0..4).map(|_| Play::HandOff(done())).collect());
    let id = bench.create(&["architect", "approval", "developer"]).await;
    for decision in [Decision::RequestChanges, Decision::Approve] {
        let waiting = bench.until(id, |pipeline| pipeline.pending_approval().is_some()).await;
        let request = DecisionRequest { decision, comment: Some("Smaller.".into()), decided_by: "kim".into(), back_to: None, digest: None };
        bench.engine.decide_approval(waiting.pending_approval().unwrap().id, request).await.unwrap();
    }
    let ended = bench.end(id).await;
    let asked = format!("A-{}", ended.approvals[0].id);
    assert_eq!(silent(&ended), [vec![], vec![asked.clone()], vec![]]);
    assert!(bench.runtime.prompts()[1].text.contains(&format!("{asked}: kim asks for changes")));
}
