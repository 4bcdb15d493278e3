//! Which commands rules allow. Those that move or publish the branch come last, where no file outranks them.

use crate::rules::{Action, Rule, Rules};
use serde_json::{Map, Value, json};

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

/// Commands as the rules allow them, and then those that nobody may run. `unless_said` holds for what they say nothing of; `None` leaves
/// that to whatever came before. Nothing where the rules are not about commands.
pub(crate) fn rules(own: &Rules, unless_said: Option<Action>) -> Option<Value> {
    let mut patterns = Map::new();
    let by_default = Rule::For(unless_said.unwrap_or(Action::Deny));
    for rule in unless_said.map(|_| &by_default).into_iter().chain(own.about("bash")) {
        match rule {
            Rule::For(action) => put(&mut patterns, "*", json!(action.as_str())),
            Rule::By(by_pattern) => by_pattern.iter().for_each(|(pattern, action)| put(&mut patterns, pattern, json!(action.as_str()))),
        }
    }
    if patterns.is_empty() {
        return None;
    }
    if patterns.values().all(|action| action == Action::Deny.as_str()) {
        return Some(if patterns.contains_key("*") { json!("deny") } else { Value::Object(patterns) });
    }
    for pattern in FORBIDDEN_COMMANDS {
        put(&mut patterns, pattern, json!("deny"));
    }
    Some(Value::Object(patterns))
}

/// Adds a rule as the last. A key that is there already would keep its place, where an earlier rule could not outrank it.
pub(crate) fn put(map: &mut Map<String, Value>, key: &str, value: Value) {
    map.shift_remove(key);
    map.insert(key.to_owned(), value);
}
