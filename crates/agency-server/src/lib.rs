//! The server: REST, the event stream, the hand-off endpoint, the embedded page; settings, log and wiring.
//!
//! The binary calls [`run`]; tests and `agency demo` call [`Server::start`], which takes port 0. Only [`wiring`] names adapters.

mod data_dir;
mod demo_repository;
mod diff;
mod doctor;
mod http;
mod live;
mod markdown;
mod metrics;
mod remembered;
mod server;
pub mod settings;
mod state;
mod supervisor;
pub mod telemetry;
mod wiring;

pub use data_dir::DataDirError;
pub use doctor::{Check, CheckState, doctor};
pub use server::{Running, Server, StartError, run};
pub use settings::Settings;
pub use wiring::{MigrateError, MigrateStep, WiringError, migrate};

/// The OpenAPI document, indented, with a line break at its end: what `docs/openapi.json` holds.
pub fn openapi_json() -> String {
    let document = http::docs::document().to_pretty_json().expect("the document is plain data");
    format!("{document}\n")
}

#[cfg(test)]
mod tests;
