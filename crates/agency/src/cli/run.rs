//! What can be typed to start a pipeline.

use super::BudgetArguments;
use clap::Args;
use std::num::NonZeroU32;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The feature request; read from standard input where it is - or not given
    pub(crate) description: Option<String>,
    /// Read the feature request from a file
    #[arg(long, conflicts_with = "description")]
    pub(crate) description_file: Option<PathBuf>,
    /// A file that every step is sent beside the request: a picture, a PDF or a text; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) attach: Vec<PathBuf>,
    /// The repository
    #[arg(long, default_value = ".")]
    pub(crate) repo: PathBuf,
    #[arg(long, default_value = "quick_fix")]
    pub(crate) template: String,
    /// Steps of the template to leave out, by their places: 1 is the first
    #[arg(long, value_delimiter = ',', value_name = "PLACE")]
    pub(crate) skip: Vec<NonZeroU32>,
    /// Steps of the template after which to ask you whether to go on
    #[arg(long, value_delimiter = ',', value_name = "PLACE")]
    pub(crate) ask_after: Vec<NonZeroU32>,
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
    #[command(flatten)]
    pub(crate) budget: BudgetArguments,
    /// Follow it, as `agency watch` does
    #[arg(long)]
    pub(crate) watch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TryArguments {
    /// The agent's name
    pub(crate) agent: String,
    /// What it is to do
    pub(crate) description: String,
    /// A repository to work in, on a branch of its own; also for an agent of that repository
    #[arg(long)]
    pub(crate) repo: Option<PathBuf>,
    /// provider/model; the agent's own, or OpenCode's default, where it is not given
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Follow it, as `agency watch` does
    #[arg(long)]
    pub(crate) watch: bool,
}
