//! The bodies of the changes that the page sends, as plain JSON: what is left empty is left out, so that the server's defaults hold.
//!
//! They are put together by hand, because a writer for each type of the wire would be ten times the code. Tests hold each to its type.

use agency_contract::{ApprovalDecision, Budget};
use serde_json::{Map, Value};

pub fn body(fields: Vec<(&str, Value)>) -> Value {
    let given = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(given.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// What was typed, without the space around it; nothing where nothing else is left.
pub fn given(text: &str) -> Value {
    match text.trim() {
        "" => Value::Null,
        text => text.into(),
    }
}

pub fn empty() -> Value {
    body(Vec::new())
}

pub fn pause(now: bool) -> Value {
    body(vec![("now", now.into())])
}

/// `raise` holds the ceilings that are to change.
pub fn resume(raise: &Budget) -> Value {
    body(vec![("budget", budget(raise))])
}

/// Ceilings; `null` where there is none.
pub fn budget(budget: &Budget) -> Value {
    let Budget { tokens, money, minutes, attempts } = *budget;
    let fields = body(vec![("tokens", tokens.into()), ("money", money.into()), ("minutes", minutes.into()), ("attempts", attempts.into())]);
    if fields == empty() { Value::Null } else { fields }
}

pub fn retry(step_id: Option<i64>, model: &str, instruction: &str) -> Value {
    body(vec![("step_id", step_id.into()), ("model", given(model)), ("instruction", given(instruction))])
}

pub fn fork(after_step_id: i64, title: &str, model: &str, instruction: &str) -> Value {
    let texts = [("title", title), ("model", model), ("instruction", instruction)].map(|(name, text)| (name, given(text)));
    body([("after_step_id", after_step_id.into())].into_iter().chain(texts).collect())
}

pub fn message(text: &str) -> Value {
    body(vec![("text", text.trim().into())])
}

pub fn question(attempt_id: i64, text: &str) -> Value {
    body(vec![("attempt_id", attempt_id.into()), ("text", text.trim().into())])
}

pub fn acceptance(reason: &str) -> Value {
    body(vec![("reason", reason.trim().into())])
}

pub fn answer(allow: bool, message: &str) -> Value {
    body(vec![("allow", allow.into()), ("message", given(message))])
}

/// A permission that holds on in `scope`; `patterns` are the lines of a text.
pub fn grant(message: &str, scope: &str, patterns: &str) -> Value {
    let lines = patterns.lines().map(str::trim).filter(|line| !line.is_empty());
    let patterns: Vec<Value> = lines.map(Value::from).collect();
    body(vec![("allow", true.into()), ("message", given(message)), ("scope", scope.into()), ("patterns", patterns.into())])
}

/// `back_to` is where changes are requested from, for that decision alone.
pub fn decision(decision: ApprovalDecision, comment: &str, back_to: &str, digest: &str) -> Value {
    let (word, back_to) = match decision {
        ApprovalDecision::Approve => ("approve", Value::Null),
        ApprovalDecision::RequestChanges => ("request_changes", given(back_to)),
        ApprovalDecision::Reject => ("reject", Value::Null),
    };
    body(vec![("decision", word.into()), ("comment", given(comment)), ("back_to", back_to), ("digest", digest.into())])
}

/// What an agent that is tried is to do, and where.
pub fn trial(description: &str, repo: Option<&str>) -> Value {
    body(vec![("description", description.trim().into()), ("repo", repo.into())])
}

/// A new pipeline. `fields` are the texts by the names that the API gives them; the description goes as it is.
pub fn create(description: &str, fields: &[(&str, &str)], ceilings: &Budget) -> Value {
    let texts = fields.iter().map(|(name, text)| (*name, given(text)));
    body([("description", description.into()), ("budget", budget(ceilings))].into_iter().chain(texts).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_contract::{
        AcceptCriterion, AnswerRequest, AskQuestion, CreatePipeline, DecideApproval, PausePipeline, PermissionScope, ResumePipeline,
        RetryStep, SendMessage, TryAgent,
    };
    use serde::de::DeserializeOwned;

    fn read<T: DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn each_body_is_what_the_wire_asks_for() {
        let raise = Budget { tokens: Some(5), ..Budget::default() };
        assert_eq!(read::<PausePipeline>(pause(true)), PausePipeline { now: true, by: None });
        assert_eq!(read::<ResumePipeline>(resume(&raise)), ResumePipeline { budget: Some(raise), by: None });
        assert_eq!(read::<ResumePipeline>(resume(&Budget::default())), ResumePipeline::default());
        let retried = RetryStep { step_id: Some(3), model: Some("a/b".to_owned()), ..RetryStep::default() };
        assert_eq!(read::<RetryStep>(retry(Some(3), " a/b ", " ")), retried);
        assert_eq!(read::<SendMessage>(message(" hello ")).text, "hello");
        let asked = AskQuestion { text: "why?".to_owned(), attempt_id: Some(3), ..AskQuestion::default() };
        assert_eq!(read::<AskQuestion>(question(3, " why? ")), asked);
        assert_eq!(read::<AcceptCriterion>(acceptance("seen")).reason, "seen");
        let tried = TryAgent { description: "say hello".to_owned(), ..TryAgent::default() };
        assert_eq!(read::<TryAgent>(trial(" say hello ", None)), tried);
        assert_eq!(read::<TryAgent>(trial("say hello", Some("/r"))), TryAgent { repo: Some("/r".to_owned()), ..tried });
        let denied = AnswerRequest { message: Some("not here".to_owned()), ..AnswerRequest::default() };
        assert_eq!(read::<AnswerRequest>(answer(false, "not here")), denied);
        let (scope, patterns) = (Some(PermissionScope::Step), vec!["make *".to_owned(), "ls".to_owned()]);
        let held = AnswerRequest { allow: true, scope, patterns, ..AnswerRequest::default() };
        assert_eq!(read::<AnswerRequest>(grant(" ", "step", " make *\n\nls\n")), held);
        let created: CreatePipeline = read(create(" a ", &[("repo", " /r "), ("title", "")], &raise));
        assert_eq!((created.description.as_str(), created.repo.as_str(), created.title, created.budget), (" a ", "/r", None, Some(raise)));
    }

    #[test]
    fn only_a_request_for_changes_says_where_from() {
        for (chosen, back_to) in
            [(ApprovalDecision::Approve, None), (ApprovalDecision::RequestChanges, Some("developer")), (ApprovalDecision::Reject, None)]
        {
            let sent: DecideApproval = read(decision(chosen, "", "developer", "d1"));
            assert_eq!((sent.decision, sent.back_to.as_deref(), sent.digest.as_deref(), sent.comment), (chosen, back_to, Some("d1"), None));
        }
    }

    #[test]
    fn a_fork_names_the_step_that_it_goes_on_from() {
        assert_eq!(fork(4, "Another way", "", ""), serde_json::json!({"after_step_id": 4, "title": "Another way"}));
    }
}
