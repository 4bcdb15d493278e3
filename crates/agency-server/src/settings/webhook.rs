//! Who else is told what happened.

use super::{Secret, SettingsError};
use serde::{Deserialize, Serialize};

/// What can be told, as the audit log calls it.
const EVENTS: [&str; 16] = [
    "pipeline_created",
    "pipeline_started",
    "pipeline_paused",
    "pipeline_resumed",
    "pipeline_succeeded",
    "pipeline_failed",
    "pipeline_cancelled",
    "approval_requested",
    "approval_reopened",
    "approval_decided",
    "approval_withdrawn",
    "permission_asked",
    "permission_answered",
    "budget_warning",
    "attempt_failed",
    "handoff_recorded",
];

/// A receiver of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookSettings {
    /// Each event is posted here, `http://` or `https://`. Nobody is told where it is not set.
    pub url: Option<String>,
    /// Signs what is posted, by the rules of Standard Webhooks.
    pub secret: Option<Secret>,
    /// What is told: what waits for a person, and the ends.
    pub events: Vec<String>,
    /// Where people reach the page, for the links in what is posted. Where it is not set: as this machine reaches it.
    pub page_url: Option<String>,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        let events =
            ["approval_requested", "approval_reopened", "permission_asked", "pipeline_paused", "pipeline_failed", "pipeline_succeeded"];
        Self { url: None, secret: None, events: events.map(str::to_owned).to_vec(), page_url: None }
    }
}

impl WebhookSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        for (key, url) in [("webhook.url", &self.url), ("webhook.page_url", &self.page_url)] {
            if let Some(url) = url.as_ref().filter(|url| !is_address(url)) {
                return Err(SettingsError::invalid(key, format!("{url:?} is no address; write http:// or https://, a name, and a path")));
            }
        }
        match self.events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
            Some(event) => {
                let message = format!("{event:?} is nothing that can be told; there are {}", EVENTS.join(", "));
                Err(SettingsError::invalid("webhook.events", message))
            }
            None => Ok(()),
        }
    }
}

fn is_address(raw: &str) -> bool {
    let rest = raw.strip_prefix("https://").or_else(|| raw.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains([' ', '#']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_domain::pipelines::Event;

    #[test]
    fn what_can_be_told_is_what_the_log_has() {
        for word in EVENTS {
            let read = serde_json::from_value::<Event>(serde_json::json!({ "type": word }));
            // It is known, whatever of it is missing.
            assert!(read.is_ok() || !read.unwrap_err().to_string().contains("unknown variant"), "{word}");
        }
    }

    #[test]
    fn an_address_or_a_name_that_is_none_is_named() {
        let with = |url: &str| WebhookSettings { url: Some(url.into()), ..WebhookSettings::default() };
        assert!(with("https://hooks.example/x?y=1").check().is_ok() && WebhookSettings::default().check().is_ok());
        for url in ["hooks.example", "ftp://hooks.example", "https://", "https:///x", "http://a b"] {
            assert!(with(url).check().unwrap_err().to_string().contains("webhook.url (AGENCY_WEBHOOK__URL)"), "{url}");
        }
        let events = WebhookSettings { events: vec!["pipeline_done".into()], ..WebhookSettings::default() };
        let told = events.check().unwrap_err().to_string();
        assert!(told.contains("pipeline_done") && told.contains("pipeline_succeeded"), "{told}");
    }

    #[test]
    fn a_secret_is_not_printed() {
        let settings = WebhookSettings { secret: Some(Secret("whsec_abc".into())), ..WebhookSettings::default() };
        assert!(!format!("{settings:?}").contains("abc"));
    }
}
