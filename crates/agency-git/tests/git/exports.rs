//! The files of a commit for somebody who only looks: they lead nowhere, and nothing in the repository changes.

use crate::sandbox::{Sandbox, fingerprint, git};
use agency_domain::CommitId;
use agency_domain::repositories::{Repositories, RepositoryError};
use std::path::Path;

fn refs(repo: &Path) -> (String, String) {
    (git(repo, ["for-each-ref"]), git(repo, ["worktree", "list"]))
}

#[tokio::test]
async fn an_export_has_the_files_of_its_commit_and_the_repository_is_as_before() {
    let it = Sandbox::with_worktree().await;
    it.write("new/one.txt", "x");
    let head = it.commit().await.unwrap();
    it.write("new/one.txt", "not committed");
    let (before, refs_before) = (fingerprint(&it.repo), refs(&it.repo));
    let path = it.outside.join("a copy");
    it.git.export(&it.repo, &head, &path).await.unwrap();
    assert_eq!((fingerprint(&it.repo), refs(&it.repo)), (before, refs_before));
    assert_eq!(std::fs::read_to_string(path.join("new/one.txt")).unwrap(), "x");
    assert_eq!(git(&path, ["rev-parse", "--show-toplevel"]), path.to_str().unwrap(), "it is a top of its own");
    assert!(!path.join(".git/export-index").exists());
    let listing = it.git.list_export(&path).await.unwrap();
    assert_eq!(listing.0.keys().map(String::as_str).collect::<Vec<_>>(), [".gitignore", "README.md", "new/one.txt", "src/lib.rs"]);

    assert!(it.git.export(&it.repo, &head, &path).await.is_err(), "what is there is not written over");
    it.git.remove_export(&path).await.unwrap();
    assert!(!path.exists());
    it.git.remove_export(&path).await.unwrap();
}

#[tokio::test]
async fn whatever_is_touched_in_an_export_shows() {
    let it = Sandbox::new();
    let path = it.outside.join("copy");
    it.git.export(&it.repo, &it.base, &path).await.unwrap();
    let before = it.git.list_export(&path).await.unwrap();
    assert!(before.changes(&it.git.list_export(&path).await.unwrap()).is_empty());
    let readme = path.join("README.md");
    let written_at = readme.metadata().unwrap().modified().unwrap();
    std::fs::write(&readme, "# HELLO\n").unwrap();
    std::fs::File::options().write(true).open(&readme).unwrap().set_modified(written_at).unwrap();
    std::fs::remove_file(path.join(".gitignore")).unwrap();
    std::fs::write(path.join("ignored.log"), "x").unwrap();
    let changed = before.changes(&it.git.list_export(&path).await.unwrap());
    assert_eq!(changed, [".gitignore", "README.md", "ignored.log"]);
}

#[tokio::test]
async fn a_commit_that_is_gone_is_said_to_be() {
    let it = Sandbox::new();
    let gone = CommitId::parse(&"a".repeat(40)).unwrap();
    let error = it.git.export(&it.repo, &gone, &it.outside.join("copy")).await.unwrap_err();
    assert!(matches!(error, RepositoryError::CommitGone { .. }), "{error}");
    assert!(!it.outside.join("copy").exists());
}
