//! What this machine has of what the server needs. For `agency doctor`; needs no server.

use crate::data_dir::{DataDir, DataDirError};
use crate::settings::Settings;
use crate::wiring;
use agency_domain::agents::RuntimeState;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// `git --version` takes milliseconds.
const GIT_WITHIN: Duration = Duration::from_secs(10);

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is about: `git`.
    pub name: &'static str,
    pub state: CheckState,
    /// What was found and, where it is not fine, what to do.
    pub detail: String,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    Fine,
    /// Something will not work, but not everything.
    Doubtful,
    Missing,
}

/// Looks at everything.
pub async fn doctor(settings: &Settings) -> Vec<Check> {
    let runtime = wiring::opencode_state(settings).await;
    vec![git().await, opencode(&runtime), provider(&runtime), data_dir(settings), port(settings)]
}

fn check(name: &'static str, state: CheckState, detail: impl Into<String>) -> Check {
    Check { name, state, detail: detail.into() }
}

async fn git() -> Check {
    let mut command = Command::new("git");
    command.arg("--version").stdin(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(GIT_WITHIN, command.output()).await {
        Ok(Ok(output)) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            check("git", CheckState::Fine, version)
        }
        _ => check("git", CheckState::Missing, "git does not run; install it, for example with apt-get install git"),
    }
}

fn opencode(runtime: &RuntimeState) -> Check {
    let place = runtime.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    match (&runtime.version, runtime.supported) {
        (Some(version), true) => check("opencode", CheckState::Fine, format!("{version} at {place}")),
        (Some(version), false) => check(
            "opencode",
            CheckState::Missing,
            format!("{version} at {place} is not supported ({}). {}", runtime.supported_versions, runtime.how_to_install),
        ),
        (None, _) => check("opencode", CheckState::Missing, runtime.how_to_install.clone()),
    }
}

fn provider(runtime: &RuntimeState) -> Check {
    match (&runtime.default_model, runtime.provider_configured) {
        (Some(model), true) => check("model provider", CheckState::Fine, format!("configured; {model} where nothing else is named")),
        (None, true) => check("model provider", CheckState::Fine, "configured; name a model with each pipeline"),
        (_, false) => check(
            "model provider",
            CheckState::Doubtful,
            "none is configured, so that only the scripted demo can run; run `opencode auth login`, or name a configuration with AGENCY_OPENCODE__CONFIG",
        ),
    }
}

fn data_dir(settings: &Settings) -> Check {
    let path = settings.data_dir.display();
    if !settings.data_dir.exists() {
        return check("data directory", CheckState::Fine, format!("{path} is made at the first start"));
    }
    match DataDir::take(&settings.data_dir, "agency doctor") {
        Ok(taken) => {
            taken.release();
            check("data directory", CheckState::Fine, format!("{path} is free and can be written"))
        }
        Err(DataDirError::Taken { holder, .. }) => check("data directory", CheckState::Fine, format!("{path} is in use by {holder}")),
        Err(error) => check("data directory", CheckState::Missing, error.to_string()),
    }
}

fn port(settings: &Settings) -> Check {
    let port = settings.server.port;
    match settings.addresses().map(|addresses| TcpListener::bind(addresses.as_slice())) {
        Ok(Ok(_)) => check("port", CheckState::Fine, format!("{port} is free")),
        Ok(Err(error)) => check(
            "port",
            CheckState::Doubtful,
            format!("{port} cannot be listened on ({error}); a server may run there already, else set AGENCY_SERVER__PORT"),
        ),
        Err(error) => check("port", CheckState::Missing, error.to_string()),
    }
}
