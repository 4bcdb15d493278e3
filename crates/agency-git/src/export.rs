//! The files of a commit in a directory of their own, for somebody who only looks: no worktree, so that nothing in the repository knows of it and
//! nothing is left in it by whoever is killed.

use crate::command::{WHOLE_TREE, failure};
use crate::place::Place;
use agency_domain::CommitId;
use agency_domain::repositories::{Listing, RepositoryError};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

pub(crate) async fn write(place: &Place<'_>, commit: &CommitId, path: &Path) -> Result<(), RepositoryError> {
    if place.commit_at(commit.as_str()).await?.is_none() {
        return Err(RepositoryError::CommitGone { commit: commit.clone() });
    }
    if path.symlink_metadata().is_ok() {
        return Err(failure("checkout-index", format!("{path:?} exists already")));
    }
    fs::create_dir_all(path).map_err(|error| failed(&error))?;
    // A top of its own: whoever looks for the repository around it finds none further up.
    place.call("init").await?.args(["--quiet", "--template=", "--"]).args([path]).run().await?;
    let index = path.join(".git").join("export-index");
    place.call("read-tree").await?.index(Some(&index)).args([commit.as_str()]).within(WHOLE_TREE).run().await?;
    let mut prefix = OsString::from("--prefix=");
    prefix.push(path);
    prefix.push("/");
    let call = place.call("checkout-index").await?.index(Some(&index)).args(["--all", "--quiet"]).args([prefix]);
    call.within(WHOLE_TREE).run().await?;
    fs::remove_file(&index).map_err(|error| failed(&error))
}

pub(crate) async fn list(path: &Path) -> Result<Listing, RepositoryError> {
    let top = path.to_owned();
    let listed = tokio::task::spawn_blocking(move || {
        let mut listing = Listing::default();
        add(&top, &top, &mut listing).map(|()| listing)
    });
    listed.await.map_err(|error| failure("export", error.to_string()))?.map_err(|error| failed(&error))
}

/// Links are not followed.
fn add(top: &Path, directory: &Path, listing: &mut Listing) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        if path == top.join(".git") {
            continue;
        }
        let about = entry.metadata()?;
        if about.is_dir() {
            add(top, &path, listing)?;
            continue;
        }
        let name = path.strip_prefix(top).unwrap_or(&path).to_string_lossy().into_owned();
        // Whoever writes to a file, or puts another in its place, cannot set back when that was.
        let marks = format!("{} {} {} {}.{}", about.ino(), about.mode(), about.len(), about.ctime(), about.ctime_nsec());
        listing.0.insert(name, marks);
    }
    Ok(())
}

pub(crate) async fn remove(path: &Path) -> Result<(), RepositoryError> {
    let path: PathBuf = path.to_owned();
    let removed = tokio::task::spawn_blocking(move || match fs::remove_dir_all(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    });
    removed.await.map_err(|error| failure("export", error.to_string()))?.map_err(|error| failed(&error))
}

fn failed(error: &io::Error) -> RepositoryError {
    failure("export", error.to_string())
}
