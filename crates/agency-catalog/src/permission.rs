//! OpenCode's permission rules: checked against what an agent is, and made complete, so that nothing is left to a default of
//! OpenCode's that asks somebody. In every list the last match wins, so the order is part of the meaning.

use crate::fields::Faults;
use crate::rules::{Action, Rule, Rules};
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
/// Commands that are theAgency's own part, or nobody's. They come last and no file can allow them: the branch is committed, moved and
/// published by people and by the engine alone.
const FORBIDDEN_COMMANDS: [&str; 35] = [
    "git commit*",
    "git push*",
    "git pull*",
    "git fetch*",
    "git checkout*",
    "git switch*",
    "git branch*",
    "git reset*",
    "git rebase*",
    "git merge*",
    "git cherry-pick*",
    "git revert*",
    "git am*",
    "git stash*",
    "git tag*",
    "git worktree*",
    "git update-ref*",
    "git symbolic-ref*",
    "git remote*",
    "git config*",
    "git gc*",
    "git -C*",
    "git -c*",
    "git --git-dir*",
    "git --work-tree*",
    "sudo *",
    "su *",
    "doas *",
    "ssh *",
    "scp *",
    "gh *",
    "glab *",
    "npm publish*",
    "cargo publish*",
    "twine upload*",
];

/// The complete rules of an agent: ours, then the file's, then those that no file can change.
pub(crate) fn complete(own: &Rules, access: Access, faults: &mut Faults) -> Value {
    match access {
        Access::ReadOnly => complete_read_only(own, faults),
        Access::Write => complete_write(own),
    }
}

fn complete_read_only(own: &Rules, faults: &mut Faults) -> Value {
    let mut rules = Map::new();
    put(&mut rules, "*", json!("deny"));
    for tool in READING {
        put(&mut rules, tool, reading(tool));
    }
    for (tool, rule) in own.0.iter().filter(|(tool, _)| tool != "*") {
        let may = READING.contains(&tool.as_str()) || ALSO_HARMLESS.contains(&tool.as_str());
        if may || rule.denies_all() {
            put(&mut rules, tool, rule.to_json());
        } else {
            faults.add(
                format!("permission.{tool}"),
                "this agent only reads, and this could change something: remove it, or set agency.access to write",
            );
        }
    }
    if own.get("*").is_some_and(|rule| !rule.denies_all()) {
        faults.add("permission.*", "this agent only reads: name the tools that it needs, or set agency.access to write");
    }
    put(&mut rules, HANDOFF_TOOL, json!("allow"));
    Value::Object(rules)
}

fn complete_write(own: &Rules) -> Value {
    let mut rules = Map::new();
    // A file that says what holds for everything means everything.
    let speaks_of_all = own.get("*");
    if speaks_of_all.is_none() {
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
    let bash = own.get("bash").or(speaks_of_all).cloned().unwrap_or(Rule::For(Action::Allow));
    put(&mut rules, "bash", commands(&bash));
    put(&mut rules, HANDOFF_TOOL, json!("allow"));
    Value::Object(rules)
}

/// Commands as the file allows them, and then those that nobody may run.
fn commands(own: &Rule) -> Value {
    if own.denies_all() {
        return json!("deny");
    }
    let patterns = match own {
        Rule::For(action) => vec![("*", json!(action.as_str()))],
        Rule::By(patterns) => {
            let named = patterns.iter().map(|(pattern, action)| (pattern.as_str(), json!(action.as_str())));
            std::iter::once(("*", json!("allow"))).chain(named).collect()
        }
    };
    ordered(patterns.into_iter().chain(FORBIDDEN_COMMANDS.map(|pattern| (pattern, json!("deny")))))
}

/// Reading is allowed, but for files that hold secrets by convention.
fn reading(tool: &str) -> Value {
    if tool != "read" {
        return json!("allow");
    }
    ordered([("*", json!("allow")), ("*.env", json!("deny")), ("*.env.*", json!("deny")), ("*.env.example", json!("allow"))])
}

fn ordered<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let mut map = Map::new();
    for (key, value) in pairs {
        put(&mut map, key, value);
    }
    Value::Object(map)
}

/// A key that is there already would keep its place, where an earlier rule could not outrank it.
fn put(map: &mut Map<String, Value>, key: &str, value: Value) {
    map.shift_remove(key);
    map.insert(key.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Fields;
    use crate::node::Node;
    use crate::rules::{matches, read};

    fn completed(yaml: &str, access: Access) -> Result<Value, Vec<String>> {
        let node = Node::from_yaml(yaml).unwrap();
        let mut faults = Faults::default();
        let fields = Fields::of(&node, "", &["permission", "tools"], &mut faults).unwrap();
        let rules = read(fields, &mut faults);
        let value = complete(&rules, access, &mut faults);
        faults.into_result(value).map_err(|faults| faults.into_iter().map(|fault| fault.field).collect())
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
}
