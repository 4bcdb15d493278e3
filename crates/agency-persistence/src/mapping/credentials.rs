//! Credentials to rows, and back.

use super::{Row, time_of, word_of};
use crate::rows::credentials::Model;
use agency_domain::access::{Credential, Rights};
use agency_domain::pipelines::StoreError;
use agency_domain::{CredentialId, PipelineId};

/// As the column says it; `pipeline_id` says which one.
const ALL: &str = "all";
const READ: &str = "read";

pub(crate) fn row_of(credential: &Credential) -> Model {
    let (rights, pipeline_id) = match credential.rights {
        Rights::All => (ALL, None),
        Rights::Read => (READ, None),
        Rights::ReadOne(pipeline) => (READ, Some(pipeline.0)),
    };
    Model {
        id: credential.id.0,
        kind: word_of(&credential.kind),
        name: credential.name.clone(),
        secret_sha256: credential.secret_sha256.clone(),
        made_by: credential.made_by.map(|id| id.0),
        created_at: time_of(credential.created_at),
        expires_at: credential.expires_at.map(time_of),
        last_used_at: credential.last_used_at.map(time_of),
        revoked_at: None,
        rights: rights.to_owned(),
        pipeline_id,
    }
}

pub(crate) fn credential_of(model: Model) -> Result<Credential, StoreError> {
    let row = Row::new("credentials", model.id);
    let rights = match (model.rights.as_str(), model.pipeline_id) {
        (ALL, None) => Rights::All,
        (READ, None) => Rights::Read,
        (READ, Some(pipeline)) => Rights::ReadOne(PipelineId(pipeline)),
        (other, _) => return Err(row.corrupt("rights", other)),
    };
    Ok(Credential {
        id: CredentialId(model.id),
        kind: row.word("kind", &model.kind)?,
        name: model.name,
        secret_sha256: model.secret_sha256,
        rights,
        made_by: model.made_by.map(CredentialId),
        created_at: row.time("created_at", &model.created_at)?,
        expires_at: row.time_if("expires_at", model.expires_at.as_deref())?,
        last_used_at: row.time_if("last_used_at", model.last_used_at.as_deref())?,
    })
}
