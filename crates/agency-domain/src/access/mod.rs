//! Who may call a server that asks for it: people in their browsers, and scripts.
//!
//! A caller shows a secret. Only its hash is kept, so that whoever reads the database cannot call in anybody's name.

use crate::pipelines::StoreError;
use crate::{CredentialId, PipelineId, Timestamp};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Room for what a person calls a token, in bytes.
pub const NAME_BYTES_MAX: usize = 100;

/// What a credential is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// For a script. Its secret is shown once.
    Token,
    /// A browser that has signed in. Its secret is in a cookie.
    Session,
}

/// What whoever shows a secret may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rights {
    /// Read and change everything, and let others in.
    #[default]
    All,
    /// Read everything, and change nothing.
    Read,
    /// Read this one pipeline, and change nothing.
    ReadOne(PipelineId),
}

/// What is known of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub id: CredentialId,
    pub kind: CredentialKind,
    /// What a person calls it; the audit log names who acts with it by this. Of a session: the browser.
    pub name: String,
    /// Of the secret; lower-case hex.
    pub secret_sha256: String,
    pub rights: Rights,
    /// By which it was made; revoked with that one.
    pub made_by: Option<CredentialId>,
    pub created_at: Timestamp,
    /// `None`: good until it is revoked.
    pub expires_at: Option<Timestamp>,
    /// To some minutes.
    pub last_used_at: Option<Timestamp>,
}

impl Credential {
    pub fn is_good_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// Keeps credentials.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// Those that have not been revoked, oldest first, with those that have expired.
    async fn credentials(&self) -> Result<Vec<Credential>, StoreError>;

    /// On disk when it answers.
    async fn keep(&self, credential: Credential) -> Result<(), StoreError>;

    /// It, and whatever was made by it, never answers anybody again; on disk when it answers. `Missing` where there is none that has not been revoked.
    async fn revoke(&self, id: CredentialId, at: Timestamp) -> Result<(), StoreError>;

    /// Notes that it was used. Lost with the power, maybe.
    async fn note_use(&self, id: CredentialId, at: Timestamp) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_good_until_the_moment_it_expires() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let with = |expires_at| Credential {
            id: CredentialId(1),
            kind: CredentialKind::Token,
            name: "ci".into(),
            rights: Rights::All,
            secret_sha256: String::new(),
            made_by: None,
            created_at: at(0),
            expires_at,
            last_used_at: None,
        };
        assert!(with(None).is_good_at(at(1_000_000)));
        assert!(with(Some(at(10))).is_good_at(at(9)) && !with(Some(at(10))).is_good_at(at(10)));
    }
}
