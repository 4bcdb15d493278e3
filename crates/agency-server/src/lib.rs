//! The server: REST, the event stream, the hand-off endpoint, the embedded page; settings, log and wiring.
//!
//! The binary calls [`run`]; tests and `agency demo` call [`Server::start`], which takes port 0. Only [`wiring`] names adapters.

mod access;
mod blame;
mod command_line;
mod comparison;
mod data_dir;
mod diff;
mod doctor;
mod figures;
mod http;
mod live;
mod markdown;
mod metrics;
mod remembered;
mod sample_repository;
mod server;
pub mod settings;
mod state;
mod supervisor;
pub mod telemetry;
mod timeline;
mod verified;
mod webhook;
mod wiring;

pub use command_line::run_command;
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

/// Who has written the grammars that diffs are coloured by, and on what terms: Markdown.
pub fn grammar_licenses() -> String {
    let grammars = two_face::acknowledgement::listing();
    let mut text = "theAgency is MIT or Apache-2.0; its libraries are named in Cargo.lock. It holds these grammars:\n\n".to_owned();
    for license in grammars.for_syntaxes().iter().filter(|license| license.needs_acknowledgement()) {
        text.push_str(&format!("## {}\n\n{}\n\n", license.rel_path.display(), license.text.trim()));
    }
    text
}

#[cfg(test)]
mod tests;
