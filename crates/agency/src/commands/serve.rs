//! Commands about this machine's own server: serve, doctor, openapi, migrate.

use crate::cli::Step;
use crate::output::{say, write};
use agency_server::settings::{self, Sources};
use agency_server::{CheckState, MigrateStep, Running, Settings, telemetry};
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) fn load(config: Option<PathBuf>) -> anyhow::Result<Settings> {
    Ok(settings::load(&Sources::of_process(config))?)
}

pub(crate) async fn serve(config: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let settings = load(config)?;
    telemetry::init(&settings.log)?;
    agency_server::run(settings, announce).await?;
    Ok(ExitCode::SUCCESS)
}

/// Not in the log, which is kept: whoever reads the link first is signed in by it.
fn announce(running: &Running) {
    if let Some(link) = &running.sign_in_link {
        // Nobody may be there to read it.
        let _ = say(&format!("Sign in once, before anybody else does: {link}"));
    }
}

pub(crate) async fn doctor(config: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let checks = agency_server::doctor(&load(config)?).await;
    for check in &checks {
        let mark = match check.state {
            CheckState::Fine => "ok     ",
            CheckState::Doubtful => "look   ",
            CheckState::Missing => "missing",
        };
        say(&format!("{mark}  {:<15} {}", check.name, check.detail))?;
    }
    let is_missing = checks.iter().any(|check| check.state == CheckState::Missing);
    Ok(if is_missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The terms of the grammars that are inside the binary.
pub(crate) fn licenses() -> anyhow::Result<ExitCode> {
    write(&agency_server::grammar_licenses())?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn openapi() -> anyhow::Result<ExitCode> {
    write(&agency_server::openapi_json())?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn migrate(step: Step, config: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let step = match step {
        Step::Status => MigrateStep::Status,
        Step::Up => MigrateStep::Up,
        Step::Down => MigrateStep::Down,
    };
    write(&agency_server::migrate(&load(config)?, step).await?)?;
    Ok(ExitCode::SUCCESS)
}
