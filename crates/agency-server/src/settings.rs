//! Settings: what a person may set, with its defaults. Loaded by [`load`], used by the wiring and by the server.
//!
//! Each key exists in three spellings: `server.port` in `agency.toml`, `AGENCY_SERVER__PORT` in the environment, and a line of
//! `.env.example`, which a test holds true.

mod load;
mod names;
mod secret;
mod span;
mod webhook;

pub use load::{SettingsError, Sources, load};
pub use secret::Secret;
pub use span::Span;
pub use webhook::WebhookSettings;

use serde::{Deserialize, Serialize};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

/// Less than this, and each attempt would have a server of its own.
const MEMORY_MB_MIN: u64 = 400;
/// A terabyte: no bound at all.
const MEMORY_MB_MAX: u64 = 1_000_000;

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Worktrees, OpenCode homes, demo repositories, the lock, and the database where nothing else is said.
    pub data_dir: PathBuf,
    pub server: ServerSettings,
    pub database: DatabaseSettings,
    pub engine: EngineSettings,
    pub catalog: CatalogSettings,
    pub opencode: OpenCodeSettings,
    pub demo: DemoSettings,
    pub webhook: WebhookSettings,
    pub log: LogSettings,
}

/// Where and to whom the server answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    /// An address or a name; anything but loopback asks for `allowed_hosts`.
    pub host: String,
    /// 0 takes any free port.
    pub port: u16,
    /// Origins of pages that another server serves, `scheme://host:port`. They may call the API and change things.
    pub cors_origins: Vec<String>,
    /// More names by which clients may call the server (`Host` header), with or without a port.
    pub allowed_hosts: Vec<String>,
    /// Whether only those are answered who have signed in, or show an access token.
    pub login: bool,
}

/// Where pipelines are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSettings {
    /// `sqlite://PATH`; relative to the working directory. Where it is not set, `agency.db` in `data_dir`.
    pub url: String,
}

/// The engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngineSettings {
    /// Pipelines that run at once, 1 to 64; each has an OpenCode of its own, of some 0.5 GB.
    pub max_concurrent: usize,
    /// Pipelines that may wait to be started, 1 to 100000; one more is refused with 429.
    pub queue_max: u32,
    /// How long a person may take to answer what an agent asks; it is denied then. `0s` denies at once.
    pub ask_deadline: Span,
}

/// Templates and agents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CatalogSettings {
    /// Your own, in `templates/` and `agents/`. Where it is not set: `agency` in your configuration directory.
    pub dir: Option<PathBuf>,
}

/// OpenCode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpenCodeSettings {
    /// The binary. Where it is not set: on PATH, or in `node_modules/.bin` of the working directory or above the `agency` binary.
    pub bin: Option<PathBuf>,
    /// A configuration file in OpenCode's format. Where it is not set: the user's own.
    pub config: Option<PathBuf>,
    /// Silence of a running agent after which it counts as stalled.
    pub stall_after: Span,
    /// How long one tool call may be silent.
    pub tool_limit: Span,
    /// Memory in megabytes, with its child processes', beyond which a server is replaced between two attempts. At least 400.
    pub memory_max_mb: u64,
}

/// The scripted demo.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DemoSettings {
    /// Offers `POST /api/v1/demo`, which runs a pipeline on the scripted model.
    pub enabled: bool,
}

/// The server's own log, on standard error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or filters such as `info,agency_engine=debug`.
    pub level: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// `json` where standard error is no terminal.
    Auto,
    Json,
    Pretty,
}

impl Default for Settings {
    fn default() -> Self {
        let data_dir = PathBuf::from("data");
        Self {
            database: DatabaseSettings { url: database_in(&data_dir) },
            data_dir,
            server: ServerSettings::default(),
            engine: EngineSettings::default(),
            catalog: CatalogSettings::default(),
            opencode: OpenCodeSettings::default(),
            demo: DemoSettings::default(),
            webhook: WebhookSettings::default(),
            log: LogSettings::default(),
        }
    }
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 8000,
            cors_origins: vec!["http://localhost:3000".into()],
            allowed_hosts: Vec::new(),
            login: false,
        }
    }
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Settings::default().database
    }
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { max_concurrent: 4, queue_max: 200, ask_deadline: Span(Duration::from_mins(10)) }
    }
}

impl Default for OpenCodeSettings {
    fn default() -> Self {
        Self {
            bin: None,
            config: None,
            stall_after: Span(Duration::from_mins(10)),
            tool_limit: Span(Duration::from_mins(15)),
            memory_max_mb: 1_500,
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: "info".into() }
    }
}

fn database_in(data_dir: &std::path::Path) -> String {
    format!("sqlite://{}", data_dir.join("agency.db").display())
}

impl Settings {
    /// Checks what no single key can: the addresses, the origins, the bounds.
    ///
    /// # Errors
    /// With the key, what is wrong with it, and what to do.
    pub fn check(&self) -> Result<(), SettingsError> {
        let addresses = self.addresses()?;
        let is_loopback = addresses.iter().all(|address| address.ip().is_loopback());
        if !is_loopback && self.server.allowed_hosts.is_empty() {
            return Err(SettingsError::invalid(
                "server.host",
                format!(
                    "{} can be reached from other machines, and whoever reaches the server can run agents on this one. Use 127.0.0.1; or set \
                     server.allowed_hosts to the names by which clients call the server, behind a proxy that knows its users or with server.login = true",
                    self.server.host
                ),
            ));
        }
        if let Some(origin) = self.server.cors_origins.iter().find(|origin| !is_origin(origin)) {
            return Err(SettingsError::invalid(
                "server.cors_origins",
                format!("{origin:?} is no origin; write scheme://host:port, without a path, and never *"),
            ));
        }
        self.webhook.check()?;
        if !(1..=64).contains(&self.engine.max_concurrent) {
            return Err(SettingsError::invalid("engine.max_concurrent", "use 1 to 64".into()));
        }
        if !(MEMORY_MB_MIN..=MEMORY_MB_MAX).contains(&self.opencode.memory_max_mb) {
            let message = format!("use {MEMORY_MB_MIN} to {MEMORY_MB_MAX}: a server that has done nothing yet uses some 300");
            return Err(SettingsError::invalid("opencode.memory_max_mb", message));
        }
        if !(1..=100_000).contains(&self.engine.queue_max) {
            return Err(SettingsError::invalid("engine.queue_max", "use 1 to 100000".into()));
        }
        for (key, span) in [("opencode.stall_after", self.opencode.stall_after), ("opencode.tool_limit", self.opencode.tool_limit)] {
            if span.0.is_zero() {
                return Err(SettingsError::invalid(key, "use more than nothing: every agent would count as stalled at once".into()));
            }
        }
        Ok(())
    }

    /// The addresses that `server.host` and `server.port` name.
    ///
    /// # Errors
    /// Where the name does not resolve.
    pub fn addresses(&self) -> Result<Vec<SocketAddr>, SettingsError> {
        let host = self.server.host.trim_matches(['[', ']']);
        let found = (host, self.server.port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        match found {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            _ => Err(SettingsError::invalid(
                "server.host",
                format!("{:?} is neither an address nor a name that this machine knows", self.server.host),
            )),
        }
    }
}

fn is_origin(raw: &str) -> bool {
    raw.split_once("://").is_some_and(|(scheme, authority)| {
        matches!(scheme, "http" | "https") && !authority.is_empty() && !authority.contains(['/', '*', ' ', '?', '#'])
    })
}

#[cfg(test)]
mod tests;
