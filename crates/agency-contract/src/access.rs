//! Who may call a server that asks: access tokens and sessions.

use serde::{Deserialize, Serialize};

/// What stands before the code in the link that a server prints at its start: behind the `#`, so that a browser sends it to nobody.
pub const SIGN_IN_FRAGMENT: &str = "#sign-in=";

/// `GET /api/v1/access`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Access {
    /// Whether this server answers only those who have signed in or show an access token (`AGENCY_SERVER__LOGIN`).
    pub login: bool,
    /// What is good now, newest first.
    pub credentials: Vec<Credential>,
}

/// An access token or a session. Its secret is not among what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credential {
    pub id: i64,
    pub kind: CredentialKind,
    /// What a person called the token, or the session's browser.
    pub name: String,
    pub rights: Rights,
    /// The pipeline that it may read alone.
    pub pipeline_id: Option<i64>,
    pub created_at: String,
    /// `null`: good until it is revoked.
    pub expires_at: Option<String>,
    /// To some minutes; `null` where it was never used.
    pub last_used_at: Option<String>,
    /// The one by which this very request was made.
    pub current: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CredentialKind {
    /// For a script: `Authorization: Bearer SECRET`.
    Token,
    /// A browser that has signed in.
    Session,
}

/// What whoever shows it may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Rights {
    /// Read and change everything, and let others in.
    #[default]
    All,
    /// Read, and change nothing.
    Read,
}

/// `POST /api/v1/access/tokens`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateToken {
    /// What it is for, 1 to 100 bytes on one line. The audit log names who acts with it by this.
    pub name: String,
    /// 1 to 3,650. Left out: good until it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Left out: `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<Rights>,
    /// This pipeline alone, with `rights` `read`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<i64>,
    /// The code that the server printed at its start, for the first token: good once, in place of a token or a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A token that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedToken {
    pub credential: Credential,
    /// Shown this once: the server keeps its hash alone.
    pub secret: String,
    /// The place of the page, from its `/` on, that whoever opens it is signed in at by this token: the pipeline of one that reads a pipeline, or the inbox.
    pub link: String,
}

/// `POST /api/v1/session`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// An access token, or the code that the server printed at its start.
    pub secret: String,
}
