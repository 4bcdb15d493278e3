//! The process's log, on standard error: JSON for machines, colours for terminals.

use crate::settings::{LogFormat, LogSettings};
use std::io::{IsTerminal, stderr};
use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// The log's level cannot be read.
#[derive(Debug, Error)]
#[error("log.level (AGENCY_LOG__LEVEL): {0:?} is no level and no filter; write error, warn, info, debug or trace")]
pub struct LevelError(String);

/// What libraries say at `info` is about themselves.
const QUIETER: &str = "actix_server=warn,sea_orm_migration=warn";

fn directives(level: &str) -> String {
    if level == "info" { format!("{level},{QUIETER}") } else { level.to_owned() }
}

/// Starts logging. A second call in one process changes nothing.
///
/// # Errors
/// Where the level is none.
pub fn init(settings: &LogSettings) -> Result<(), LevelError> {
    let filter = EnvFilter::try_new(directives(&settings.level)).map_err(|_| LevelError(settings.level.clone()))?;
    let is_json = match settings.format {
        LogFormat::Auto => !stderr().is_terminal(),
        LogFormat::Json => true,
        LogFormat::Pretty => false,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    // An earlier subscriber (a test's) stays.
    let _ = if is_json {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).finish().try_init()
    } else {
        builder.with_ansi(stderr().is_terminal()).finish().try_init()
    };
    Ok(())
}
