//! The adapter that drives OpenCode 1.18 over HTTP behind the domain's port `AgentRuntime`.
//!
//! Each pipeline gets a private server: own data directory, random password, allow-listed environment, own mark on each of its processes.
//! What is known of OpenCode's behaviour was measured on the real binary; the contract tests in `tests/` hold it. The wiring constructs
//! [`OpenCode`] and hands it on as the port; nothing else of this crate is public.
//!
//! `process` finds, starts, ends and reaps; `user_config`, `configuration`, `environment` and `home` say what a server gets;
//! `client` has one function per endpoint; `events` turns their events into ours and `hub` hands them out; `messages` reads what has
//! become of a prompt; `gateway` is the port.

mod client;
mod configuration;
mod environment;
mod events;
mod gateway;
mod home;
mod hub;
mod messages;
mod process;
mod settings;
mod user_config;

pub use gateway::OpenCode;
pub use settings::{OpenCodeSettings, ScriptedProvider};
