//! The developer's part of the demo: the first round, which forgets a case, and the fix round, which begins with the failing test.

use super::reviewing::finding;
use super::work::{ADD_FLAG, DESCRIBE_FLAG, MEND, PROGRAM, README, TEST_COMMAND, TEST_FLAG, TEST_NO_NAME, TESTS};
use super::{paced, read};
use crate::fill::OPEN_FINDINGS;
use crate::script::{Rule, Step};
use crate::testing::{Criteria, agent, met, two_ways};
use serde_json::{Value, json};

pub(super) fn rules() -> Vec<Rule> {
    let fixing = two_ways("developer, fix round", &agent("developer").and_user(OPEN_FINDINGS), fix_round);
    let first = two_ways("developer, first round", &agent("developer"), first_round);
    fixing.into_iter().chain(first).collect()
}

fn run_tests(why: &str) -> Step {
    Step::tool("bash", json!({ "command": TEST_COMMAND, "description": "Runs the tests of greet.sh" })).saying(why)
}

/// Evidence: the tests ran and passed, and this is what they show.
fn tested(what: &str) -> Value {
    json!({ "command": TEST_COMMAND, "note": what })
}

fn first_round(criteria: Criteria) -> Vec<Step> {
    paced(vec![
        read(&[PROGRAM, TESTS, README])
            .thinking("Small program, plain tests. I read all three files once, then change them. ")
            .saying("I read the program, its tests and the README. "),
        ADD_FLAG
            .step()
            .saying("First the program: one condition for the flag, and the greeting in a variable so that it can be made loud. "),
        TEST_FLAG.step().saying("Now a test that shouts at Ada. "),
        DESCRIBE_FLAG.step().saying("And a line for the README. "),
        run_tests("Let me see whether it holds. "),
        Step::handoff(first_record(criteria)).saying("All tests pass. "),
    ])
}

fn first_record(criteria: Criteria) -> Value {
    let record = json!({
        "summary": "greet.sh knows --shout: it builds the greeting once and sends it through tr when the flag comes first. A test and a line in the README came with it; all three tests pass.",
        "outcome": "done",
        "failed_approaches": ["`${name^^}` for the capitals: dash stops with `Bad substitution`, because it is a bash extension."],
        "next": {
            "instructions": format!("Read {PROGRAM} first: the flag is handled in its lines 7 to 12. `{TEST_COMMAND}` runs the tests."),
            "do_not": "Spend time on letters beyond ASCII: tr may leave them as they are.",
        },
        "acknowledged": "{{ids}}",
    });
    criteria.add_to(
        record,
        &[
            met("AC-1", &[tested("shouts a name"), json!({ "file": TESTS, "line": 23 })]),
            met("AC-3", &[tested("greets by name, greets the world when no name is given")]),
        ],
    )
}

fn fix_round(criteria: Criteria) -> Vec<Step> {
    paced(vec![
        read(&[PROGRAM, TESTS])
            .thinking("{{finding}} says that --shout without a name fails. I believe it when a test shows it. ")
            .saying("I look at {{finding}} in the code. "),
        TEST_NO_NAME.step().saying("First a test that shows the fault. "),
        run_tests("It should fail now. "),
        MEND.step().saying("It fails, as the review said. The name after the flag needs the same default as the name without it. "),
        run_tests("And once more. "),
        Step::handoff(fix_record(criteria)).saying("All four tests pass, the new one among them. "),
    ])
}

fn fix_record(criteria: Criteria) -> Value {
    let record = json!({
        "summary": "--shout without a name greets the world. The new test failed before the change and passes now.",
        "outcome": "done",
        "findings": [finding("{{finding}}", "fixed")],
        "next": { "instructions": "Look at the one changed line in greet.sh and at the last test in test.sh." },
        "acknowledged": "{{ids}}",
    });
    criteria.add_to(
        record,
        &[
            met("AC-1", &[tested("shouts a name"), json!({ "file": TESTS, "line": 23 })]),
            met("AC-2", &[tested("shouts at the world when no name is given"), json!({ "file": TESTS, "line": 24 })]),
            met("AC-3", &[tested("greets by name, greets the world when no name is given")]),
            met("AC-4", &[tested("four tests"), json!({ "file": README, "line": 7 })]),
        ],
    )
}
