//! What the wiring says about OpenCode on this machine.

use std::path::PathBuf;

/// Where OpenCode, its configuration and its private data are.
#[derive(Debug, Clone)]
pub struct OpenCodeSettings {
    /// The binary, where it is named; then nowhere else is looked.
    pub binary: Option<PathBuf>,
    /// Directories to look into before `PATH`, for example a repository's `node_modules/.bin`.
    pub search: Vec<PathBuf>,
    /// A JSON or JSONC file that stands in for the user's own OpenCode set-up.
    pub user_config: Option<PathBuf>,
    /// theAgency's data directory; servers keep theirs under `opencode/<pipeline id>/` in it.
    pub data_dir: PathBuf,
    /// The demo's model, where one is running.
    pub scripted: Option<ScriptedProvider>,
    /// Drives versions other than 1.18 too, at the user's own risk.
    pub version_override: bool,
}

/// A scripted model that is running.
#[derive(Debug, Clone)]
pub struct ScriptedProvider {
    /// `http://127.0.0.1:PORT/v1`.
    pub base_url: String,
}
