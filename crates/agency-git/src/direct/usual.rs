//! Whether a worktree is one whose files are compared and stored as in most: without conversion, without a sparse or split index,
//! without an operation under way.

use gix::Repository;
use std::path::Path;

/// Keys of `core` that change nothing about files, in lower case; whether four more do depends on their value.
const HARMLESS: [&str; 17] = [
    "abbrev",
    "askpass",
    "bare",
    "commentchar",
    "commitgraph",
    "editor",
    "logallrefupdates",
    "multipackindex",
    "notesref",
    "packedgitlimit",
    "packedgitwindowsize",
    "pager",
    "preloadindex",
    "quotepath",
    "repositoryformatversion",
    "sshcommand",
    // Objects that stand in for others are ignored in either way.
    "usereplacerefs",
];
/// What git takes the other keys for where they are not there.
const DEFAULTS: [(&str, bool); 4] = [("filemode", true), ("symlinks", true), ("ignorecase", false), ("autocrlf", false)];
/// Sections that change the index, or where attributes come from.
const SECTIONS: [&str; 5] = ["index", "splitindex", "feature", "sparse", "attr"];
/// State of a merge, a pick or a rebase; and attributes, which could convert files.
const FILES: [&str; 7] =
    ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "sequencer", "rebase-merge", "rebase-apply", "info/sparse-checkout"];

/// False wherever git is to be asked.
pub(super) fn compares_files_as_most(repository: &Repository) -> bool {
    let config = repository.config_snapshot();
    let has_section = SECTIONS.iter().any(|name| config.plumbing().sections_by_name(name).is_some());
    let is_usual = |key: &str| {
        let key = key.to_ascii_lowercase();
        HARMLESS.contains(&key.as_str())
            || DEFAULTS.iter().any(|(name, value)| *name == key && config.boolean(format!("core.{key}").as_str()) == Some(*value))
    };
    let core = config.plumbing().sections_by_name("core").into_iter().flatten();
    let keys: Vec<String> = core.flat_map(|section| section.value_names().collect::<Vec<_>>()).collect();
    !has_section && keys.iter().all(|key| is_usual(key)) && has_none_of_the_files(repository.git_dir(), repository.common_dir())
}

fn has_none_of_the_files(git_dir: &Path, common_dir: &Path) -> bool {
    let is_there = |path: std::path::PathBuf| path.symlink_metadata().is_ok();
    let has_attributes = [git_dir, common_dir].iter().any(|dir| is_there(dir.join("info/attributes")));
    !has_attributes && !FILES.iter().any(|file| is_there(git_dir.join(file)))
}
