//! One page per address. Pages fetch through `api`, listen to `live`, decide with `model`, and are made of `ui` pieces.

mod audit;
mod catalog;
mod catalog_file;
mod catalog_form;
mod fetched;
mod inbox;
mod new_pipeline;
mod not_found;
mod pipeline;
mod pipelines;
mod record;
mod settings;
mod setup;

pub(crate) use audit::Audit;
pub(crate) use catalog::{Agents, Templates};
pub(crate) use catalog_file::CatalogFile;
pub(crate) use inbox::Inbox;
pub(crate) use new_pipeline::NewPipeline;
pub(crate) use not_found::NotFound;
pub(crate) use pipeline::{Compare, PipelinePage};
pub(crate) use pipelines::Pipelines;
pub(crate) use settings::Settings;
