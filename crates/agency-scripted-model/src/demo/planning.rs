//! The product owner's and the architect's part of the demo.

use super::{paced, read};
use crate::demo::work::{PROGRAM, README, TEST_COMMAND, TESTS};
use crate::script::{Rule, Step};
use crate::testing::agent;
use serde_json::{Value, json};

pub(super) fn product_owner() -> Rule {
    let look = read(&[README, PROGRAM])
        .thinking("The request names one flag and three cases. I want to see what the program does today before I write criteria. ")
        .saying("I read the request and look at what the program does today. ");
    let hand_off = Step::handoff(criteria()).saying(
        "The request is clear. It holds three promises: a shouted name, a shouted world, and no change without the flag. \
         I write them down as criteria that a test can decide, and one more for the tests themselves. ",
    );
    Rule::new("product-owner", agent("product-owner"), paced(vec![look, hand_off]))
}

fn criteria() -> Value {
    let open = |id: &str, text: &str| json!({ "id": id, "text": text, "status": "open" });
    json!({
        "summary": "A flag --shout makes greet.sh greet in capital letters. Four criteria say when it is done; each can be decided by running a command.",
        "outcome": "done",
        "criteria": [
            open("AC-1", "`./greet.sh --shout Ada` prints exactly `HELLO, ADA!`."),
            open("AC-2", "`./greet.sh --shout` without a name prints exactly `HELLO, WORLD!`."),
            open("AC-3", "Without the flag, `./greet.sh` and `./greet.sh Ada` print what they print today."),
            open("AC-4", "`sh test.sh` covers the flag and ends with status 0; the README shows it."),
        ],
        "decisions": [{
            "id": "D-1",
            "what": "The flag is recognised in first place only.",
            "why": "The request shows it there, and no user has asked for more.",
        }],
        "next": {
            "instructions": "Plan the smallest change to greet.sh that meets AC-1 to AC-4.",
            "do_not": "Add further flags, or a short form of this one.",
        },
        "acknowledged": "{{ids}}",
    })
}

pub(super) fn architect() -> Rule {
    let look = read(&[PROGRAM, TESTS])
        .thinking("A shell script of eight lines. The question is where to decide about the flag, and how to make capitals in POSIX sh. ")
        .saying("I look at the program and its tests. ");
    let hand_off = Step::handoff(plan()).saying(
        "The program is eight lines long, so an option parser would be larger than the program. \
         One condition before the greeting, and one pipe through tr after it, are enough. ",
    );
    Rule::new("architect", agent("architect"), paced(vec![look, hand_off]))
}

fn plan() -> Value {
    json!({
        "summary": "One condition recognises the flag, the greeting is built once, and tr makes it loud. Three files change: greet.sh, test.sh, README.md.",
        "outcome": "done",
        "decisions": [
            {
                "id": "D-2",
                "what": "Build the greeting in a variable first and shout it afterwards.",
                "why": "The text `Hello, NAME!` then stands in one place, so that quiet and loud cannot drift apart.",
            },
            {
                "id": "D-3",
                "what": "Capitals by `tr '[:lower:]' '[:upper:]'`.",
                "why": "`${name^^}` is a bash extension, and the script promises POSIX sh in its first line.",
            },
        ],
        "open_questions": [{
            "id": "Q-1",
            "text": "Some versions of tr work on bytes and leave letters such as é as they are. Does that matter for a greeting?",
            "blocking": false,
        }],
        "next": {
            "instructions": format!("Change {PROGRAM} as D-2 and D-3 say, add a test per criterion to {TESTS}, run `{TEST_COMMAND}`."),
            "do_not": "Introduce getopts, functions or a second script.",
        },
        "acknowledged": "{{ids}}",
    })
}
