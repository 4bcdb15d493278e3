//! Making worktrees, finding them again, and leaving everything else alone.

use crate::sandbox::{Sandbox, fingerprint, git};
use agency_domain::repositories::{Repositories, RepositoryError};
use agency_domain::{BranchName, CommitId};

async fn refused(it: &Sandbox) -> RepositoryError {
    it.git.ensure_worktree(&it.repo, &it.worktree, &it.branch, &it.base).await.unwrap_err()
}

async fn is_whole(it: &Sandbox) {
    let status = it.git.status(&it.worktree).await.unwrap();
    assert_eq!((status.branch.as_deref(), &status.head), (Some(it.branch.as_str()), &it.base));
    assert!(status.changed.is_empty(), "{:?}", status.changed);
    assert_eq!(std::fs::read_to_string(it.worktree.join("README.md")).unwrap(), "# Hello\n");
    assert!(!it.git_dir().join("locked").exists());
}

#[tokio::test]
async fn a_worktree_is_made_once_and_found_again_with_its_work() {
    let it = Sandbox::with_worktree().await;
    is_whole(&it).await;
    it.write("new.txt", "x");
    it.commit().await.unwrap();
    it.write("more.txt", "x");
    it.ensure().await;
    assert_eq!(it.changed().await, ["more.txt"]);
}

#[tokio::test]
async fn the_users_checkout_is_untouched_by_everything() {
    let it = Sandbox::new();
    std::fs::write(it.repo.join("README.md"), "# Being edited\n").unwrap();
    std::fs::write(it.repo.join("untracked"), "mine").unwrap();
    git(&it.repo, ["add", "README.md"]);
    let before = fingerprint(&it.repo);
    it.git.inspect(&it.repo).await.unwrap();
    it.git.resolve_base(&it.repo, None).await.unwrap();
    it.git.resolve_base(&it.repo, Some("main")).await.unwrap();
    it.git.branch_exists(&it.repo, &it.branch).await.unwrap();
    it.ensure().await;
    it.write("new.txt", "x");
    it.git.status(&it.worktree).await.unwrap();
    let head = it.commit().await.unwrap();
    it.git.diff(&it.repo, &it.base, &head).await.unwrap();
    it.write("README.md", "x");
    it.git.preserve_and_reset(&it.worktree, &head, "refs/agency/7/1").await.unwrap().unwrap();
    assert_eq!(fingerprint(&it.repo), before);
}

#[tokio::test]
async fn a_foreign_directory_or_branch_is_left_alone() {
    let it = Sandbox::new();
    std::fs::create_dir_all(&it.worktree).unwrap();
    std::fs::write(it.worktree.join("precious"), "x").unwrap();
    assert!(refused(&it).await.to_string().contains("move it away"));
    assert!(it.worktree.join("precious").exists());
    std::fs::remove_dir_all(&it.worktree).unwrap();

    git(&it.repo, ["worktree", "add", "--quiet", "-b", it.branch.as_str(), it.outside.join("wt").to_str().unwrap()]);
    let elsewhere = refused(&it).await;
    assert!(matches!(elsewhere, RepositoryError::BranchExists { .. }), "{elsewhere}");
    git(&it.repo, ["worktree", "remove", it.outside.join("wt").to_str().unwrap()]);

    git(&it.repo, ["commit", "--quiet", "--allow-empty", "-m", "Second"]);
    git(&it.repo, ["branch", "-f", it.branch.as_str(), "main"]);
    let moved = refused(&it).await;
    assert!(matches!(moved, RepositoryError::BranchExists { .. }), "{moved}");
    assert!(!it.worktree.exists());
}

#[tokio::test]
async fn a_worktree_of_another_pipeline_at_the_same_place_is_refused() {
    let it = Sandbox::with_worktree().await;
    let other = BranchName::parse("agency/8-other").unwrap();
    let error = it.git.ensure_worktree(&it.repo, &it.worktree, &other, &it.base).await.unwrap_err();
    assert!(error.to_string().contains("move it away"), "{error}");
    is_whole(&it).await;
}

#[tokio::test]
async fn whatever_a_killed_call_left_is_finished() {
    // The branch alone.
    let it = Sandbox::new();
    git(&it.repo, ["branch", it.branch.as_str()]);
    it.ensure().await;
    is_whole(&it).await;

    // An administrative directory whose tree was not made, locked by git while it worked.
    let it = Sandbox::with_worktree().await;
    std::fs::remove_dir_all(&it.worktree).unwrap();
    std::fs::remove_file(it.git_dir().join("index")).unwrap();
    std::fs::remove_file(it.git_dir().join("agency-branch")).unwrap();
    std::fs::write(it.git_dir().join("locked"), "initializing\n").unwrap();
    it.ensure().await;
    is_whole(&it).await;

    // A tree that was being filled.
    let it = Sandbox::with_worktree().await;
    std::fs::remove_file(it.worktree.join("README.md")).unwrap();
    std::fs::remove_file(it.git_dir().join("agency-branch")).unwrap();
    std::fs::rename(it.git_dir().join("index"), it.git_dir().join("index.lock")).unwrap();
    std::fs::write(it.git_dir().join("HEAD"), "0000000000000000000000000000000000000000\n").unwrap();
    std::fs::write(it.git_dir().join("locked"), "initializing").unwrap();
    it.ensure().await;
    is_whole(&it).await;

    // All but the mark.
    let it = Sandbox::with_worktree().await;
    std::fs::remove_file(it.git_dir().join("agency-branch")).unwrap();
    it.ensure().await;
    is_whole(&it).await;
}

#[tokio::test]
async fn a_worktree_that_vanished_is_said_to_have_and_not_made_anew() {
    let it = Sandbox::with_worktree().await;
    std::fs::remove_dir_all(&it.worktree).unwrap();
    let gone = it.git.status(&it.worktree).await.unwrap_err();
    assert!(matches!(gone, RepositoryError::Vanished { .. }), "{gone}");
    let again = refused(&it).await;
    assert!(matches!(again, RepositoryError::Vanished { .. }), "{again}");
}

#[tokio::test]
async fn a_link_that_was_edited_is_a_vanished_worktree() {
    let it = Sandbox::with_worktree().await;
    for content in ["gitdir: /nowhere", "", &format!("gitdir: {}/.git", it.repo.display())] {
        std::fs::write(it.worktree.join(".git"), content).unwrap();
        let error = it.git.status(&it.worktree).await.unwrap_err();
        assert!(matches!(error, RepositoryError::Vanished { .. }), "{content}: {error}");
    }
    let error = it.git.status(&it.repo).await.unwrap_err();
    assert!(matches!(error, RepositoryError::Vanished { .. }), "the user's checkout is no worktree of ours: {error}");
}

#[tokio::test]
async fn a_repository_with_sha_256_ids_works_like_any_other() {
    let it = Sandbox::with_init(&["--initial-branch=main", "--object-format=sha256"]);
    assert_eq!(it.base.as_str().len(), 64);
    it.ensure().await;
    it.write("new.txt", "x");
    let head = it.commit().await.unwrap();
    assert!(it.git.diff(&it.repo, &it.base, &head).await.unwrap().contains("+++ b/new.txt"));
    it.write("new.txt", "y");
    assert!(it.git.preserve_and_reset(&it.worktree, &it.base, "refs/agency/1").await.unwrap().is_some());
    is_whole(&it).await;
}

#[tokio::test]
async fn two_worktrees_of_one_repository_can_be_made_at_once() {
    let it = Sandbox::new();
    let make = async |number: u32| {
        let path = it.outside.join(number.to_string());
        let branch = BranchName::parse(&format!("agency/{number}")).unwrap();
        it.git.ensure_worktree(&it.repo, &path, &branch, &it.base).await.unwrap();
        it.git.status(&path).await.unwrap()
    };
    let (a, b, c, d, e) = tokio::join!(make(1), make(2), make(3), make(4), make(5));
    assert!([a, b, c, d, e].iter().all(|status| status.changed.is_empty()));
}

#[tokio::test]
async fn a_diff_names_files_as_they_are_and_ends_in_an_error_for_an_unknown_commit() {
    let it = Sandbox::with_worktree().await;
    it.write("größe.txt", "eins\n");
    let head = it.commit().await.unwrap();
    git(&it.repo, ["config", "diff.noprefix", "true"]);
    let diff = it.git.diff(&it.repo, &it.base, &head).await.unwrap();
    assert!(diff.starts_with("diff --git a/größe.txt b/größe.txt\nnew file mode 100644\n"), "{diff}");
    assert_eq!(it.git.diff(&it.repo, &head, &head).await.unwrap(), "");
    let unknown = CommitId::parse(&"1".repeat(40)).unwrap();
    assert!(matches!(it.git.diff(&it.repo, &unknown, &head).await.unwrap_err(), RepositoryError::CommitGone { .. }));
}
