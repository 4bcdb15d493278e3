//! What can be typed about the audit log.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Say whether anybody has changed the audit log, from its first event on
    ///
    /// Exit code: 0 it is as it was written, 1 it was changed
    #[command(verbatim_doc_comment)]
    Verify,
    /// Write the audit log, oldest event first; or the part of it that is asked for
    Export {
        #[arg(long, value_enum, default_value_t = ExportFormat::Ndjson)]
        format: ExportFormat,
        /// Only the events of this pipeline
        #[arg(long)]
        pipeline: Option<i64>,
        #[command(flatten)]
        filter: AuditFilter,
        /// The file to write; standard output where it is not given
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// What narrows the log; under the names of the API.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct AuditFilter {
    /// Only events of this type, such as approval_decided; several with commas
    #[arg(long)]
    pub(crate) event_type: Option<String>,
    /// Only what was recorded at this time or later, such as 2026-11-30T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only what was recorded before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only events whose summary has these words
    #[arg(short, long, value_name = "WORDS")]
    pub(crate) q: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One event a line, as JSON
    Ndjson,
    /// One event a row, with a row of names
    Csv,
}

impl ExportFormat {
    /// Its word in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
}
