//! The engine: carries pipelines out.
//!
//! [`Engine`] is what the server calls: the use cases (create, cancel, decide), the hand-off desk that the MCP endpoint reaches, and
//! [`Engine::run`], the conductor, which claims due pipelines and gives each a runner. It knows the ports of the domain and no adapter.

mod branch;
mod cleanup;
mod conductor;
mod create;
mod desk;
mod forecast;
mod live;
mod prompt;
mod questions;
mod record;
mod reminders;
mod runner;
mod signals;
mod use_cases;

pub use cleanup::{CleanedUp, CleanupRequest};
pub use create::{CreateError, CreateRequest, FieldFault, ForkRequest, Rehearsal, RehearsedStep, Standing};
pub use desk::{SubmitAnswer, ToolOffer};
pub use forecast::{Band, Forecast};
pub use live::{LiveEvent, LiveHub, LiveSubscription, TextDelta};
pub use questions::QuestionRequest;
pub use record::{AgentRecord, RecordedRun, TemplateRecord};
pub use use_cases::{AskAnswer, DecisionRequest, Engine, EngineSettings, Ports, RetryRequest, UseCaseError};
