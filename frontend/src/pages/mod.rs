//! One page per address. Pages fetch through `api`, listen to `live`, decide with `model`, and are made of `ui` pieces.

mod approvals;
mod audit;
mod catalog;
mod fetched;
mod new_pipeline;
mod not_found;
mod pipeline;
mod pipelines;
mod setup;

pub(crate) use approvals::Approvals;
pub(crate) use audit::Audit;
pub(crate) use catalog::{Agents, Templates};
pub(crate) use new_pipeline::NewPipeline;
pub(crate) use not_found::NotFound;
pub(crate) use pipeline::PipelinePage;
pub(crate) use pipelines::Pipelines;
