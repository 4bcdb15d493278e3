//! Attachments to rows, and back without their contents.

use super::Row;
use crate::rows::attachments::ActiveModel;
use agency_domain::PipelineId;
use agency_domain::attachments::{Attachment, Content};
use agency_domain::pipelines::StoreError;
use sea_orm::ActiveValue::{NotSet, Set};

/// Position, name, media type, bytes and hash: all columns of which lists of attachments are made.
pub(crate) type About = (i64, String, String, i64, String);

pub(crate) fn row_of(pipeline: PipelineId, position: i64, about: &Attachment, content: &Content) -> ActiveModel {
    ActiveModel {
        id: NotSet,
        pipeline_id: Set(pipeline.0),
        position: Set(position),
        name: Set(about.name.clone()),
        media_type: Set(about.media_type.to_string()),
        bytes: Set(i64::try_from(about.size).unwrap_or(i64::MAX)),
        sha256: Set(about.sha256.clone()),
        content: Set(content.to_vec()),
    }
}

pub(crate) fn attachment_of(pipeline: PipelineId, (position, name, media_type, bytes, sha256): About) -> Result<Attachment, StoreError> {
    let row = Row::new("attachments", format!("{position} of pipeline {pipeline}"));
    Ok(Attachment { name, media_type: row.word("media_type", &media_type)?, size: row.count("bytes", bytes)?, sha256 })
}
