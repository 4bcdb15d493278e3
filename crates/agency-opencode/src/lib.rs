//! The adapter that drives OpenCode 1.18 over HTTP behind the domain's port `AgentRuntime`.
//!
//! Each pipeline gets a private server: own data directory, random password, allow-listed environment, own mark on each of its processes.
//! What is known of OpenCode's behaviour was measured on the real binary; the contract tests in `tests/` hold it. The wiring constructs
//! [`OpenCode`] and hands it on as the port, and [`LocalChecks`] as the port `CheckRunner`; nothing else of this crate is public.
//!
//! `process` finds, starts, ends and reaps; `user_config`, `configuration`, `environment` and `home` say what a server gets;
//! `client` has one function per endpoint; `events` turns their events into ours and `hub` hands them out; `messages` reads what has
//! become of a prompt; `permissions` says what a session may do; `gateway` is the port. `checks` runs commands with the same environment and
//! marks.

mod checks;
mod client;
mod configuration;
mod environment;
mod events;
mod gateway;
mod home;
mod hub;
mod messages;
mod permissions;
mod process;
mod recent;
mod settings;
mod user_config;

pub use checks::LocalChecks;
pub use gateway::OpenCode;
pub use settings::{OpenCodeSettings, ScriptedProvider};
