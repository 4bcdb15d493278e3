//! Errors of OpenCode and of providers, as classes of ours.

use crate::client::message_of;
use agency_domain::pipelines::FailureClass;
use serde_json::Value;

/// The class and the words of an error in the shape `{name, data}`.
pub(super) fn classify(error: &Value) -> (FailureClass, String) {
    let name = error["name"].as_str().unwrap_or("UnknownError");
    let message = message_of(error).unwrap_or_else(|| name.to_owned());
    let class = match name {
        "APIError" => return api_error(&error["data"], &message),
        "ProviderAuthError" => {
            return (FailureClass::AgentError, format!("{message}. Check the key in your OpenCode set-up"));
        }
        "ContextOverflowError" => FailureClass::ContextOverflow,
        // We did not abort, so the provider's side broke off.
        "MessageAbortedError" => FailureClass::ProviderUnavailable,
        "ContentFilterError" | "StructuredOutputError" => FailureClass::AgentError,
        _unknown_error => of_words(&message),
    };
    (class, message)
}

fn api_error(data: &Value, message: &str) -> (FailureClass, String) {
    let status = data["statusCode"].as_u64();
    let class = match status {
        Some(429) => FailureClass::ProviderRateLimited,
        Some(401 | 403) => {
            let advice = "Check the key in your OpenCode set-up";
            return (FailureClass::AgentError, format!("the provider refused ({}): {message}. {advice}", status.unwrap_or_default()));
        }
        Some(408 | 500..) | None => FailureClass::ProviderUnavailable,
        Some(_refusal) if data["isRetryable"] == true => FailureClass::ProviderUnavailable,
        Some(_refusal) if is_overflow(message) => FailureClass::ContextOverflow,
        Some(_refusal) => FailureClass::AgentError,
    };
    let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
    (class, format!("the provider refused{status}: {message}"))
}

/// Some errors have no name of their own.
fn of_words(message: &str) -> FailureClass {
    let lower = message.to_lowercase();
    if is_overflow(message) {
        FailureClass::ContextOverflow
    } else if lower.contains("not found") {
        // An agent, a model or a provider that does not exist.
        FailureClass::AgentError
    } else {
        FailureClass::ProviderUnavailable
    }
}

fn is_overflow(message: &str) -> bool {
    let lower = message.to_lowercase();
    ["context length", "context_length", "too large to compact", "context window"].iter().any(|words| lower.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_fall_into_classes_by_name_and_status() {
        let api = |status: u64, retryable: bool| json!({"name": "APIError", "data": {"message": "m", "statusCode": status, "isRetryable": retryable}});
        let named = |name: &str, message: &str| json!({"name": name, "data": {"message": message}});
        for (error, class) in [
            (api(429, true), FailureClass::ProviderRateLimited),
            (api(500, true), FailureClass::ProviderUnavailable),
            (api(503, true), FailureClass::ProviderUnavailable),
            (api(400, false), FailureClass::AgentError),
            (api(401, false), FailureClass::AgentError),
            (json!({"name": "APIError", "data": {"message": "connection refused"}}), FailureClass::ProviderUnavailable),
            (named("ProviderAuthError", "no key"), FailureClass::AgentError),
            (named("ContextOverflowError", "too long"), FailureClass::ContextOverflow),
            (named("UnknownError", "Session too large to compact"), FailureClass::ContextOverflow),
            (named("ContentFilterError", "filtered"), FailureClass::AgentError),
            (named("MessageAbortedError", "Aborted"), FailureClass::ProviderUnavailable),
            (named("UnknownError", "JSON parsing failed"), FailureClass::ProviderUnavailable),
            (named("UnknownError", "Agent not found: \"ghost\""), FailureClass::AgentError),
        ] {
            assert_eq!(classify(&error).0, class, "{error}");
        }
    }

    #[test]
    fn a_refused_key_says_where_to_look() {
        let error = json!({"name": "APIError", "data": {"message": "Incorrect API key provided", "statusCode": 401, "isRetryable": false}});
        let (_class, message) = classify(&error);
        assert_eq!(message, "the provider refused (401): Incorrect API key provided. Check the key in your OpenCode set-up");
    }
}
