//! Trees: those of a commit, flattened, and those of an index to be, written.

use super::index::{DEPTH_MAX, ENTRIES_MAX, NewEntry};
use gix::index::entry::Mode;
use gix::index::extension::Tree;
use gix::objs::tree::{Entry, EntryKind};
use gix::{ObjectId, Repository, object};
use std::collections::HashMap;

/// Longer trees are git's to read.
const TREE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Files and links of a commit by their path.
pub(super) type Flat = HashMap<Vec<u8>, (Mode, ObjectId)>;

/// Everything below a tree. `None` where there is more than an index may have, or something else than files, links and directories.
pub(super) fn flatten(repository: &Repository, tree: ObjectId) -> Option<Flat> {
    let mut flat = Flat::new();
    let mut trees_left = ENTRIES_MAX;
    collect(repository, tree, &mut Vec::new(), 0, &mut trees_left, &mut flat)?;
    Some(flat)
}

fn collect(
    repository: &Repository,
    tree: ObjectId,
    prefix: &mut Vec<u8>,
    depth: usize,
    trees_left: &mut usize,
    flat: &mut Flat,
) -> Option<()> {
    *trees_left = trees_left.checked_sub(1).filter(|_| depth <= DEPTH_MAX)?;
    let header = repository.find_header(tree).ok()?;
    if header.kind() != object::Kind::Tree || header.size() > TREE_BYTES_MAX {
        return None;
    }
    for entry in repository.find_tree(tree).ok()?.decode().ok()?.entries {
        let before = prefix.len();
        prefix.extend_from_slice(entry.filename);
        match index_mode(entry.mode.value()) {
            Some(mode) => {
                flat.insert(prefix.clone(), (mode, entry.oid.to_owned()));
            }
            None if entry.mode.value() == EntryKind::Tree as u16 => {
                prefix.push(b'/');
                collect(repository, entry.oid.to_owned(), prefix, depth + 1, trees_left, flat)?;
            }
            None => return None,
        }
        prefix.truncate(before);
        if flat.len() > ENTRIES_MAX {
            return None;
        }
    }
    Some(())
}

fn index_mode(mode: u16) -> Option<Mode> {
    [Mode::FILE, Mode::FILE_EXECUTABLE, Mode::SYMLINK].into_iter().find(|known| known.bits() == u32::from(mode))
}

/// Writes the trees of entries, which are sorted, except those that `cached` has already.
pub(super) fn write(repository: &Repository, entries: &[NewEntry], cached: Option<&Tree>) -> Option<Tree> {
    write_below(repository, b"", entries, 0, cached, 0)
}

/// `from` is where names begin that are relative to the directory.
fn write_below(
    repository: &Repository,
    name: &[u8],
    entries: &[NewEntry],
    from: usize,
    cached: Option<&Tree>,
    depth: usize,
) -> Option<Tree> {
    if let Some(cached) = cached.filter(|cached| is_untouched(cached, entries) && repository.has_object(cached.id)) {
        return Some(cached.clone());
    }
    let (mut tree, mut children, mut rest) = (gix::objs::Tree::empty(), Vec::new(), entries);
    while let Some(first) = rest.first().filter(|_| depth <= DEPTH_MAX) {
        let relative = &first.path[from..];
        let Some(slash) = relative.iter().position(|byte| *byte == b'/') else {
            // As git does, nothing is put into a tree that is not stored.
            if !repository.has_object(first.id) {
                return None;
            }
            tree.entries.push(Entry { mode: first.mode.to_tree_entry_mode()?, filename: relative.into(), oid: first.id });
            rest = &rest[1..];
            continue;
        };
        let (directory, prefix) = (&relative[..slash], &first.path[..=from + slash]);
        let (below, after) = rest.split_at(rest.partition_point(|entry| entry.path.starts_with(prefix)));
        let known = cached.and_then(|cached| cached.children.iter().find(|child| child.name.as_slice() == directory));
        let child = write_below(repository, directory, below, prefix.len(), known, depth + 1)?;
        tree.entries.push(Entry { mode: EntryKind::Tree.into(), filename: directory.into(), oid: child.id });
        children.push(child);
        rest = after;
    }
    if !rest.is_empty() {
        return None;
    }
    let id = repository.write_object(&tree).ok()?.detach();
    // git looks for them by the length of their names first.
    children.sort_by(|a, b| (a.name.len(), &a.name).cmp(&(b.name.len(), &b.name)));
    Some(Tree { name: name.into(), id, num_entries: u32::try_from(entries.len()).ok(), children })
}

/// Whether a cached tree is of just these entries, which were all in the index that it comes from, one after the other.
fn is_untouched(cached: &Tree, entries: &[NewEntry]) -> bool {
    let has_all = cached.num_entries.is_some_and(|count| count as usize == entries.len());
    let first = entries.first().and_then(|entry| entry.was);
    has_all && first.is_some_and(|first| entries.iter().enumerate().all(|(offset, entry)| entry.was == Some(first + offset)))
}
