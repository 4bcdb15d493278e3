//! What an agent may use, said of its permission rules.

use serde_json::Value;

/// Rules of OpenCode's that are about no tool, and our own tool, which every agent has.
const NOT_SAID: [&str; 3] = ["doom_loop", "external_directory", "agency_submit_handoff"];
const EVERYTHING: &str = "*";

/// `May use edit, read and bash, not task. Asks before webfetch.` Empty where there are no rules.
pub(super) fn sentence(permission: &Value) -> String {
    let (mut may, mut asks, mut not) = (Vec::new(), Vec::new(), Vec::new());
    for (tool, rule) in permission.as_object().into_iter().flatten().filter(|(tool, _)| !NOT_SAID.contains(&tool.as_str())) {
        let name = if tool == EVERYTHING { "every tool" } else { tool };
        let of_some = rule.as_object().is_some_and(|rules| rules.values().any(|rule| rule == "allow"));
        match action(rule) {
            Some("allow") => may.push(name.to_owned()),
            _ if of_some => may.push(format!("{name} in part")),
            Some("ask") => asks.push(name.to_owned()),
            // What is not named is not had.
            _ if tool == EVERYTHING => {}
            _ => not.push(name.to_owned()),
        }
    }
    let mut said = Vec::new();
    if !may.is_empty() {
        let but = if not.is_empty() { String::new() } else { format!(", not {}", listed(&not)) };
        said.push(format!("May use {}{but}.", listed(&may)));
    }
    if !asks.is_empty() {
        said.push(format!("Asks before {}.", listed(&asks)));
    }
    said.join(" ")
}

/// What holds for all that a rule does not name.
fn action(rule: &Value) -> Option<&str> {
    rule.as_str().or_else(|| rule.get(EVERYTHING)?.as_str())
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_an_agent_may_use_is_said_in_a_sentence() {
        for (permission, text) in [
            (json!({}), ""),
            (json!({ "*": "deny", "read": { "*": "allow", "*.env": "deny" }, "grep": "allow" }), "May use read and grep."),
            (
                json!({ "edit": "allow", "read": "allow", "task": "deny", "doom_loop": "deny", "bash": { "*": "allow", "rm *": "deny" }, "webfetch": "ask" }),
                "May use edit, read and bash, not task. Asks before webfetch.",
            ),
            (json!({ "bash": { "*": "deny", "npm test": "allow" }, "agency_submit_handoff": "allow" }), "May use bash in part."),
            (json!({ "*": "allow", "task": "deny" }), "May use every tool, not task."),
        ] {
            assert_eq!(sentence(&permission), text);
        }
    }
}
