//! Templates: named chains of steps, and the port to where templates and agents are kept.

mod catalog;
mod chain;
mod form;
mod plan;
mod tailoring;

pub use catalog::{Catalog, CatalogError, EditError, Entry, Expected, FileVersion, ItemKind, OwnFiles, Source, TextFault, Written};
pub use chain::{PlanFault, check_chain};
pub use form::{AddedStep, FieldKind, FormChange, FormField};
pub use plan::{CheckPlan, ROUNDS_MAX, RetryPolicy, ReviewLoop, STEPS_MAX, StepKind, StepPlan, StepSettings, Template, TemplateVersion};
pub use tailoring::Tailoring;
