//! Writing a file so that it is whole and on disk, or as it was.

use crate::files::FILES_MAX;
use agency_domain::templates::EditError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes beside the file and takes its place, so that nobody ever reads half of it. A link stays one: what it leads to is written.
pub(super) fn whole(path: &Path, text: &str) -> Result<(), EditError> {
    let unwritable = |error: io::Error| EditError::Unwritable { file: path.display().to_string(), message: error.to_string() };
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(unwritable)?;
    let target = target_of(path).map_err(unwritable)?;
    if !target.exists() && fs::read_dir(directory).map_err(unwritable)?.count() >= FILES_MAX {
        return Err(unwritable(io::Error::other(format!("its directory holds {FILES_MAX} files: remove some of them"))));
    }
    let draft = draft_of(&target);
    let written = write_and_sync(&draft, &target, text).and_then(|()| fs::rename(&draft, &target));
    if let Err(error) = written {
        // Where it was not even made, there is nothing to remove.
        let _ = fs::remove_file(&draft);
        return Err(unwritable(error));
    }
    sync_directory(&target).map_err(unwritable)
}

/// Removes the file, or the link to it.
pub(super) fn gone(path: &Path) -> Result<(), EditError> {
    match fs::remove_file(path).and_then(|()| sync_directory(path)) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(EditError::Missing),
        Err(error) => Err(EditError::Unwritable { file: path.display().to_string(), message: error.to_string() }),
    }
}

fn target_of(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error),
        Ok(_) => {
            let target = path.canonicalize()?;
            if target.is_file() { Ok(target) } else { Err(io::Error::other("it is not a regular file")) }
        }
    }
}

/// A name that the catalog does not read.
fn draft_of(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn write_and_sync(draft: &Path, target: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(draft)?;
    if let Ok(before) = target.metadata() {
        file.set_permissions(before.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The new name is part of the directory.
fn sync_directory(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}
