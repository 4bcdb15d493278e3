//! The private directories of a pipeline's servers: `<data dir>/opencode/<pipeline id>/`, readable by nobody else. A question's server has
//! `question-<id>` beside them.
//!
//! They outlive a server, so that its sessions can be continued by the next. Called by the gateway before each start.

use crate::environment;
use crate::user_config::UserConfig;
use std::fmt::Display;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

const DIRECTORY_MODE: u32 = 0o700;
const SECRET_MODE: u32 = 0o600;
const EXECUTABLE_MODE: u32 = 0o700;

/// Where everything of one pipeline's servers is.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    root: PathBuf,
}

impl Home {
    /// Makes the directories, brings the user's stored keys and model list up to date in them, and writes the shell.
    ///
    /// # Errors
    /// A directory or file cannot be written; the text names it.
    pub(crate) fn prepare(data_dir: &Path, owner: impl Display, user: &UserConfig) -> Result<Self, String> {
        let home = Self::of(data_dir, owner);
        home.write(user).map_err(|error| format!("its private directory {} cannot be prepared: {error}", home.root.display()))?;
        Ok(home)
    }

    fn write(&self, user: &UserConfig) -> io::Result<()> {
        for directory in
            [self.root(), &self.users(), &self.data().join("opencode"), &self.config(), &self.cache().join("opencode"), &self.state()]
        {
            create_private(directory)?;
        }
        copy_newer(user.auth_file.as_deref(), &self.data().join("opencode/auth.json"))?;
        copy_newer(user.models_file.as_deref(), &self.cache().join("opencode/models.json"))?;
        write_with_mode(&self.shell(), shell_script(&user.key_variables).as_bytes(), EXECUTABLE_MODE)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The home directory of OpenCode and of agents' commands; apart from what OpenCode keeps, keys among it.
    pub(crate) fn users(&self) -> PathBuf {
        self.root.join("home")
    }

    /// The same directory, where no server is started for the pipeline. Does not make it.
    pub(crate) fn of_commands(data_dir: &Path, owner: impl Display) -> PathBuf {
        Self::of(data_dir, owner).users()
    }

    /// Removes everything of one owner's servers, and answers how many bytes that were. Nothing there is nothing to do.
    pub(crate) fn remove(data_dir: &Path, owner: impl Display) -> io::Result<u64> {
        let home = Self::of(data_dir, owner);
        if !home.root.exists() {
            return Ok(0);
        }
        let bytes = bytes_in(&home.root)?;
        fs::remove_dir_all(&home.root)?;
        Ok(bytes)
    }

    fn of(data_dir: &Path, owner: impl Display) -> Self {
        Self { root: data_dir.join("opencode").join(owner.to_string()) }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.root.join("config")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// What runs the agents' commands. Its name tells the model which language it speaks.
    pub(crate) fn shell(&self) -> PathBuf {
        self.root.join(if real_shell().ends_with("bash") { "bash" } else { "sh" })
    }

    /// The file that adds to the configuration in the environment. OpenCode reads it when it first sees a worktree.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.root.join("opencode.json")
    }

    /// Writes that file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write_configuration(&self, configuration: &str) -> io::Result<()> {
        write_with_mode(&self.configuration(), configuration.as_bytes(), SECRET_MODE)
    }
}

/// Bytes of the files below a directory; links are not followed.
fn bytes_in(directory: &Path) -> io::Result<u64> {
    fs::read_dir(directory)?.try_fold(0, |sum, entry| {
        let entry = entry?;
        let about = entry.metadata()?;
        Ok(sum + if about.is_dir() { bytes_in(&entry.path())? } else { about.len() })
    })
}

/// Makes a directory and those above it, for the owner only.
pub(crate) fn create_private(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)?;
    fs::set_permissions(directory, Permissions::from_mode(DIRECTORY_MODE))
}

/// Brings a copy up to date. A copy that is newer stays: OpenCode renews short-lived keys in it. A file that is gone takes its copy along.
fn copy_newer(source: Option<&Path>, target: &Path) -> io::Result<()> {
    let Some(source) = source else {
        return match fs::remove_file(target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        };
    };
    let changed = fs::metadata(source)?.modified()?;
    let is_current = fs::metadata(target).and_then(|copy| copy.modified()).is_ok_and(|copied| copied >= changed);
    if is_current {
        return Ok(());
    }
    write_with_mode(target, &fs::read(source)?, SECRET_MODE)
}

fn write_with_mode(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    use std::io::Write;
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    // The mode above holds for a new file only.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(content)
}

fn real_shell() -> &'static str {
    if Path::new("/bin/bash").is_file() { "/bin/bash" } else { "/bin/sh" }
}

/// Forgets what an agent's commands must not see, then runs them. OpenCode hands its whole environment on, with the password that lets one
/// approve one's own permissions.
fn shell_script(secret_variables: &[String]) -> String {
    let mut names: Vec<&str> = environment::hidden_from_commands().collect();
    names.extend(secret_variables.iter().map(String::as_str));
    format!("#!/bin/sh\nunset {}\nexec {} \"$@\"\n", names.join(" "), real_shell())
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_domain::PipelineId;

    fn user(auth_file: Option<PathBuf>) -> UserConfig {
        UserConfig { auth_file, ..UserConfig::default() }
    }

    #[test]
    fn everything_is_for_the_owner_only_and_stored_keys_are_copied() {
        let directory = tempfile::tempdir().unwrap();
        let auth = directory.path().join("auth.json");
        fs::write(&auth, "{\"a\":1}").unwrap();
        let home = Home::prepare(directory.path(), PipelineId(7), &user(Some(auth))).unwrap();
        let copy = home.data().join("opencode/auth.json");
        assert_eq!(fs::read_to_string(&copy).unwrap(), "{\"a\":1}");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(home.root()), mode(&copy), mode(&home.shell())), (0o700, 0o600, 0o700));

        Home::prepare(directory.path(), PipelineId(7), &user(None)).unwrap();
        assert!(!copy.exists(), "keys that the user has removed are removed here too");
    }

    #[test]
    fn a_home_that_is_removed_is_gone_and_counted() {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::prepare(directory.path(), PipelineId(7), &user(None)).unwrap();
        fs::write(home.data().join("log"), "12345").unwrap();
        assert!(Home::remove(directory.path(), PipelineId(7)).unwrap() >= 5);
        assert!(!home.root().exists());
        assert_eq!(Home::remove(directory.path(), PipelineId(7)).unwrap(), 0);
    }

    #[test]
    fn the_shell_forgets_secrets_and_keeps_arguments() {
        let directory = tempfile::tempdir().unwrap();
        let config = UserConfig { key_variables: vec!["MY_KEY".to_owned()], ..UserConfig::default() };
        let home = Home::prepare(directory.path(), PipelineId(7), &config).unwrap();
        let output = std::process::Command::new(home.shell())
            .args(["-c", "echo \"$MY_KEY|$OPENCODE_SERVER_PASSWORD|$KEPT\""])
            .envs([("MY_KEY", "a"), ("OPENCODE_SERVER_PASSWORD", "b"), ("KEPT", "c")])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "||c\n");
    }
}
