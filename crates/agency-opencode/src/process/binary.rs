//! Finding the native binary and asking it for its version.

use crate::environment;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::process::Command;

/// The binary needs about half a second to say its version; a busy machine several times that.
const VERSION_WITHIN: Duration = Duration::from_secs(15);
const NAME: &str = "opencode";

/// A binary as it was found, with what it says about itself.
#[derive(Debug, Clone)]
pub(crate) struct FoundBinary {
    pub(crate) path: PathBuf,
    /// Or why it could not be asked.
    pub(crate) version: Result<String, String>,
}

/// Looks for the binary and remembers the versions of those it found.
pub(crate) struct Binaries {
    explicit: Option<PathBuf>,
    search: Vec<PathBuf>,
    /// Home of `opencode --version`, which would otherwise write into the user's.
    scratch: PathBuf,
    versions: Mutex<HashMap<PathBuf, (SystemTime, String)>>,
}

impl Binaries {
    pub(crate) fn new(explicit: Option<PathBuf>, search: Vec<PathBuf>, scratch: PathBuf) -> Self {
        Self { explicit, search, scratch, versions: Mutex::default() }
    }

    /// The first binary there is, with its version: the named one, else the places to search, `PATH`, and where OpenCode's own installer
    /// puts it. Asks the binary only when it has changed since it was last asked.
    pub(crate) async fn find(&self) -> Option<FoundBinary> {
        let path = self.locate()?;
        let version = self.version(&path).await;
        Some(FoundBinary { path, version })
    }

    fn locate(&self) -> Option<PathBuf> {
        if let Some(explicit) = &self.explicit {
            return native(explicit);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let installer = std::env::home_dir().map(|home| home.join(".opencode/bin"));
        let directories = self.search.iter().cloned().chain(std::env::split_paths(&path)).chain(installer);
        directories.into_iter().find_map(|directory| native(&directory.join(NAME)))
    }

    async fn version(&self, path: &Path) -> Result<String, String> {
        let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified()).map_err(|error| error.to_string())?;
        let known = self.lock().get(path).filter(|(at, _version)| *at == modified).cloned();
        if let Some((_at, version)) = known {
            return Ok(version);
        }
        let version = ask_version(path, &self.scratch).await?;
        self.lock().insert(path.to_owned(), (modified, version.clone()));
        Ok(version)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, (SystemTime, String)>> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask_version(path: &Path, scratch: &Path) -> Result<String, String> {
    crate::home::create_private(scratch).map_err(|error| format!("{} cannot be made: {error}", scratch.display()))?;
    let running = Command::new(path)
        .arg("--version")
        .env_clear()
        .envs(environment::bare(scratch))
        .current_dir(scratch)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(VERSION_WITHIN, running)
        .await
        .map_err(|_elapsed| format!("it did not say its version within {} seconds", VERSION_WITHIN.as_secs()))?
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    match said.split_whitespace().last() {
        Some(version) if output.status.success() => Ok(version.trim_start_matches('v').to_owned()),
        Some(_) | None => Err(format!("`--version` ended with {} and said nothing useful", output.status)),
    }
}

/// The native binary behind `path`. npm puts a link to a launcher there, which is the binary itself once npm's install scripts have run;
/// where they have not, it lies in the platform's package beside it. A launcher in between would survive signals that its child does not.
fn native(path: &Path) -> Option<PathBuf> {
    let resolved = path.canonicalize().ok().filter(|path| path.is_file())?;
    if is_native(&resolved) {
        return Some(resolved);
    }
    Some(beside_launcher(&resolved).unwrap_or(resolved))
}

/// The native binary for the launcher `…/node_modules/opencode-ai/bin/opencode`.
fn beside_launcher(launcher: &Path) -> Option<PathBuf> {
    let modules = launcher.ancestors().find(|ancestor| ancestor.file_name() == Some(OsStr::new("node_modules")))?;
    let mut candidates = platform_packages().into_iter().map(|package| modules.join(package).join("bin").join(NAME));
    candidates.find(|candidate| is_native(candidate))
}

fn platform_packages() -> Vec<String> {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let (first, second) = if cfg!(target_env = "musl") { ("-musl", "") } else { ("", "-musl") };
    [first, "-baseline", second].map(|suffix| format!("{NAME}-{system}-{machine}{suffix}")).to_vec()
}

/// Whether the file begins as ELF or Mach-O does.
fn is_native(path: &Path) -> bool {
    const MAGICS: [[u8; 4]; 3] = [*b"\x7fELF", [0xcf, 0xfa, 0xed, 0xfe], [0xca, 0xfe, 0xba, 0xbe]];
    let mut begin = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut begin)).is_ok() && MAGICS.contains(&begin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn write(path: &Path, content: &[u8]) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn behind_npms_launcher_the_native_binary_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let modules = directory.path().canonicalize().unwrap().join("node_modules");
        let native_binary = modules.join(&platform_packages()[0]).join("bin/opencode");
        write(&native_binary, b"\x7fELF....");
        write(&modules.join("opencode-ai/bin/opencode"), b"#!/usr/bin/env node");
        std::fs::create_dir_all(modules.join(".bin")).unwrap();
        symlink("../opencode-ai/bin/opencode", modules.join(".bin/opencode")).unwrap();
        assert_eq!(native(&modules.join(".bin/opencode")), Some(native_binary));
    }

    #[test]
    fn a_named_binary_that_is_missing_is_not_replaced_by_another() {
        let directory = tempfile::tempdir().unwrap();
        write(&directory.path().join("opencode"), b"#!/bin/sh\necho 1.18.33");
        let search = vec![directory.path().to_owned()];
        let named = Binaries::new(Some("/nowhere/opencode".into()), search.clone(), directory.path().join("home"));
        assert_eq!(named.locate(), None);
        let searched = Binaries::new(None, search, directory.path().join("home"));
        assert_eq!(searched.locate(), Some(directory.path().canonicalize().unwrap().join("opencode")));
    }

    #[tokio::test]
    async fn a_binary_is_asked_for_its_version_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("opencode");
        write(&path, b"#!/bin/sh\necho asked >> \"$HOME/asked\"\necho 1.18.33\n");
        let home = directory.path().join("home");
        let binaries = Binaries::new(Some(path), Vec::new(), home.clone());
        for _ in 0..2 {
            assert_eq!(binaries.find().await.unwrap().version, Ok("1.18.33".to_owned()));
        }
        assert_eq!(std::fs::read_to_string(home.join("asked")).unwrap(), "asked\n");
    }
}
