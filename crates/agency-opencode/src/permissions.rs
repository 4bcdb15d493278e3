//! The rules that go on a session itself: those of a step, and behind them the denials that no file can change.
//!
//! OpenCode reads them behind the agent's own, the last that matches wins, and subagents heed them too. Called by the gateway for each session.

use crate::configuration::HANDOFF_TOOL;
use serde_json::{Value, json};

/// Subagents are watched by nobody.
const NEVER: &str = "task";
/// A question waits for ever, so somebody must have said that it will be answered.
const QUESTION: &str = "question";

/// The rules in order, `{permission, pattern, action}`. `step` is a map in OpenCode's form, or one action for everything.
///
/// # Errors
/// In words: something in `step` is no rule. To leave it out could allow what it denies.
pub(crate) fn of_session(step: Option<&Value>) -> Result<Vec<Value>, String> {
    let own = step.map_or_else(|| Ok(Vec::new()), rules)?;
    let asks_questions = may_ask(&own);
    let mut all: Vec<Value> = own.iter().map(Rule::to_json).collect();
    if !all.is_empty() {
        // Whatever a step may not do, it hands off.
        all.push(Rule::of(HANDOFF_TOOL, "allow").to_json());
    }
    if !asks_questions {
        all.push(Rule::of(QUESTION, "deny").to_json());
    }
    all.push(Rule::of(NEVER, "deny").to_json());
    Ok(all)
}

struct Rule<'a> {
    permission: &'a str,
    pattern: &'a str,
    action: &'a str,
}

impl<'a> Rule<'a> {
    fn of(permission: &'a str, action: &'a str) -> Self {
        Self { permission, pattern: "*", action }
    }

    fn to_json(&self) -> Value {
        json!({ "permission": self.permission, "pattern": self.pattern, "action": self.action })
    }
}

fn rules(step: &Value) -> Result<Vec<Rule<'_>>, String> {
    let Value::Object(tools) = step else {
        return Ok(vec![Rule::of("*", action("*", step)?)]);
    };
    let mut rules = Vec::new();
    for (permission, rule) in tools {
        match rule {
            Value::Object(patterns) => {
                for (pattern, value) in patterns {
                    rules.push(Rule { permission, pattern, action: action(permission, value)? });
                }
            }
            single => rules.push(Rule::of(permission, action(permission, single)?)),
        }
    }
    Ok(rules)
}

fn action<'a>(permission: &str, value: &'a Value) -> Result<&'a str, String> {
    let action = value.as_str().filter(|action| ["allow", "ask", "deny"].contains(action));
    action.ok_or_else(|| {
        format!("the step's permission {permission} is {value}, and must be allow, ask or deny, or a map of patterns to these")
    })
}

/// Whether questions are allowed by name. Who allows everything does not mean to wait for a person, and who denies everything means it.
fn may_ask(rules: &[Rule<'_>]) -> bool {
    rules.iter().fold(false, |may, rule| match (rule.permission, rule.action) {
        (QUESTION, action) => action != "deny",
        ("*", "deny") if rule.pattern == "*" => false,
        (_other, _action) => may,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(step: &Value) -> Vec<(String, String, String)> {
        let rules = of_session(Some(step)).unwrap();
        let text = |rule: &Value, key: &str| rule[key].as_str().unwrap().to_owned();
        rules.iter().map(|rule| (text(rule, "permission"), text(rule, "pattern"), text(rule, "action"))).collect()
    }

    fn denies_questions(step: &Value) -> bool {
        of(step).contains(&("question".into(), "*".into(), "deny".into()))
    }

    #[test]
    fn without_rules_of_its_own_a_step_has_the_denials() {
        let rules = of_session(None).unwrap();
        assert_eq!(rules.len(), 2);
        assert!(rules.iter().all(|rule| rule["pattern"] == "*" && rule["action"] == "deny"), "{rules:?}");
    }

    #[test]
    fn a_steps_rules_keep_their_order_and_the_denials_come_last() {
        let rules = of(&json!({"task": "allow", "bash": {"*": "deny", "git *": "ask", "cargo *": "allow"}, "*": "deny", "edit": "allow"}));
        let rules: Vec<(&str, &str, &str)> = rules.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
        let expected = [
            ("task", "*", "allow"),
            ("bash", "*", "deny"),
            ("bash", "git *", "ask"),
            ("bash", "cargo *", "allow"),
            ("*", "*", "deny"),
            ("edit", "*", "allow"),
            ("agency_submit_handoff", "*", "allow"),
            ("question", "*", "deny"),
            ("task", "*", "deny"),
        ];
        assert_eq!(rules, expected);
    }

    #[test]
    fn questions_are_open_only_where_a_step_says_so_by_name() {
        for closed in [json!("allow"), json!({"*": "allow"}), json!({"question": "allow", "*": "deny"}), json!({"question": "deny"})] {
            assert!(denies_questions(&closed), "{closed}");
        }
        for open in [json!({"question": "ask"}), json!({"*": "deny", "question": "allow"}), json!({"question": {"*": "ask"}})] {
            assert!(!denies_questions(&open), "{open}");
        }
    }

    #[test]
    fn what_is_no_rule_is_an_error_and_not_left_out() {
        for step in [json!({"bash": "never"}), json!({"bash": {"*": 1}}), json!(["edit"]), json!({"edit": null})] {
            assert!(of_session(Some(&step)).is_err(), "{step}");
        }
    }
}
