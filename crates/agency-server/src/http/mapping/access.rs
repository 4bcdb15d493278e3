//! Access tokens and sessions.

use super::time;
use agency_contract as wire;
use agency_domain::CredentialId;
use agency_domain::access::{Credential, CredentialKind};

pub(crate) fn credential(credential: &Credential, caller: Option<CredentialId>) -> wire::Credential {
    wire::Credential {
        id: credential.id.0,
        kind: match credential.kind {
            CredentialKind::Token => wire::CredentialKind::Token,
            CredentialKind::Session => wire::CredentialKind::Session,
        },
        name: credential.name.clone(),
        created_at: time(credential.created_at),
        expires_at: credential.expires_at.map(time),
        last_used_at: credential.last_used_at.map(time),
        current: caller == Some(credential.id),
    }
}
