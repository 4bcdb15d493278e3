//! What is left behind: an index that nobody mistakes, and nothing where the direct way is not gone to its end.

use super::worktree::Worktree;
use crate::direct::files::{Directory, Kind};
use crate::direct::index::{Index, NewEntry};
use crate::direct::{look, trees, usual};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime};

fn worktree() -> Worktree {
    Worktree::new(|it| {
        it.write("README.md", "# Hello\n", false);
        it.write("src/lib.rs", "fn a() {}\n", false);
    })
}

/// The paths that differ, as this process and as git say it.
fn changed(it: &Worktree) -> [Vec<String>; 2] {
    let ours = it.look(it.request()).unwrap();
    let theirs = it.git(&["--no-optional-locks", "diff", "--name-only"]);
    [ours.iter().map(|change| crate::command::text(&change.path)).collect(), theirs.lines().map(str::to_owned).collect()]
}

fn index(it: &Worktree) -> (Vec<u8>, SystemTime) {
    let file = it.git_dir.join("index");
    (std::fs::read(&file).unwrap(), file.metadata().unwrap().modified().unwrap())
}

#[test]
fn a_file_of_the_same_size_and_time_is_seen_to_differ() {
    let it = worktree();
    it.write("README.md", "# HELLO\n", false);
    it.stage(it.request()).unwrap().unwrap();
    it.git(&["commit", "--quiet", "-m", "Staged"]);
    let file = it.worktree.join("README.md");
    let staged = file.metadata().unwrap().modified().unwrap();
    it.write("README.md", "# hello\n", false);
    assert_eq!(changed(&it), [["README.md"], ["README.md"]]);
    std::fs::File::options().append(true).open(&file).unwrap().set_modified(staged).unwrap();
    assert_eq!(changed(&it), [["README.md"], ["README.md"]]);
    it.expect_the_same();
}

#[test]
fn what_was_staged_a_moment_ago_is_clean_for_both() {
    let it = worktree();
    it.write("README.md", "# HELLO\n", false);
    it.write("src/new.rs", "", true);
    let tree = it.stage(it.request()).unwrap().unwrap();
    let trees = Index::read(&it.git_dir).unwrap().trees.unwrap();
    assert_eq!((trees.id.to_string(), trees.num_entries, trees.children.len()), (tree.clone(), Some(3), 1));
    assert_eq!(it.git(&["diff-files", "--name-only"]), "");
    let executable = it.worktree.join("src/new.rs").metadata().unwrap();
    let debug = it.git(&["ls-files", "--debug", "src/new.rs"]);
    assert!(debug.contains(&format!("mtime: {}:{}", executable.mtime(), executable.mtime_nsec())), "{debug}");
    assert!(debug.contains(&format!("ino: {}", executable.ino() as u32)), "{debug}");
    it.git(&["commit", "--quiet", "-m", "Staged"]);
    assert_eq!(it.git(&["rev-parse", "HEAD^{tree}"]), tree);
    assert_eq!(changed(&it), [Vec::<String>::new(), Vec::new()]);
}

#[test]
fn an_index_is_as_old_as_the_look_that_it_is_of() {
    let it = worktree();
    let (read, trees, entries) = as_it_is(&it);
    let began = Instant::now().checked_sub(Duration::from_secs(5)).unwrap();
    read.replace(&entries, &trees, began, &AtomicBool::new(false)).unwrap();
    let age = SystemTime::now().duration_since(index(&it).1).unwrap();
    assert!(age >= Duration::from_secs(5), "{age:?}");
    // Every file is younger than that, so that each is read.
    it.write("README.md", "# hello\n", false);
    assert_eq!(changed(&it), [["README.md"], ["README.md"]]);
}

/// The entries of a worktree's index, as new ones.
fn as_it_is(it: &Worktree) -> (Index, gix::index::extension::Tree, Vec<NewEntry>) {
    let repository = usual(&it.git_dir).unwrap();
    let index = Index::read(&it.git_dir).unwrap();
    let entry = |(position, entry): (usize, &gix::index::Entry)| NewEntry {
        path: index.path(position).to_vec(),
        mode: entry.mode,
        id: entry.id,
        stat: entry.stat,
        was: Some(position),
    };
    let entries: Vec<NewEntry> = index.entries().iter().enumerate().map(entry).collect();
    let trees = trees::write(&repository, &entries, None).unwrap();
    (index, trees, entries)
}

#[test]
fn an_index_is_replaced_only_where_it_is_the_one_that_was_read() {
    let it = worktree();
    let (read, trees, entries) = as_it_is(&it);
    let replace = |given_up| read.replace(&entries, &trees, Instant::now(), &AtomicBool::new(given_up));
    let before = index(&it);
    assert!(replace(true).is_none(), "whoever waited has given up");
    assert_eq!(index(&it), before);
    std::fs::write(it.git_dir.join("index.lock"), "somebody").unwrap();
    assert!(replace(false).is_none());
    assert_eq!(std::fs::read(it.git_dir.join("index.lock")).unwrap(), b"somebody");
    std::fs::remove_file(it.git_dir.join("index.lock")).unwrap();
    it.write("other.txt", "x", false);
    it.git(&["add", "other.txt"]);
    let before = index(&it);
    assert!(replace(false).is_none(), "an agent was faster");
    assert_eq!(index(&it), before);
    assert!(!it.git_dir.join("index.lock").exists());
}

#[test]
fn a_locked_index_is_looked_at_and_left_as_it_is() {
    let it = worktree();
    it.write("README.md", "# HELLO\n", false);
    let lock = it.git_dir.join("index.lock");
    std::fs::write(&lock, "somebody").unwrap();
    let before = index(&it);
    assert_eq!(it.stage(it.request()), None);
    assert_eq!(it.look(it.request()).unwrap().len(), 1);
    assert_eq!((index(&it), std::fs::read(&lock).unwrap().as_slice()), (before, b"somebody".as_slice()));
    // Whether it is stale is found out as ever.
    assert!(it.snapshot().tree.is_some() && !lock.exists());
}

#[test]
fn a_look_that_was_given_up_ends_without_a_trace() {
    let it = worktree();
    it.write("README.md", "# HELLO\n", false);
    let before = index(&it);
    let repository = usual(&it.git_dir).unwrap();
    assert!(look::look(&repository, &it.request(), &AtomicBool::new(true)).is_none());
    assert_eq!(index(&it), before);
}

#[test]
fn a_worktree_on_another_branch_is_looked_at_only() {
    let it = worktree();
    it.git(&["checkout", "--quiet", "-b", "elsewhere"]);
    it.write("README.md", "# HELLO\n", false);
    let before = index(&it);
    assert_eq!(it.stage(it.request()), Some(None));
    assert_eq!((it.look(it.request()).unwrap().len(), index(&it)), (1, before));
}

#[test]
fn nothing_is_read_through_a_link_or_after_it_changed() {
    let it = worktree();
    it.write("outside/secret", "x", false);
    let root = Directory::open(&it.worktree).unwrap();
    let found = root.find(c"README.md").unwrap().unwrap();
    assert_eq!((found.kind, root.read(c"README.md", &found)), (Kind::File { executable: false }, Some(b"# Hello\n".to_vec())));
    // What was a directory or a file is a link by now.
    it.link("src", "outside");
    it.link("README.md", "outside/secret");
    assert!(root.below(c"src").is_none());
    assert_eq!(root.read(c"README.md", &found), None);
    let link = root.find(c"README.md").unwrap().unwrap();
    assert_eq!(root.read(c"README.md", &link).unwrap(), b"outside/secret");
    // Another file, of the same size.
    it.write("README.md", "# hello\n", false);
    assert_eq!(root.read(c"README.md", &found), None);
    it.link("../elsewhere", "7");
    assert!(Directory::open(&it.worktree.join("../elsewhere")).is_none());
}

#[test]
fn trees_without_their_objects_are_not_written() {
    let it = worktree();
    it.settle();
    let id = it.git(&["rev-parse", "HEAD:README.md"]);
    std::fs::remove_file(it.repo.join(".git/objects").join(&id[..2]).join(&id[2..])).unwrap();
    it.write("new.txt", "x", false);
    let before = index(&it);
    assert_eq!(it.stage(it.request()), None);
    assert_eq!(index(&it), before);
    assert!(it.try_snapshot().unwrap_err().to_string().contains("README.md"), "git says which is missing");
}

#[test]
fn an_index_that_was_made_to_exhaust_its_reader_does_not() {
    let it = worktree();
    let file = it.git_dir.join("index");
    let entries = std::fs::read(&file).unwrap();
    let at = entries.windows(4).position(|window| window == b"TREE").unwrap();
    // A tree in a tree in a tree.
    let deep = b"d\0-1 1\n".repeat(500_000);
    let size = u32::try_from(deep.len()).unwrap().to_be_bytes();
    std::fs::write(&file, [&entries[..at], b"TREE", &size, &deep, &[0; 20]].concat()).unwrap();
    let read = Index::read(&it.git_dir).unwrap();
    assert!(read.trees.is_none() && read.entries().len() == 2);
    for cut in [0, 4, 11, 12, 40, at - 1, at + 3, at + 7, entries.len() - 21] {
        std::fs::write(&file, &entries[..cut]).unwrap();
        assert!(Index::read(&it.git_dir).is_none(), "{cut}");
    }
    // More entries than there are, and an extension that nobody knows.
    let claims = [&entries[..8], &u32::MAX.to_be_bytes(), &entries[12..]].concat();
    std::fs::write(&file, claims).unwrap();
    assert!(Index::read(&it.git_dir).is_none());
    std::fs::write(&file, [&entries[..at], b"XXXX\0\0\0\0", &[0; 20]].concat()).unwrap();
    assert!(Index::read(&it.git_dir).is_none());
}
