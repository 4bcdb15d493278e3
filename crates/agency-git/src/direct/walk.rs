//! One walk through a worktree, which compares every file with the index and finds those that are in none.

use super::files::{Directory, Found, Kind};
use super::ignored::{FILE as IGNORE_FILE, Ignored};
use super::index::{DEPTH_MAX, ENTRIES_MAX, Index, PATH_BYTES_MAX, is_usual_name};
use gix::index::entry::{Mode, Stat};
use gix::{ObjectId, Repository, hash, object};
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A file that says how others are converted.
pub(super) const ATTRIBUTES: &CStr = c".gitattributes";
/// Names that are looked at: those of an index, and as many again.
const NAMES_MAX: usize = 2 * ENTRIES_MAX;
/// A file is in memory as a whole.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// All files that have to be read.
const ALL_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// After that the walk gives up by itself: what git's own start takes makes no difference any more, and git can be ended.
const WITHIN: Duration = Duration::from_secs(2);

/// How a worktree is looked at.
pub(super) struct Walk<'a> {
    pub(super) repository: &'a Repository,
    pub(super) index: &'a Index,
    pub(super) ignored: Ignored,
    /// Whether what differs is written among the objects.
    pub(super) stores: bool,
    /// Whether files would be converted where a file of this name says so.
    pub(super) reads_attributes: bool,
    pub(super) given_up: &'a AtomicBool,
}

/// What a walk found.
pub(super) struct Walked {
    /// For each entry of the index; `None` where there is no file any more.
    pub(super) tracked: Vec<Option<Seen>>,
    pub(super) untracked: Vec<(Vec<u8>, Seen)>,
}

/// A file or link.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) mode: Mode,
    /// Null where it was not asked for.
    pub(super) id: ObjectId,
    pub(super) stat: Stat,
    /// From the entry of the index.
    pub(super) differs: bool,
}

struct Progress<'a> {
    walk: Walk<'a>,
    walked: Walked,
    prefix: Vec<u8>,
    names_left: usize,
    bytes_left: u64,
    until: Instant,
}

impl Walk<'_> {
    /// `None` wherever git is to be asked.
    pub(super) fn run(self, root: &Directory) -> Option<Walked> {
        let walked = Walked { tracked: vec![None; self.index.entries().len()], untracked: Vec::new() };
        let until = Instant::now() + WITHIN;
        let (names_left, bytes_left) = (NAMES_MAX, ALL_BYTES_MAX);
        let mut progress = Progress { walk: self, walked, prefix: Vec::new(), names_left, bytes_left, until };
        progress.directory(root, false, 0)?;
        Some(progress.walked)
    }
}

impl Progress<'_> {
    /// Everything in the directory of `prefix`; of one that is ignored, only what is tracked nevertheless.
    fn directory(&mut self, directory: &Directory, is_ignored: bool, depth: usize) -> Option<()> {
        let names = directory.names(self.names_left)?;
        self.names_left = self.names_left.checked_sub(names.len()).filter(|_| depth <= DEPTH_MAX)?;
        if !is_ignored {
            let has_list = names.binary_search_by(|name| name.as_c_str().cmp(IGNORE_FILE)).is_ok();
            self.walk.ignored.enter(has_list.then_some(directory), &self.prefix)?;
        }
        for name in &names {
            let before = self.prefix.len();
            self.prefix.extend_from_slice(name.to_bytes());
            // The link to the repository; anywhere else the name is another repository's.
            if self.prefix != b".git" {
                self.entry(directory, name, is_ignored, depth)?;
            }
            self.prefix.truncate(before);
        }
        if !is_ignored {
            self.walk.ignored.leave();
        }
        Some(())
    }

    /// What `prefix` names now.
    fn entry(&mut self, directory: &Directory, name: &CStr, is_ignored: bool, depth: usize) -> Option<()> {
        let is_late = Instant::now() >= self.until || self.walk.given_up.load(Ordering::Acquire);
        let is_attributes = self.walk.reads_attributes && name == ATTRIBUTES;
        if is_late || is_attributes || self.prefix.len() > PATH_BYTES_MAX {
            return None;
        }
        // Gone meanwhile: as if it had never been there.
        let Some(found) = directory.find(name)? else { return Some(()) };
        if !is_usual_name(name.to_bytes(), found.kind == Kind::Link) {
            return None;
        }
        match found.kind {
            Kind::Directory => self.below(directory, name, is_ignored, depth),
            Kind::File { .. } | Kind::Link | Kind::Other => self.file(directory, name, &found, is_ignored),
        }
    }

    fn below(&mut self, directory: &Directory, name: &CStr, is_ignored: bool, depth: usize) -> Option<()> {
        let is_ignored = is_ignored || self.walk.ignored.has(&self.prefix, true);
        self.prefix.push(b'/');
        if is_ignored && !self.walk.index.has_below(&self.prefix) {
            return Some(());
        }
        self.directory(&directory.below(name)?, is_ignored, depth + 1)
    }

    fn file(&mut self, directory: &Directory, name: &CStr, found: &Found, is_ignored: bool) -> Option<()> {
        let mode = mode(found.kind);
        match self.walk.index.position(&self.prefix) {
            Some(entry) => self.walked.tracked[entry] = Some(self.compare(directory, name, found, mode?, entry)?),
            None if is_ignored || self.walk.ignored.has(&self.prefix, false) => {}
            None => {
                let mode = mode?;
                let id = if self.walk.stores {
                    self.read(directory, name, found).and_then(|bytes| self.store(&bytes))?
                } else {
                    ObjectId::null(hash::Kind::Sha1)
                };
                self.walked.untracked.push((self.prefix.clone(), Seen { mode, id, stat: found.stat, differs: true }));
            }
        }
        Some(())
    }

    fn compare(&mut self, directory: &Directory, name: &CStr, found: &Found, mode: Mode, entry: usize) -> Option<Seen> {
        let entry = &self.walk.index.entries()[entry];
        let mut seen = Seen { mode, id: entry.id, stat: found.stat, differs: false };
        if self.walk.index.can_trust(entry, mode, found) {
            return Some(seen);
        }
        let bytes = self.read(directory, name, found)?;
        seen.id = gix::objs::compute_hash(hash::Kind::Sha1, object::Kind::Blob, &bytes).ok()?;
        seen.differs = seen.id != entry.id || mode != entry.mode;
        if seen.id != entry.id && self.walk.stores {
            self.store(&bytes)?;
        }
        Some(seen)
    }

    fn read(&mut self, directory: &Directory, name: &CStr, found: &Found) -> Option<Vec<u8>> {
        self.bytes_left = self.bytes_left.checked_sub(found.size).filter(|_| found.size <= FILE_BYTES_MAX)?;
        directory.read(name, found)
    }

    fn store(&self, bytes: &[u8]) -> Option<ObjectId> {
        self.walk.repository.write_blob(bytes).ok().map(gix::Id::detach)
    }
}

/// As git decides it; `None` for what it does not track.
fn mode(kind: Kind) -> Option<Mode> {
    match kind {
        Kind::File { executable: false } => Some(Mode::FILE),
        Kind::File { executable: true } => Some(Mode::FILE_EXECUTABLE),
        Kind::Link => Some(Mode::SYMLINK),
        Kind::Directory | Kind::Other => None,
    }
}
