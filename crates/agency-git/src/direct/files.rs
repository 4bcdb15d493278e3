//! Directories and files of a worktree, each opened by its name in a directory that is open already and never through a link: whatever
//! an agent puts in the place of a directory meanwhile, nothing outside the worktree is listed or read. Files are read, never mapped.

use gix::index::entry::{Stat, stat::Time};
use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// A pipe that was put in the place of a file must not be waited for.
const CAREFULLY: OFlag = OFlag::O_CLOEXEC.union(OFlag::O_NONBLOCK).union(OFlag::O_NOCTTY);

/// An open directory.
pub(super) struct Directory(OwnedFd);

/// What is known of a name without following a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) size: u64,
    /// As an index has it.
    pub(super) stat: Stat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File {
        executable: bool,
    },
    Link,
    Directory,
    /// A pipe, a socket, a device.
    Other,
}

impl Directory {
    pub(super) fn open(path: &Path) -> Option<Self> {
        open(path, CAREFULLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty()).ok().map(Self)
    }

    pub(super) fn below(&self, name: &CStr) -> Option<Self> {
        openat(&self.0, name, CAREFULLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty()).ok().map(Self)
    }

    /// Sorted, and each once: a directory that changes while it is listed may say a name twice.
    pub(super) fn names(&self, count_max: usize) -> Option<Vec<CString>> {
        let mut names = Vec::new();
        let mut listed = Dir::from_fd(self.0.try_clone().ok()?).ok()?;
        for entry in listed.iter() {
            let entry = entry.ok()?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                names.push(entry.file_name().to_owned());
            }
            if names.len() > count_max {
                return None;
            }
        }
        names.sort_unstable();
        names.dedup();
        Some(names)
    }

    /// `Some(None)` where there is nothing of the name.
    pub(super) fn find(&self, name: &CStr) -> Option<Option<Found>> {
        match fstatat(&self.0, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(stat) => Some(Some(Found::from(&stat))),
            Err(Errno::ENOENT) => Some(None),
            Err(_) => None,
        }
    }

    /// The bytes of a file, or the target of a link, provided that it is what was found, before and after.
    pub(super) fn read(&self, name: &CStr, found: &Found) -> Option<Vec<u8>> {
        let (bytes, after) = match found.kind {
            Kind::Link => (readlinkat(&self.0, name).ok()?.into_vec(), self.find(name)??),
            Kind::File { .. } => {
                let file = openat(&self.0, name, CAREFULLY | OFlag::O_RDONLY | OFlag::O_NOFOLLOW, Mode::empty()).ok()?;
                if Found::from(&fstat(&file).ok()?) != *found {
                    return None;
                }
                let (file, bytes) = read_to(file, found.size)?;
                (bytes, Found::from(&fstat(&file).ok()?))
            }
            Kind::Directory | Kind::Other => return None,
        };
        (after == *found && bytes.len() as u64 == found.size).then_some(bytes)
    }
}

/// A file by its path, through links; empty where there is none. `None` where it is no file, or longer than `bytes_max`.
pub(super) fn read_where_it_is(path: &Path, bytes_max: u64) -> Option<Vec<u8>> {
    let file = match open(path, CAREFULLY | OFlag::O_RDONLY, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::ENOENT) => return Some(Vec::new()),
        Err(_) => return None,
    };
    read_short(file, bytes_max).map(|(_found, bytes)| bytes)
}

/// A file of the administrative directory, not through a link, with what was known of it before it was read.
pub(super) fn read_in_place(path: &Path, bytes_max: u64) -> Option<(Found, Vec<u8>)> {
    read_short(open(path, CAREFULLY | OFlag::O_RDONLY | OFlag::O_NOFOLLOW, Mode::empty()).ok()?, bytes_max)
}

/// What is open, with what was known of it before it was read. `None` where it is no file, or longer than `bytes_max`.
fn read_short(file: OwnedFd, bytes_max: u64) -> Option<(Found, Vec<u8>)> {
    let found = Found::from(&fstat(&file).ok()?);
    let is_short_file = matches!(found.kind, Kind::File { .. }) && found.size <= bytes_max;
    is_short_file.then(|| read_to(file, bytes_max))?.map(|(_file, bytes)| (found, bytes))
}

/// Whether what was found at a path is there still.
pub(super) fn is_still(path: &Path, found: &Found) -> bool {
    let file = open(path, CAREFULLY | OFlag::O_RDONLY | OFlag::O_NOFOLLOW, Mode::empty());
    file.is_ok_and(|file| fstat(&file).is_ok_and(|stat| Found::from(&stat) == *found))
}

/// All of it; `None` where that is more than `bytes_max`.
fn read_to(file: OwnedFd, bytes_max: u64) -> Option<(File, Vec<u8>)> {
    let mut file = File::from(file);
    let mut bytes = Vec::new();
    (&mut file).take(bytes_max + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= bytes_max).then_some((file, bytes))
}

impl From<&FileStat> for Found {
    fn from(stat: &FileStat) -> Self {
        let kind = match SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits()) {
            SFlag::S_IFREG => Kind::File { executable: stat.st_mode & 0o100 != 0 },
            SFlag::S_IFLNK => Kind::Link,
            SFlag::S_IFDIR => Kind::Directory,
            _special => Kind::Other,
        };
        Self {
            kind,
            size: u64::try_from(stat.st_size).unwrap_or(u64::MAX),
            // An index has room for the low half of each.
            stat: Stat {
                mtime: Time { secs: stat.st_mtime as u32, nsecs: stat.st_mtime_nsec as u32 },
                ctime: Time { secs: stat.st_ctime as u32, nsecs: stat.st_ctime_nsec as u32 },
                dev: stat.st_dev as u32,
                ino: stat.st_ino as u32,
                uid: stat.st_uid,
                gid: stat.st_gid,
                size: stat.st_size as u32,
            },
        }
    }
}
