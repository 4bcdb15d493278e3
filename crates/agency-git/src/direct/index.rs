//! The index of a worktree: read into memory in one go, and written whole under git's own lock.

use super::files::{Found, is_still, read_in_place};
use gix::bstr::BStr;
use gix::hash::{Kind, hasher};
use gix::index::entry::{Flags, Mode, Stat};
use gix::index::extension::Tree;
use gix::index::{Entry, State, decode, write};
use gix::lock::acquire::Fail;
use gix::validate::path::component;
use gix::{ObjectId, lock};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// With more, git's own work takes so long that a process more makes no difference.
pub(super) const ENTRIES_MAX: usize = 20_000;
/// Room for entries with the longest usual names.
const BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Directories within each other.
pub(super) const DEPTH_MAX: usize = 100;
/// Longer paths cannot be opened everywhere.
pub(super) const PATH_BYTES_MAX: usize = 4_000;
/// Magic, version and number of entries.
const HEADER_BYTES: usize = 12;
/// An entry before its path.
const ENTRY_BYTES: usize = 62;
const HASH_BYTES: usize = 20;
/// Derived from the entries, so that they may go; whatever else an index carries is git's to keep up.
const DERIVED: [&[u8]; 2] = [b"EOIE", b"IEOT"];
/// How far the clock that files are stamped with may lag.
const CLOCK_LAG: Duration = Duration::from_millis(50);
/// Names that git refuses, or that lead out of the worktree.
const NAMES: component::Options = component::Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };

/// An index in which everything is as in most.
pub(super) struct Index {
    path: PathBuf,
    found: Found,
    state: State,
    /// Trees of the directories that were not touched since they were written.
    pub(super) trees: Option<Tree>,
}

/// An entry to be.
#[derive(Debug, Clone)]
pub(super) struct NewEntry {
    pub(super) path: Vec<u8>,
    pub(super) mode: Mode,
    pub(super) id: ObjectId,
    pub(super) stat: Stat,
    /// Where it was in the index that was read, provided that it is the same object.
    pub(super) was: Option<usize>,
}

impl Index {
    pub(super) fn read(git_dir: &Path) -> Option<Self> {
        let path = git_dir.join("index");
        let (found, bytes) = read_in_place(&path, BYTES_MAX)?;
        let (entries, trees) = split(&bytes)?;
        // Without the extensions: some are read recursively, as deep as whoever wrote them wants.
        let plain = [entries, &[0; HASH_BYTES]].concat();
        let options = decode::Options { thread_limit: Some(1), ..decode::Options::default() };
        let (state, _checksum) = State::from_bytes(&plain, State::new(Kind::Sha1).timestamp(), Kind::Sha1, options).ok()?;
        let it = Self { path, found, state, trees: trees.and_then(|bytes| parse_trees(bytes, 0)).map(|(tree, _rest)| tree) };
        it.is_usual().then_some(it)
    }

    pub(super) fn entries(&self) -> &[Entry] {
        self.state.entries()
    }

    pub(super) fn path(&self, entry: usize) -> &[u8] {
        self.state.entries()[entry].path(&self.state)
    }

    pub(super) fn position(&self, path: &[u8]) -> Option<usize> {
        let (entries, path): (_, &BStr) = (self.state.entries(), path.into());
        entries.binary_search_by(|entry| entry.path(&self.state).cmp(path)).ok()
    }

    /// Whether an entry is below a directory; `prefix` is its path with a slash at the end.
    pub(super) fn has_below(&self, prefix: &[u8]) -> bool {
        let entries = self.state.entries();
        let first = entries.partition_point(|entry| AsRef::<[u8]>::as_ref(entry.path(&self.state)) < prefix);
        entries.get(first).is_some_and(|entry| entry.path(&self.state).starts_with(prefix))
    }

    /// Whether an entry has this name, in any directory.
    pub(super) fn has_named(&self, name: &[u8]) -> bool {
        (0..self.entries().len()).any(|entry| self.path(entry).rsplit(|byte| *byte == b'/').next() == Some(name))
    }

    /// Whether a file is certainly what the entry says, without being read. One that changed in the second in which the index was written,
    /// or later, could have changed again without looking different.
    pub(super) fn can_trust(&self, entry: &Entry, mode: Mode, found: &Found) -> bool {
        let (stat, now) = (Stat { dev: 0, ..entry.stat }, Stat { dev: 0, ..found.stat });
        let is_smudged = stat.size == 0 && entry.id != ObjectId::empty_blob(Kind::Sha1);
        let is_racy = stat.mtime.secs >= self.found.stat.mtime.secs;
        stat == now && entry.mode == mode && !is_smudged && !is_racy
    }

    fn is_usual(&self) -> bool {
        let flags = Flags::EXTENDED | Flags::ASSUME_VALID | Flags::STAGE_MASK;
        let entries = self.state.entries();
        let are_plain = entries.iter().all(|entry| {
            let has_mode = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE | Mode::SYMLINK);
            has_mode && !entry.flags.intersects(flags) && is_usual_path(entry.path(&self.state), entry.mode == Mode::SYMLINK)
        });
        let are_sorted = entries.windows(2).all(|two| two[0].path(&self.state) < two[1].path(&self.state));
        are_plain && are_sorted
    }

    /// Writes entries and trees in place of what was read, provided that it is still there. Readers take a file for certain only where it
    /// changed before `looked_since`, when the first file was looked at.
    pub(super) fn replace(&self, entries: &[NewEntry], trees: &Tree, looked_since: Instant, given_up: &AtomicBool) -> Option<()> {
        let bytes = serialise(entries, trees)?;
        let mut lock = lock::File::acquire_to_update_resource(&self.path, Fail::Immediately, None, 0).ok()?;
        lock.with_mut(|file| {
            std::io::Write::write_all(file, &bytes)?;
            let age = looked_since.elapsed() + CLOCK_LAG;
            let then = file.metadata()?.modified()?.checked_sub(age).ok_or(std::io::ErrorKind::InvalidData)?;
            file.set_modified(then)
        })
        .ok()?;
        // The index is locked; nobody expects it to change who was told that it might not.
        if !is_still(&self.path, &self.found) || given_up.load(Ordering::Acquire) {
            return None;
        }
        lock.commit().ok().map(|_| ())
    }
}

/// Whether a path may be in an index; see [`NAMES`].
fn is_usual_path(path: &[u8], is_link: bool) -> bool {
    let mut names = path.split(|byte| *byte == b'/');
    let last = names.next_back().unwrap_or_default();
    path.len() <= PATH_BYTES_MAX && is_usual_name(last, is_link) && names.all(|name| is_usual_name(name, false))
}

/// git takes a backslash for the end of a name too, whatever the system.
pub(super) fn is_usual_name(name: &[u8], is_link: bool) -> bool {
    let is_usual = |part: &[u8]| gix::validate::path::component(part.into(), is_link.then_some(component::Mode::Symlink), NAMES).is_ok();
    !name.is_empty() && name.split(|byte| *byte == b'\\').all(|part| part.is_empty() || is_usual(part))
}

/// Header with entries, and the bytes of the cached trees. `None` where the index is of another version, has anything more, or is broken.
fn split(bytes: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let end = bytes.len().checked_sub(HASH_BYTES)?;
    let count = bytes.get(..HEADER_BYTES)?.strip_prefix(b"DIRC\0\0\0\x02")?;
    let count = u32::from_be_bytes(count.try_into().ok()?) as usize;
    let mut at = HEADER_BYTES;
    for _ in 0..Some(count).filter(|count| *count <= ENTRIES_MAX)? {
        let path_bytes = bytes.get(at + ENTRY_BYTES..end)?.iter().position(|byte| *byte == 0)?;
        // Padded with at least one, to a multiple of eight.
        at += (ENTRY_BYTES + path_bytes + 8) / 8 * 8;
    }
    let (entries, mut rest) = (bytes.get(..at)?, bytes.get(at..end)?);
    let mut trees = None;
    while !rest.is_empty() {
        let (name, after) = rest.split_at_checked(4)?;
        let (size, after) = after.split_at_checked(4)?;
        let (data, after) = after.split_at_checked(u32::from_be_bytes(size.try_into().ok()?) as usize)?;
        match name {
            b"TREE" => trees = Some(data),
            derived if DERIVED.contains(&derived) => {}
            _other => return None,
        }
        rest = after;
    }
    Some((entries, trees))
}

/// One tree with all below it, and what follows. Without a tree that is too deep or broken, everything is found out anew.
fn parse_trees(bytes: &[u8], depth: usize) -> Option<(Tree, &[u8])> {
    let (name, rest) = bytes.split_at_checked(bytes.iter().position(|byte| *byte == 0)?)?;
    let (numbers, rest) = rest[1..].split_at_checked(rest[1..].iter().position(|byte| *byte == b'\n')?)?;
    let (entries, below) = std::str::from_utf8(numbers).ok()?.split_once(' ')?;
    let (entries, below): (i64, usize) = (entries.parse().ok()?, below.parse().ok()?);
    let num_entries = u32::try_from(entries).ok();
    let (id, mut rest) = match num_entries {
        Some(_) => rest[1..].split_at_checked(HASH_BYTES)?,
        None => ([0; HASH_BYTES].as_slice(), &rest[1..]),
    };
    let mut children = Vec::new();
    for _ in 0..Some(below).filter(|_| depth < DEPTH_MAX)? {
        let (child, after) = parse_trees(rest, depth + 1)?;
        children.push(child);
        rest = after;
    }
    Some((Tree { name: name.into(), id: ObjectId::from_bytes_or_panic(id), num_entries, children }, rest))
}

fn serialise(entries: &[NewEntry], trees: &Tree) -> Option<Vec<u8>> {
    let mut state = State::new(Kind::Sha1);
    for entry in entries {
        state.dangerously_push_entry(entry.stat, entry.id, Flags::empty(), entry.mode, entry.path.as_slice().into());
    }
    let mut bytes = Vec::new();
    state.write_to(&mut bytes, write::Options { extensions: write::Extensions::None, skip_hash: false }).ok()?;
    if !entries.is_empty() {
        trees.write_to(&mut bytes).ok()?;
    }
    let mut hash = hasher(Kind::Sha1);
    hash.update(&bytes);
    bytes.extend_from_slice(hash.try_finalize().ok()?.as_bytes());
    Some(bytes)
}
