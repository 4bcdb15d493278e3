//! Commands as evidence: which of those that ran proves a command that is claimed, or named in a text.

use super::Proof;
use super::evidence::{NAME_CHARS_MIN, squeezed};
use super::line::{Hidden, Line};

/// Whether a command that exited with 0 proves a claim.
pub(super) fn prove_command(command: &str, commands: &[(String, Option<i64>)]) -> Proof {
    known_of(command, commands).unwrap_or_else(|| {
        let wanted = squeezed(command);
        let contains = |ran: &&String| mentions(&squeezed(ran), &wanted);
        let why = match commands.iter().rev().map(|(ran, _)| ran).find(contains) {
            Some(ran) => format!("`{wanted}` did not run by itself, only within `{ran}`: run it by itself, or joined by && alone"),
            None => format!("`{wanted}` was not run on the branch as it stands"),
        };
        Proof::Unproven { why }
    })
}

/// What the newest run says that can say something of a command. A run that hides how the command exited is the last resort.
fn known_of(command: &str, commands: &[(String, Option<i64>)]) -> Option<Proof> {
    let (wanted, text) = (Line::parse(command), squeezed(command));
    let mut hidden = None;
    for (ran, exit) in commands.iter().rev() {
        let line = Line::parse(ran);
        if squeezed(ran) == text || line.speaks_for(&wanted) {
            return Some(judged(ran, &line, *exit));
        }
        let by = if text.len() >= NAME_CHARS_MIN { line.hides(&wanted) } else { None };
        hidden = hidden.or_else(|| by.map(|by| Proof::Unproven { why: why_hidden(ran, &text, by) }));
    }
    hidden
}

/// The command that a text names, as the text has it, and what is known of it: one that proves something where there is one.
pub(super) fn prove_named(note: &str, commands: &[(String, Option<i64>)]) -> Option<(String, Proof)> {
    let quoted = note.split('`').skip(1).step_by(2).map(str::to_owned);
    let prose = note.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let ran = commands.iter().rev().flat_map(|(ran, _)| std::iter::once(squeezed(ran)).chain(Line::parse(ran).texts()));
    let mut found = quoted
        .chain(ran.filter(|text| mentions(&prose, text)))
        .filter(|text| text.len() >= NAME_CHARS_MIN)
        .filter_map(|text| known_of(&text, commands).map(|proof| (text, proof)));
    let first = found.next()?;
    if first.1.holds() { Some(first) } else { Some(found.find(|(_, proof)| proof.holds()).unwrap_or(first)) }
}

/// Whether a text names a whole command, not part of a longer one: `cargo test --doc` does not name `cargo test`.
fn mentions(text: &str, command: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "_-./=:".contains(c);
    let goes_on = |after: &str| {
        let next = after.trim_start();
        let ends_sentence = |c: char| after.starts_with(c) && after[1..].chars().next().is_none_or(char::is_whitespace);
        (after.starts_with(inside) && !ends_sentence('.') && !ends_sentence(':'))
            || next.strip_prefix('-').is_some_and(|flag| flag.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
            || next.starts_with('|')
    };
    !command.is_empty()
        && text
            .match_indices(command)
            .any(|(at, _)| !text[..at].chars().next_back().is_some_and(inside) && !goes_on(&text[at + command.len()..]))
}

fn why_hidden(ran: &str, command: &str, by: Hidden) -> String {
    let advice = match by {
        Hidden::Pipe => "run it without a pipe",
        Hidden::Or => "run it without ||",
        Hidden::Sequence => "run it last, or join what follows by &&",
        Hidden::Background => "run it in the foreground",
        Hidden::Negation => "run it without !",
        Hidden::Shell => "run it by itself",
    };
    format!("`{ran}` hides how `{command}` exited: {advice}")
}

fn judged(command: &str, line: &Line, exit: Option<i64>) -> Proof {
    let why = match (exit, line.loses()) {
        (Some(0), Some((lost, by))) => why_hidden(command, &lost, by),
        (Some(0), None) if line.cannot_fail() => format!("`{command}` cannot fail, so it proves nothing"),
        (Some(0), None) => return Proof::Command { command: command.to_owned() },
        (Some(code), _) => format!("`{command}` exited with {code}"),
        (None, _) => format!("nobody saw how `{command}` exited"),
    };
    Proof::Unproven { why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria::{BranchFacts, EvidenceClaim, Facts};
    use serde_json::json;

    /// What a claim is worth after these commands exited with 0.
    fn after(ran: &[&str], claim: serde_json::Value) -> Proof {
        let commands: Vec<_> = ran.iter().map(|ran| ((*ran).to_owned(), Some(0))).collect();
        let claim: EvidenceClaim = serde_json::from_value(claim).unwrap();
        claim.prove(Facts { branch: &BranchFacts::default(), commands: &commands })
    }

    #[test]
    fn a_command_is_proven_by_a_line_that_speaks_for_it() {
        for ran in ["cargo test", "cd a && cargo test", "cargo fmt && CI=1 cargo test 2>&1"] {
            for claim in
                [json!({ "command": "cargo test" }), json!("cargo test: exit 0"), json!("`cargo test` passes"), json!("I ran cargo test.")]
            {
                assert!(after(&[ran], claim.clone()).holds(), "{ran}: {claim}");
            }
        }
        for ran in ["cargo test || true", "cargo test; true", "cargo test | tee log", "echo cargo test", "cargo test --no-run"] {
            for claim in [json!({ "command": "cargo test" }), json!("cargo test: exit 0"), json!("`cargo test` passes"), json!(ran)] {
                let proof = after(&[ran], claim.clone());
                assert!(!proof.holds() || (claim == json!(ran) && ran.ends_with("--no-run")), "{ran}: {claim}: {proof:?}");
            }
        }
        assert!(!after(&["cargo test"], json!("`cargo test --workspace` passes")).holds());
        assert!(!after(&["cargo test"], json!("cargo test --workspace passes")).holds());
        assert!(after(&["cargo test", "cargo test | tail -3"], json!({ "command": "cargo test" })).holds());
    }

    #[test]
    fn a_pipe_is_named_as_what_hides_an_exit_code() {
        let ran = "cargo test 2>&1 | tail -20";
        for claim in [json!({ "command": "cargo test" }), json!({ "command": ran }), json!("cargo test passes"), json!(format!("`{ran}`"))]
        {
            let Proof::Unproven { why } = after(&[ran], claim.clone()) else { panic!("{claim} is no proof") };
            assert_eq!(why, format!("`{ran}` hides how `cargo test` exited: run it without a pipe"), "{claim}");
        }
        let Proof::Unproven { why } = after(&["timeout 9 make test"], json!({ "command": "make test" })) else { panic!("no proof") };
        assert!(why.contains("did not run by itself") && why.contains("timeout 9 make test"), "{why}");
    }
}
