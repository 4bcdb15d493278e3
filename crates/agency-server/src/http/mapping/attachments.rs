//! What is attached to a request.

use agency_contract as wire;
use agency_domain::attachments::Attachment;
use agency_domain::pipelines::Pipeline;

/// All that is attached to a pipeline, each with where it is read.
pub(crate) fn attachments(pipeline: &Pipeline) -> Vec<wire::Attachment> {
    let one = |(place, about): (usize, &Attachment)| wire::Attachment {
        name: about.name.clone(),
        media_type: about.media_type.to_string(),
        size: about.size,
        sha256: about.sha256.clone(),
        href: format!("/api/v1/pipelines/{}/attachments/{place}", pipeline.id),
    };
    pipeline.attachments.iter().enumerate().map(one).collect()
}

pub(crate) fn sent(about: Attachment) -> wire::SentAttachment {
    wire::SentAttachment { media_type: about.media_type.to_string(), name: about.name, size: about.size, sha256: about.sha256 }
}
