//! Makes a small repository, a directory of its own with one commit, for what is to be seen at work without touching anybody's: the demo, and a try of an
//! agent.

use crate::state::SampleFile;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use thiserror::Error;
use tokio::process::Command;

/// git takes milliseconds for a handful of files; what takes longer hangs.
const GIT_WITHIN: Duration = Duration::from_secs(30);
/// More than anybody makes in one data directory.
const REPOSITORIES_MAX: u32 = 100_000;

/// Why there is no repository.
#[derive(Debug, Error)]
pub(crate) enum SampleRepositoryError {
    #[error("{path:?} cannot be written: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("git {step} failed: {detail}")]
    Git { step: &'static str, detail: String },
}

/// Makes `<data_dir>/<purpose>/<n>` with the files in it, committed on `main`.
pub(crate) async fn make(data_dir: &Path, purpose: &str, files: &[SampleFile]) -> Result<PathBuf, SampleRepositoryError> {
    let root = fresh_directory(&data_dir.join(purpose))?;
    for file in files {
        write(&root, file)?;
    }
    git(&root, "init", &["init", "--quiet", "--initial-branch=main"]).await?;
    git(&root, "add", &["add", "--all"]).await?;
    git(&root, "commit", &["commit", "--quiet", "--message", "Start"]).await?;
    Ok(root)
}

/// A directory that nobody had before: making it is what takes its number.
fn fresh_directory(parent: &Path) -> Result<PathBuf, SampleRepositoryError> {
    let fault = |path: &Path, source| SampleRepositoryError::Write { path: path.to_owned(), source };
    std::fs::create_dir_all(parent).map_err(|source| fault(parent, source))?;
    for number in 1..=REPOSITORIES_MAX {
        let path = parent.join(number.to_string());
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(fault(&path, source)),
        }
    }
    Err(fault(parent, io::Error::other("there are too many repositories in it")))
}

fn write(root: &Path, file: &SampleFile) -> Result<(), SampleRepositoryError> {
    use std::os::unix::fs::PermissionsExt;
    let path = root.join(file.path);
    let written = (|| {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, file.content)?;
        let mode = if file.is_executable { 0o755 } else { 0o644 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
    })();
    written.map_err(|source| SampleRepositoryError::Write { path, source })
}

/// Runs git without the user's configuration, hooks, signing or questions.
async fn git(root: &Path, step: &'static str, arguments: &[&str]) -> Result<(), SampleRepositoryError> {
    let mut command = Command::new("git");
    command
        .current_dir(root)
        .args(["-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "init.templateDir="])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .envs([("GIT_AUTHOR_NAME", "theAgency"), ("GIT_AUTHOR_EMAIL", "agency@localhost")])
        .envs([("GIT_COMMITTER_NAME", "theAgency"), ("GIT_COMMITTER_EMAIL", "agency@localhost")])
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let fault = |detail: String| SampleRepositoryError::Git { step, detail };
    let output = tokio::time::timeout(GIT_WITHIN, command.output())
        .await
        .map_err(|_| fault("it did not end in time".into()))?
        .map_err(|error| fault(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(fault(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
