//! Agents: what a role is, and the port to the runtime that carries it out.

mod model;
mod runtime;

pub use model::{Access, Agent, KeptAgent, SubmittedHandoff};
pub use runtime::{
    AgentEvent, AgentEvents, AgentRuntime, AgentServer, BootedServer, HandoffTool, Prompt, RunEnd, RunReport, RunningServer, RuntimeError,
    RuntimeState, ServerRequest, ToolState,
};
