//! The data directory: made for its owner alone, and locked, so that two servers never share one.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use thiserror::Error;

const LOCK: &str = "agency.lock";

/// Why the data directory cannot be used.
#[derive(Debug, Error)]
pub enum DataDirError {
    #[error("the data directory {path:?} cannot be used: {cause}")]
    Unusable { path: PathBuf, cause: io::Error },
    #[error("another server uses {path:?}: {holder}. Stop it, or set AGENCY_DATA_DIR to another directory")]
    Taken { path: PathBuf, holder: String },
}

/// The directory while it is ours. The operating system lets go of the lock with the process, however that ends.
#[derive(Debug)]
pub(crate) struct DataDir {
    /// Absolute.
    pub(crate) path: PathBuf,
    lock: File,
}

impl DataDir {
    /// Makes the directory where it is missing, takes its lock, and notes in it who holds it.
    pub(crate) fn take(path: &Path, address: &str) -> Result<Self, DataDirError> {
        let unusable = |cause| DataDirError::Unusable { path: path.to_owned(), cause };
        let path = make(path).map_err(unusable)?;
        let mut lock = open_lock(&path).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = lock.read_to_string(&mut holder);
                let holder = if holder.trim().is_empty() { "its lock is held" } else { holder.trim() }.to_owned();
                return Err(DataDirError::Taken { path, holder });
            }
            Err(TryLockError::Error(cause)) => return Err(unusable(cause)),
        }
        let note = format!("process {} at {address}\n", std::process::id());
        lock.set_len(0).and_then(|()| lock.write_all(note.as_bytes())).map_err(unusable)?;
        Ok(Self { path, lock })
    }

    /// Lets another server in.
    pub(crate) fn release(self) {
        let _ = self.lock.set_len(0);
        let _ = self.lock.unlock();
    }
}

fn make(path: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let path = path.canonicalize()?;
    // It may have been there before, with a mode that lets others read prompts and sessions.
    let mode = path.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(path)
}

fn open_lock(directory: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(directory.join(LOCK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_for_its_owner_and_for_one_server() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/data");
        let first = DataDir::take(&path, "127.0.0.1:1").unwrap();
        assert_eq!(first.path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        let error = DataDir::take(&path, "127.0.0.1:2").unwrap_err().to_string();
        assert!(error.contains(&format!("process {} at 127.0.0.1:1", std::process::id())), "{error}");
        first.release();
        assert!(DataDir::take(&path, "127.0.0.1:2").is_ok());
    }
}
