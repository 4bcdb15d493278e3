//! Access tokens and sessions.

use super::time;
use agency_contract as wire;
use agency_domain::CredentialId;
use agency_domain::access::{Credential, CredentialKind, Rights};

pub(crate) fn credential(credential: &Credential, caller: Option<CredentialId>) -> wire::Credential {
    let (rights, pipeline_id) = match credential.rights {
        Rights::All => (wire::Rights::All, None),
        Rights::Read => (wire::Rights::Read, None),
        Rights::ReadOne(pipeline) => (wire::Rights::Read, Some(pipeline.0)),
    };
    wire::Credential {
        id: credential.id.0,
        kind: match credential.kind {
            CredentialKind::Token => wire::CredentialKind::Token,
            CredentialKind::Session => wire::CredentialKind::Session,
        },
        name: credential.name.clone(),
        rights,
        pipeline_id,
        created_at: time(credential.created_at),
        expires_at: credential.expires_at.map(time),
        last_used_at: credential.last_used_at.map(time),
        current: caller == Some(credential.id),
    }
}
