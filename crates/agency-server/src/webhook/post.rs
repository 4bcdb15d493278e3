//! Sends one message, signed, and says what became of it.

use super::message::Message;
use crate::settings::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// A receiver takes a message; work that takes longer it does afterwards.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// What stands before a secret whose bytes are written as base64.
const IN_BASE64: &str = "whsec_";

/// Why a message was not taken.
#[derive(Debug, Error)]
pub(super) enum Refusal {
    /// Later it may be.
    #[error("{0}")]
    ForNow(String),
    /// The receiver does not want it.
    #[error("{0}")]
    ForGood(String),
}

/// Sends to one receiver.
pub(super) struct Post {
    url: String,
    key: Option<Vec<u8>>,
    agent: Agent,
}

impl Post {
    pub(super) fn new(url: String, secret: Option<&Secret>) -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(ANSWER_WITHIN))
            // Whoever moves tells the new address to a person.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .build();
        Self { url, key: secret.map(|secret| key_of(&secret.0)), agent: config.into() }
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), Refusal> {
        let id = format!("event-{}", message.id);
        let second = jiff::Timestamp::now().as_second().to_string();
        let mut request = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header("user-agent", concat!("agency/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &id)
            .header("webhook-timestamp", &second);
        if let Some(key) = &self.key {
            request = request.header("webhook-signature", signature(key, &id, &second, &message.body));
        }
        let body = message.body.clone();
        // A thread of its own, which may wait.
        let sent = tokio::task::spawn_blocking(move || request.send(body)).await;
        match sent {
            Ok(Ok(response)) => judge(response.status().as_u16()),
            Ok(Err(error)) => Err(Refusal::ForNow(error.to_string())),
            Err(error) => Err(Refusal::ForNow(error.to_string())),
        }
    }
}

fn judge(status: u16) -> Result<(), Refusal> {
    match status {
        200..=299 => Ok(()),
        // Slow down, too early, took too long, or broken.
        408 | 425 | 429 | 500.. => Err(Refusal::ForNow(format!("it answered {status}"))),
        _ => Err(Refusal::ForGood(format!("it answered {status}"))),
    }
}

fn key_of(secret: &str) -> Vec<u8> {
    let in_base64 = secret.strip_prefix(IN_BASE64).and_then(|rest| STANDARD.decode(rest).ok());
    in_base64.unwrap_or_else(|| secret.as_bytes().to_vec())
}

/// As Standard Webhooks has it: over id, time and body.
fn signature(key: &[u8], id: &str, second: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(format!("{id}.{second}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_standard() {
        // The example that the standard's own libraries test themselves by.
        let key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_without_the_prefix_is_its_own_bytes() {
        assert_eq!(key_of("correct horse"), b"correct horse");
        assert_eq!(key_of("whsec_not base64"), b"whsec_not base64");
    }

    #[test]
    fn who_is_busy_or_broken_is_asked_again_and_who_says_no_is_not() {
        for status in [200, 202, 204] {
            assert!(judge(status).is_ok(), "{status}");
        }
        for status in [408, 425, 429, 500, 503] {
            assert!(matches!(judge(status), Err(Refusal::ForNow(_))), "{status}");
        }
        for status in [301, 302, 400, 401, 404, 410] {
            assert!(matches!(judge(status), Err(Refusal::ForGood(_))), "{status}");
        }
    }
}
