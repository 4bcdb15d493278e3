//! One git process: what it is started with, how long it may take, how much it may say. The only file that starts one.
//!
//! The flags are those of the security design, each against a way in which a repository that an agent can write to runs code as the
//! host's user. Two of them are not enough by themselves: `--attr-source` leaves `info/attributes` in force, so filter drivers are
//! emptied one by one as well (see [`crate::place`]).

use crate::direct::Direct;
use crate::output::{Output, collect};
use crate::{IDENTITY_EMAIL, IDENTITY_NAME};
use agency_domain::repositories::RepositoryError;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::OnceCell;

/// Questions about refs and objects: milliseconds, unless the disk is in trouble.
pub(crate) const QUICK: Duration = Duration::from_secs(30);
/// Whatever walks, hashes or writes a whole tree: minutes for the largest repositories on slow disks.
pub(crate) const WHOLE_TREE: Duration = Duration::from_secs(600);
/// Most that a call may print before it is an error: a list of a million paths fits.
const OUTPUT_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Room for what git says of its version.
const VERSION_BYTES_MAX: usize = 1_000;
/// The first version that takes its system-wide and global configuration from the environment.
const OLDEST_VERSION: (u32, u32) = (2, 32);
/// The first version with `--attr-source`.
const ATTR_SOURCE_VERSION: (u32, u32) = (2, 41);

/// Configuration that outranks the repository's own.
const HARDENING: [(&str, &str); 26] = [
    // Programs that a repository could name.
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.editor", "true"),
    ("core.pager", "cat"),
    ("core.askPass", "true"),
    ("core.sshCommand", "false"),
    ("core.gitProxy", ""),
    ("core.attributesFile", "/dev/null"),
    ("diff.external", ""),
    ("commit.gpgsign", "false"),
    ("tag.gpgsign", "false"),
    ("credential.helper", ""),
    // Nothing here talks to a remote.
    ("protocol.allow", "never"),
    ("protocol.ext.allow", "never"),
    // Submodules have a configuration of their own.
    ("submodule.recurse", "false"),
    ("diff.ignoreSubmodules", "dirty"),
    ("diff.submodule", "short"),
    // No work in the background after we have returned.
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    // A directory that merely looks like a bare repository is none; a repository that the user named may belong to someone else,
    // which is safe because nothing in it runs, and the user's own list of safe directories is not read here.
    ("safe.bareRepository", "explicit"),
    ("safe.directory", "*"),
    // Output as bytes, the same on every machine.
    ("core.quotePath", "false"),
    ("i18n.commitEncoding", "UTF-8"),
    ("color.ui", "false"),
    ("advice.detachedHead", "false"),
    ("worktree.useRelativePaths", "false"),
];

/// Where git is. Looked up once: with a path of its own to look in, each start would fork the server and try directory by directory.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = std::env::split_paths(&path).map(|directory| directory.join("git"));
    // Without one, starting it says so.
    candidates.filter(|path| path.is_absolute()).find(|path| is_program(path)).unwrap_or_else(|| "git".into())
});

/// The git program, checked once.
#[derive(Debug, Default)]
pub(crate) struct Git {
    version: OnceCell<(u32, u32)>,
    /// What can be done without starting it.
    pub(crate) direct: Direct,
}

/// What a call needs to know of where it runs; see [`crate::place`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// The directory that git is started in.
    pub(crate) dir: PathBuf,
    /// `--git-dir` and `--work-tree`, so that neither is discovered from files that an agent can write.
    pub(crate) explicit: Option<(PathBuf, PathBuf)>,
    /// The empty tree in the repository's object format; attributes are read from it.
    pub(crate) empty_tree: Option<&'static str>,
    /// Keys of the repository's configuration that are overridden.
    pub(crate) neutralised: Vec<(String, &'static str)>,
}

/// A call in the making.
pub(crate) struct Call<'a> {
    operation: &'static str,
    command: Command,
    input: Option<&'a [u8]>,
    limit: Duration,
    output_bytes_max: usize,
}

impl Git {
    /// # Errors
    /// Where git is missing or too old.
    pub(crate) async fn version(&self) -> Result<(u32, u32), RepositoryError> {
        self.version.get_or_try_init(read_version).await.copied()
    }

    /// Whether files are converted as `.gitattributes` in a worktree say: without `--attr-source` they are.
    pub(crate) async fn reads_attributes(&self) -> Result<bool, RepositoryError> {
        Ok(self.version().await? < ATTR_SOURCE_VERSION)
    }

    /// `git <operation>` in a scope, with every flag that keeps the repository's programs from running.
    pub(crate) async fn call<'a>(&self, scope: &Scope, operation: &'static str) -> Result<Call<'a>, RepositoryError> {
        let version = self.version().await?;
        let mut command = bare_command(&scope.dir);
        command.arg("--no-pager").arg("--literal-pathspecs");
        for (key, value) in HARDENING {
            command.arg("-c").arg(format!("{key}={value}"));
        }
        if let Some(tree) = scope.empty_tree.filter(|_| version >= ATTR_SOURCE_VERSION) {
            command.arg(format!("--attr-source={tree}"));
        }
        if let Some((git_dir, work_tree)) = &scope.explicit {
            command.arg(joined("--git-dir=", git_dir)).arg(joined("--work-tree=", work_tree));
        }
        command.env("GIT_CONFIG_COUNT", scope.neutralised.len().to_string());
        for (index, (key, value)) in scope.neutralised.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{index}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        command.arg(operation);
        Ok(Call { operation, command, input: None, limit: QUICK, output_bytes_max: OUTPUT_BYTES_MAX })
    }
}

impl<'a> Call<'a> {
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Bytes for standard input.
    pub(crate) fn input(mut self, bytes: &'a [u8]) -> Self {
        self.input = Some(bytes);
        self
    }

    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Keeps the first `bytes_max` of the output and drops the rest, rather than fail.
    pub(crate) fn keep_first(mut self, bytes_max: usize) -> Self {
        self.output_bytes_max = bytes_max;
        self
    }

    /// Works on another index than the worktree's own, where one is given.
    pub(crate) fn index(mut self, file: Option<&Path>) -> Self {
        if let Some(file) = file {
            self.command.env("GIT_INDEX_FILE", file);
        }
        self
    }

    /// Runs it; a failure of git is an error.
    pub(crate) async fn run(self) -> Result<Vec<u8>, RepositoryError> {
        let operation = self.operation;
        let keeps_all = self.output_bytes_max == OUTPUT_BYTES_MAX;
        let output = self.output().await?;
        if output.cut && keeps_all {
            return Err(failure(operation, format!("it printed more than {OUTPUT_BYTES_MAX} bytes")));
        }
        if output.success { Ok(output.stdout) } else { Err(output.into_failure(operation)) }
    }

    /// Runs it and answers its output without the final line break.
    pub(crate) async fn line(self) -> Result<String, RepositoryError> {
        self.run().await.map(|bytes| text(&bytes).trim_end_matches('\n').to_owned())
    }

    /// Runs it; that it says no (exit code not 0) is an answer.
    pub(crate) async fn output(mut self) -> Result<Output, RepositoryError> {
        self.command.stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() });
        let operation = self.operation;
        let child = self.command.spawn().map_err(|error| not_started(&error))?;
        tokio::time::timeout(self.limit, collect(child, self.input, self.output_bytes_max))
            .await
            // The process dies with the future that held it.
            .map_err(|_| failure(operation, format!("it did not end within {} seconds", self.limit.as_secs())))?
            .map_err(|error| failure(operation, error.to_string()))
    }
}

/// What the system says of a disk that takes no more: full, beyond the user's share, beyond the size that a file may have.
const NO_ROOM: [&str; 3] = ["No space left on device", "Disk quota exceeded", "File too large"];

/// An error of git's, in the port's words.
pub(crate) fn failure(operation: &str, detail: impl Into<String>) -> RepositoryError {
    let (operation, detail) = (operation.to_owned(), detail.into());
    match NO_ROOM.iter().find(|words| detail.contains(**words)) {
        Some(words) => RepositoryError::NoRoom { operation, detail: (*words).to_owned() },
        None => RepositoryError::Git { operation, detail },
    }
}

/// Output as text; names of files need not be UTF-8.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn joined(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}

/// git with a clean environment and no argument yet.
fn bare_command(dir: &Path) -> Command {
    let mut command = Command::new(PROGRAM.as_path());
    command.current_dir(dir).env_clear();
    for name in ["PATH", "HOME", "LANG", "TZ"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        // A list of allowed protocols with no protocol in it; unlike the configuration it cannot be overridden by a more specific key.
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("GIT_AUTHOR_NAME", IDENTITY_NAME)
        .env("GIT_AUTHOR_EMAIL", IDENTITY_EMAIL)
        .env("GIT_COMMITTER_NAME", IDENTITY_NAME)
        .env("GIT_COMMITTER_EMAIL", IDENTITY_EMAIL)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // A group of its own: Ctrl-C in the terminal of the server must not end git half-way.
    #[cfg(unix)]
    command.process_group(0);
    command
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

async fn read_version() -> Result<(u32, u32), RepositoryError> {
    let mut command = bare_command(Path::new("/"));
    command.arg("version");
    let child = command.spawn().map_err(|error| not_started(&error))?;
    let output = tokio::time::timeout(QUICK, collect(child, None, VERSION_BYTES_MAX))
        .await
        .map_err(|_| failure("version", "it did not answer"))?
        .map_err(|error| failure("version", error.to_string()))?;
    let said = text(&output.stdout);
    match parse_version(&said) {
        Some(version) if version >= OLDEST_VERSION => Ok(version),
        Some(_) | None => Err(failure(
            "version",
            format!("git {}.{} or newer is needed and {:?} is installed: update git", OLDEST_VERSION.0, OLDEST_VERSION.1, said.trim()),
        )),
    }
}

/// Major and minor of `git version 2.47.3`.
fn parse_version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.strip_prefix("git version ")?.split(['.', ' ', '\n']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn not_started(error: &std::io::Error) -> RepositoryError {
    let detail = match error.kind() {
        std::io::ErrorKind::NotFound => "git was not found on the PATH, or the directory is gone: install git".to_owned(),
        _ => error.to_string(),
    };
    failure("start", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_takes_no_more_is_told_from_other_failures() {
        for detail in
            ["error: file write error: No space left on device\nfatal: x", "fatal: write error: Disk quota exceeded", "x (File too large)"]
        {
            let error = failure("commit-tree", detail);
            assert!(matches!(error, RepositoryError::NoRoom { .. }) && error.to_string().contains("make room"), "{error}");
        }
        assert!(matches!(failure("reset", "fatal: unable to write new index file"), RepositoryError::Git { .. }));
    }

    #[test]
    fn versions_of_every_platform_are_read() {
        assert_eq!(parse_version("git version 2.47.3\n"), Some((2, 47)));
        assert_eq!(parse_version("git version 2.39.5 (Apple Git-154)\n"), Some((2, 39)));
        assert_eq!(parse_version("git version 3.0.windows.1"), Some((3, 0)));
        assert_eq!(parse_version("hello"), None);
    }
}
