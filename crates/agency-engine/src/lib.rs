//! The engine: carries pipelines out.
//!
//! [`Engine`] is what the server calls: the use cases (create, cancel, decide), the hand-off desk that the MCP endpoint reaches, and
//! [`Engine::run`], the conductor, which claims due pipelines and gives each a runner. It knows the ports of the domain and no adapter.

mod conductor;
mod create;
mod desk;
mod live;
mod prompt;
mod runner;
mod use_cases;

pub use create::{CreateError, CreateRequest, FieldFault};
pub use desk::{SubmitAnswer, ToolOffer};
pub use live::{LiveEvent, LiveHub, LiveSubscription, TextDelta};
pub use use_cases::{DecisionRequest, Engine, EngineSettings, Ports, UseCaseError};
