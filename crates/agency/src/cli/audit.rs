//! What can be typed about the audit log.

use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Say whether anybody has changed the audit log, from its first event on
    ///
    /// Exit code: 0 it is as it was written, 1 it was changed
    #[command(verbatim_doc_comment)]
    Verify,
    /// Write the audit log, oldest event first
    Export {
        #[arg(long, value_enum, default_value_t = ExportFormat::Ndjson)]
        format: ExportFormat,
        /// Only the events of this pipeline
        #[arg(long)]
        pipeline: Option<i64>,
        /// The file to write; standard output where it is not given
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
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
