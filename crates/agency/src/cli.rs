//! What can be typed. The texts here are the command's help.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Runs a feature request through a chain of OpenCode agents, on a branch of its own.
#[derive(Debug, Parser)]
#[command(name = "agency", version, arg_required_else_help = true, propagate_version = true)]
pub(crate) struct Cli {
    /// The server to talk to
    #[arg(long, env = "AGENCY_URL", default_value = "http://127.0.0.1:8000", global = true)]
    pub(crate) server: String,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API, the events and the page until SIGINT or SIGTERM
    Serve {
        /// Settings file; agency.toml in the working directory where it is not given
        #[arg(long, env = "AGENCY_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Start a pipeline and print its id
    Run(RunArguments),
    /// List pipelines, newest first
    List {
        /// Only these: queued, running, waiting_for_approval, succeeded, failed, cancelled; several with commas
        #[arg(long)]
        status: Option<String>,
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        /// Print what the API answers
        #[arg(long)]
        json: bool,
    },
    /// Show a pipeline with its steps and attempts
    Show {
        id: i64,
        /// Print what the API answers
        #[arg(long)]
        json: bool,
    },
    /// Follow a pipeline from its beginning, and print each step, hand-off and verdict
    ///
    /// Exit code: 0 succeeded, 1 failed or cancelled, 3 waiting for an approval (with --exit-on-approval)
    #[command(verbatim_doc_comment)]
    Watch {
        id: i64,
        /// End with exit code 3 when the pipeline waits for an approval
        #[arg(long)]
        exit_on_approval: bool,
    },
    /// Approve what waits
    Approve {
        /// Id of the approval
        id: i64,
        /// Sent to the next agent
        #[arg(long)]
        comment: Option<String>,
        /// Who decides, for the audit log
        #[arg(long, env = "USER")]
        by: Option<String>,
    },
    /// Send what waits back to an earlier step
    RequestChanges {
        /// Id of the approval
        id: i64,
        /// What shall change
        #[arg(long)]
        comment: String,
        /// Who decides, for the audit log
        #[arg(long, env = "USER")]
        by: Option<String>,
        /// Agent of the step to go back to; the nearest one where it is not given
        #[arg(long)]
        back_to: Option<String>,
    },
    /// Reject what waits, and end the pipeline
    Reject {
        /// Id of the approval
        id: i64,
        #[arg(long)]
        comment: Option<String>,
        /// Who decides, for the audit log
        #[arg(long, env = "USER")]
        by: Option<String>,
    },
    /// End a pipeline and its agent's processes
    Cancel { id: i64 },
    /// Print what a pipeline changed, as a unified diff
    Diff {
        id: i64,
        /// Only what this attempt changed
        #[arg(long)]
        attempt: Option<i64>,
    },
    /// List templates
    Templates {
        /// With this repository's own
        #[arg(long)]
        repo: Option<PathBuf>,
        /// Print what the API answers
        #[arg(long)]
        json: bool,
    },
    /// List agents
    Agents {
        /// With this repository's own
        #[arg(long)]
        repo: Option<PathBuf>,
        /// Print what the API answers
        #[arg(long)]
        json: bool,
    },
    /// Say what this machine has of what the server needs
    Doctor {
        #[arg(long, env = "AGENCY_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Print the API's OpenAPI document
    Openapi,
    /// Show or change which migrations the database has
    Migrate {
        #[arg(value_enum, default_value_t = Step::Status)]
        step: Step,
        #[arg(long, env = "AGENCY_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Run one pipeline on a small repository made for it, with the real OpenCode and a scripted model
    Demo(DemoArguments),
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The feature request; read from standard input where it is - or not given
    pub(crate) description: Option<String>,
    /// Read the feature request from a file
    #[arg(long, conflicts_with = "description")]
    pub(crate) description_file: Option<PathBuf>,
    /// The repository
    #[arg(long, default_value = ".")]
    pub(crate) repo: PathBuf,
    #[arg(long, default_value = "quick_fix")]
    pub(crate) template: String,
    /// The description's first line where it is not given
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Branch, tag or commit to start from; the branch that is checked out where it is not given
    #[arg(long)]
    pub(crate) base: Option<String>,
    /// Name of the new branch, under agency/
    #[arg(long)]
    pub(crate) branch: Option<String>,
    /// provider/model; OpenCode's default where it is not given
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Follow it, as `agency watch` does
    #[arg(long)]
    pub(crate) watch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    #[arg(long, default_value = "full_feature")]
    pub(crate) template: String,
    /// Keep the server up afterwards, to look at the result in the page
    #[arg(long)]
    pub(crate) keep_serving: bool,
    #[arg(long, env = "AGENCY_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Print what is applied
    Status,
    /// Apply what is pending
    Up,
    /// Take the newest migration back, with everything that its tables hold
    Down,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
