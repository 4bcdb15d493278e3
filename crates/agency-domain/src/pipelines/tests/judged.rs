//! What became of an agent's results.

use super::*;

impl Story {
    fn later(&mut self) -> &mut Self {
        self.now += std::time::Duration::from_secs(60);
        self
    }
}

#[test]
fn a_result_passes_or_not_by_the_next_gate_behind_its_step() {
    let mut story = Story::begin();
    assert_eq!(story.pipeline.judged("architect"), []);
    story.later().work(ARCHITECT, &done());
    assert_eq!(story.pipeline.judged("architect"), [None], "nobody has decided");
    let gate = story.later().gate();
    story.later().act(decision(gate, Decision::RequestChanges, Some("Smaller.")));
    story.later().work(ARCHITECT, &done());
    let gate = story.later().gate();
    story.later().act(decision(gate, Decision::Approve, None));
    assert_eq!(story.pipeline.judged("architect"), [Some(false), Some(true)]);

    story.later().work(DEVELOPER, &done());
    story.later().work(REVIEWER, &review("changes_requested", 1));
    story.later().work(DEVELOPER, &done());
    story.later().work(REVIEWER, &review("approved", 2));
    assert_eq!(story.pipeline.judged("developer"), [Some(false), Some(true)]);
    assert_eq!(story.pipeline.judged("architect"), [Some(false), Some(true)], "what comes later does not judge it again");
    assert_eq!(story.pipeline.judged("senior-reviewer"), [None, None], "nothing is behind it");
    assert_eq!(story.pipeline.judged("nobody"), []);
}

#[test]
fn a_result_that_was_begun_afresh_before_a_gate_was_not_judged() {
    let mut story = Story::approved();
    story.later().work(DEVELOPER, &done());
    story.later().act(Command::Fail(FailureReason { code: ReasonCode::GitError, message: String::new(), hint: String::new() }));
    story.later().act(Command::Retry { by: "kim".into(), step: Some(DEVELOPER), model: None, instruction: None });
    let attempt = story.later().attempt(DEVELOPER);
    story.later().finish(attempt, failed(FailureClass::AgentError));
    story.later().act(Command::Retry { by: "kim".into(), step: None, model: None, instruction: None });
    story.later().work(DEVELOPER, &done());
    story.later().work(REVIEWER, &review("approved", 1));
    assert_eq!(story.pipeline.judged("developer"), [None, Some(true)], "and what failed handed nothing on");
}
