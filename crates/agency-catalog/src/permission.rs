//! OpenCode's permission rules: checked against what an agent is, and made complete, so that nothing is left to a default of
//! OpenCode's that asks somebody. In every list the last match wins, so the order is part of the meaning.

use crate::commands::{self, put};
use crate::fields::Faults;
use crate::rules::{Action, Rules};
use agency_domain::AgentName;
use agency_domain::agents::Access;
use serde_json::{Map, Value, json};

/// The tool by which every agent hands off.
const HANDOFF_TOOL: &str = "agency_submit_handoff";
/// What an agent may do that only reads.
const READING: [&str; 5] = ["read", "grep", "glob", "list", "todowrite"];
/// What such an agent's file may allow beyond that: it changes nothing on this machine.
const ALSO_HARMLESS: [&str; 6] = ["webfetch", "websearch", "codesearch", "lsp", "skill", HANDOFF_TOOL];
/// What is denied unless a file says otherwise: it leaves the worktree, asks somebody who is not there, or starts somebody who is not watched.
const LEAVING: [&str; 6] = ["external_directory", "webfetch", "websearch", "task", "question", "doom_loop"];
/// What no file allows: a subagent is watched by nobody.
const NEVER: &str = "task";
/// What a step may allow by name, and no agent's file for every step: a question waits for a person.
const QUESTION: &str = "question";

/// The complete rules of an agent: ours, then the file's, then those that no file can change.
pub(crate) fn complete(own: &Rules, access: Access, faults: &mut Faults) -> Value {
    match access {
        Access::ReadOnly => complete_read_only(own, faults),
        Access::Write => complete_write(own),
    }
}

/// A step's rules, to be put behind its agent's: the last match wins, so what no file can change is said again behind whatever touches it.
/// `access` is the agent's where it is known; where it is not, whoever knows it has to refuse what an agent that reads must not have.
pub(crate) fn of_step(own: &Rules, at: &str, agent: &AgentName, access: Option<Access>, faults: &mut Faults) -> Value {
    if access == Some(Access::ReadOnly) {
        let of_a_tool = format!("the agent {agent} only reads, and this could change something: remove it");
        let of_all = format!("the agent {agent} only reads: name the tools that it needs");
        let but_questions = Rules(own.0.iter().filter(|(tool, _)| tool != QUESTION).cloned().collect());
        refuse_more_than_reading(&but_questions, at, [&of_a_tool, &of_all], faults);
    }
    let mut rules = Map::new();
    for (tool, rule) in &own.0 {
        put(&mut rules, tool, rule.to_json());
    }
    let grants = |tool: &str| own.about(tool).any(|rule| !rule.denies_all());
    if grants("bash")
        && let Some(bash) = commands::rules(own, None)
    {
        put(&mut rules, "bash", bash);
    }
    if grants(QUESTION) && !asks_by_name(own) {
        put(&mut rules, QUESTION, json!("deny"));
    }
    if grants(NEVER) {
        put(&mut rules, NEVER, json!("deny"));
    }
    if own.about(HANDOFF_TOOL).next().is_some() {
        put(&mut rules, HANDOFF_TOOL, json!("allow"));
    }
    Value::Object(rules)
}

/// Whether questions are allowed by name: who allows everything does not mean to wait for a person, and who denies everything means it.
fn asks_by_name(own: &Rules) -> bool {
    own.0.iter().fold(false, |asks, (tool, rule)| match tool.as_str() {
        QUESTION => !rule.denies_all(),
        "*" if rule.denies_all() => false,
        _other => asks,
    })
}

/// Faults of rules of an agent that only reads: what to say of a tool, and what of everything at once.
fn refuse_more_than_reading(own: &Rules, at: &str, [of_a_tool, of_all]: [&str; 2], faults: &mut Faults) {
    for (tool, _) in own.0.iter().filter(|(tool, rule)| tool != "*" && !is_harmless(tool) && !rule.denies_all()) {
        faults.add(format!("{at}.{tool}"), of_a_tool);
    }
    if own.get("*").is_some_and(|rule| !rule.denies_all()) {
        faults.add(format!("{at}.*"), of_all);
    }
}

fn is_harmless(tool: &str) -> bool {
    READING.contains(&tool) || ALSO_HARMLESS.contains(&tool)
}

fn complete_read_only(own: &Rules, faults: &mut Faults) -> Value {
    let of_a_tool = "this agent only reads, and this could change something: remove it, or set agency.access to write";
    let of_all = "this agent only reads: name the tools that it needs, or set agency.access to write";
    refuse_more_than_reading(own, "permission", [of_a_tool, of_all], faults);
    let mut rules = Map::new();
    put(&mut rules, "*", json!("deny"));
    for tool in READING {
        put(&mut rules, tool, reading(tool));
    }
    for (tool, rule) in own.0.iter().filter(|(tool, _)| tool != "*") {
        put(&mut rules, tool, rule.to_json());
    }
    put(&mut rules, HANDOFF_TOOL, json!("allow"));
    Value::Object(rules)
}

fn complete_write(own: &Rules) -> Value {
    let mut rules = Map::new();
    // A file that says what holds for everything means everything.
    if own.get("*").is_none() {
        put(&mut rules, "edit", json!("allow"));
        for tool in READING {
            put(&mut rules, tool, reading(tool));
        }
        for tool in LEAVING {
            put(&mut rules, tool, json!("deny"));
        }
    }
    for (tool, rule) in &own.0 {
        put(&mut rules, tool, rule.to_json());
    }
    put(&mut rules, "bash", commands::rules(own, Some(Action::Allow)).expect("there is a rule for what the file does not say"));
    put(&mut rules, HANDOFF_TOOL, json!("allow"));
    Value::Object(rules)
}

/// Reading is allowed, but for files that hold secrets by convention.
fn reading(tool: &str) -> Value {
    if tool != "read" {
        return json!("allow");
    }
    json!({ "*": "allow", "*.env": "deny", "*.env.*": "deny", "*.env.example": "allow" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Fields;
    use crate::node::Node;
    use crate::rules::{matches, read, read_permission};

    fn completed(yaml: &str, access: Access) -> Result<Value, Vec<String>> {
        let node = Node::from_yaml(yaml).unwrap();
        let mut faults = Faults::default();
        let fields = Fields::of(&node, "", &["permission", "tools"], &mut faults).unwrap();
        let rules = read(fields, &mut faults);
        let value = complete(&rules, access, &mut faults);
        faults.into_result(value).map_err(|faults| faults.into_iter().map(|fault| fault.field).collect())
    }

    /// A step's rules behind its agent's, each in its order, as OpenCode reads them together.
    fn behind(agent: &str, step: &str) -> Vec<Value> {
        let node = Node::from_yaml(step).unwrap();
        let mut faults = Faults::default();
        let own = read_permission(&node, "permissions", &mut faults);
        let name = AgentName::parse("developer").unwrap();
        let of_step = of_step(&own, "permissions", &name, Some(Access::Write), &mut faults);
        vec![completed(agent, Access::Write).unwrap(), faults.into_result(of_step).unwrap()]
    }

    fn decided_by(lists: &[Value], tool: &str, what: &str) -> String {
        let decisions = lists.iter().rev().map(|rules| decided(rules, tool, what));
        decisions.into_iter().find(|decision| decision != "undecided").unwrap_or_else(|| "undecided".into())
    }

    /// What OpenCode decides: the last rule that matches, in the order of the text.
    fn decided(rules: &Value, tool: &str, what: &str) -> String {
        let rules = rules.as_object().unwrap().iter().rev().filter(|(name, _)| matches(name, tool));
        for (_, rule) in rules {
            let found = match rule {
                Value::String(action) => Some(action.clone()),
                other => {
                    let patterns = other.as_object().unwrap().iter().rev();
                    patterns.filter(|(pattern, _)| matches(pattern, what)).map(|(_, action)| action.as_str().unwrap().to_owned()).next()
                }
            };
            if let Some(action) = found {
                return action;
            }
        }
        "undecided".into()
    }

    #[test]
    fn an_agent_that_reads_may_read_and_hand_off_and_nothing_else() {
        let rules = completed("permission: {}", Access::ReadOnly).unwrap();
        for tool in ["read", "grep", "glob", "list", "todowrite", HANDOFF_TOOL] {
            assert_eq!(decided(&rules, tool, "x"), "allow", "{tool}");
        }
        for tool in ["edit", "bash", "task", "webfetch", "question", "external_directory", "whatever_comes"] {
            assert_eq!(decided(&rules, tool, "x"), "deny", "{tool}");
        }
        assert_eq!(decided(&rules, "read", "config/prod.env"), "deny");
        assert_eq!(decided(&rules, "read", ".env.example"), "allow");
    }

    #[test]
    fn a_file_cannot_open_what_an_agent_that_reads_must_not_have() {
        for (yaml, field) in [
            ("permission: {edit: allow}", "permission.edit"),
            ("permission: {write: ask}", "permission.edit"),
            ("permission: {bash: {\"*\": deny, \"git log*\": allow}}", "permission.bash"),
            ("permission: {task: allow}", "permission.task"),
            ("permission: {\"*\": allow}", "permission.*"),
            ("permission: allow", "permission.*"),
            ("permission: {\"e*\": allow}", "permission.e*"),
            ("tools: {write: true}", "permission.edit"),
        ] {
            assert_eq!(completed(yaml, Access::ReadOnly), Err(vec![field.to_owned()]), "{yaml}");
        }
        let rules =
            completed("permission: {\"*\": deny, bash: deny, webfetch: allow, read: {\"*\": deny, \"src/*\": allow}}", Access::ReadOnly);
        let rules = rules.unwrap();
        assert_eq!(decided(&rules, "webfetch", "x"), "allow");
        assert_eq!(decided(&rules, "read", "secret"), "deny");
        assert_eq!(decided(&rules, "read", "src/a"), "allow");
    }

    #[test]
    fn an_agent_that_writes_edits_and_runs_commands_but_never_publishes() {
        for yaml in
            ["permission: {}", "permission: allow", "permission: {bash: allow}", "permission: {bash: {\"git push*\": allow, \"*\": allow}}"]
        {
            let rules = completed(yaml, Access::Write).unwrap();
            for command in ["cargo test", "git status", "git diff --stat", "git log -1", "git add -N x", "npm test"] {
                assert_eq!(decided(&rules, "bash", command), "allow", "{yaml}: {command}");
            }
            for command in ["git push origin main", "git commit -m x", "git -C .. commit", "sudo rm -rf /", "git stash", "cargo publish"] {
                assert_eq!(decided(&rules, "bash", command), "deny", "{yaml}: {command}");
            }
            assert_eq!(decided(&rules, "edit", "src/a"), "allow", "{yaml}");
            assert_eq!(decided(&rules, HANDOFF_TOOL, "x"), "allow", "{yaml}");
        }
        let rules = completed("permission: {}", Access::Write).unwrap();
        for tool in LEAVING {
            assert_eq!(decided(&rules, tool, "x"), "deny", "{tool}");
        }
        assert_eq!(decided(&rules, "read", "a/.env"), "deny");
    }

    #[test]
    fn what_a_file_says_of_its_own_comes_after_ours() {
        let rules = completed(
            "permission: {edit: {\"*\": deny, \"tests/*\": allow}, webfetch: allow, bash: {\"*\": deny, \"cargo *\": allow}}",
            Access::Write,
        )
        .unwrap();
        assert_eq!(decided(&rules, "edit", "src/a"), "deny");
        assert_eq!(decided(&rules, "edit", "tests/a"), "allow");
        assert_eq!(decided(&rules, "webfetch", "x"), "allow");
        assert_eq!(decided(&rules, "bash", "ls"), "deny");
        assert_eq!(decided(&rules, "bash", "cargo test"), "allow");
        assert_eq!(decided(&rules, "bash", "cargo publish"), "deny");
        let rules = completed("permission: {\"*\": deny, edit: allow}", Access::Write).unwrap();
        assert_eq!(decided(&rules, "bash", "ls"), "deny");
        assert_eq!(decided(&rules, "edit", "a"), "allow");
        let rules = completed("permission: {\"git*\": deny, \"git_status\": allow}", Access::Write).unwrap();
        assert_eq!(decided(&rules, "git_status", "x"), "allow", "the order of the file is kept");
    }

    #[test]
    fn a_rule_for_commands_is_as_narrow_as_it_is_written() {
        for (yaml, command, action) in [
            ("permission: {\"*\": deny, bash: {\"cargo *\": allow}}", "rm -rf .", "deny"),
            ("permission: {\"*\": deny, bash: {\"cargo *\": allow}}", "cargo test", "allow"),
            ("permission: {bash: allow, \"*\": deny}", "ls", "deny"),
            ("permission: {bash: {\"npm *\": deny}}", "ls", "allow"),
            ("permission: {bash: {\"npm *\": deny}}", "npm ci", "deny"),
            ("permission: {bash: deny, \"b*\": allow}", "git push", "deny"),
        ] {
            assert_eq!(decided(&completed(yaml, Access::Write).unwrap(), "bash", command), action, "{yaml}: {command}");
        }
    }

    #[test]
    fn a_steps_rules_come_behind_its_agents_and_what_no_file_can_change_behind_them() {
        for step in
            ["allow", "{bash: allow}", "{\"b*\": allow}", "{bash: {\"git push*\": allow, \"*\": allow}}", "{\"*\": allow, edit: deny}"]
        {
            let rules = behind("permission: {bash: deny}", step);
            assert_eq!(decided_by(&rules, "bash", "cargo test"), "allow", "{step}");
            for command in ["git push origin main", "git commit -m x", "sudo ls"] {
                assert_eq!(decided_by(&rules, "bash", command), "deny", "{step}: {command}");
            }
            for tool in [NEVER, QUESTION] {
                assert_eq!(decided_by(&rules, tool, "x"), "deny", "{step}: {tool}");
            }
        }
        let narrowed = behind("permission: {bash: {\"*\": deny, \"cargo *\": allow}}", "{bash: {\"npm *\": allow}}");
        for (command, action) in [("npm ci", "allow"), ("cargo test", "allow"), ("ls", "deny"), ("npm publish", "deny")] {
            assert_eq!(decided_by(&narrowed, "bash", command), action, "{command}");
        }
        for (step, action) in [
            ("{question: allow}", "allow"),
            ("{\"*\": deny, question: ask}", "ask"),
            ("{question: allow, \"*\": deny}", "deny"),
            ("{question: deny, \"*\": allow}", "deny"),
        ] {
            assert_eq!(decided_by(&behind("permission: {}", step), QUESTION, "x"), action, "{step}");
        }
        for nothing_left in ["deny", "{\"*\": deny, task: allow}", "{agency_submit_handoff: deny, \"*\": deny}"] {
            let rules = behind("permission: {}", nothing_left);
            assert_eq!(decided_by(&rules, HANDOFF_TOOL, "x"), "allow", "{nothing_left}");
            for tool in ["edit", "bash", "task", "read"] {
                assert_eq!(decided_by(&rules, tool, "x"), "deny", "{nothing_left}: {tool}");
            }
        }
    }
}
