//! What a run leaves is taken away only where nothing is lost with it.

use crate::sandbox::{Sandbox, git};
use agency_domain::repositories::{Repositories, RepositoryError};

#[tokio::test]
async fn a_branch_is_safe_once_another_contains_it() {
    let it = Sandbox::with_worktree().await;
    it.write("new.txt", "x");
    let head = it.commit().await.unwrap();
    let alone = it.git.branch_safety(&it.repo, &it.branch).await.unwrap();
    assert_eq!((alone.head.as_ref(), alone.merged_into, alone.pushed_to), (Some(&head), None, None));

    git(&it.repo, ["branch", "agency/other", it.branch.as_str()]);
    assert_eq!(it.git.branch_safety(&it.repo, &it.branch).await.unwrap().merged_into, None, "another run's branch makes it no safer");
    git(&it.repo, ["update-ref", "refs/remotes/origin/feature", head.as_str()]);
    git(&it.repo, ["merge", "--quiet", "--ff-only", it.branch.as_str()]);
    let safe = it.git.branch_safety(&it.repo, &it.branch).await.unwrap();
    assert_eq!((safe.merged_into.as_deref(), safe.pushed_to.as_deref()), (Some("refs/heads/main"), Some("refs/remotes/origin/feature")));
}

#[tokio::test]
async fn a_clean_worktree_goes_and_one_with_work_stays() {
    let it = Sandbox::with_worktree().await;
    it.write("new.txt", "x");
    assert!(it.git.remove_worktree(&it.repo, &it.worktree).await.is_err());
    assert!(it.worktree.join("new.txt").exists());
    let head = it.commit().await.unwrap();
    it.git.remove_worktree(&it.repo, &it.worktree).await.unwrap();
    assert!(!it.worktree.exists());
    it.git.remove_worktree(&it.repo, &it.worktree).await.unwrap();
    assert_eq!(it.git.branch_safety(&it.repo, &it.branch).await.unwrap().head, Some(head.clone()), "the branch stays");

    let moved = it.git.delete_branch(&it.repo, &it.branch, &it.base).await.unwrap_err();
    assert!(matches!(moved, RepositoryError::Moved { .. }), "{moved}");
    it.git.delete_branch(&it.repo, &it.branch, &head).await.unwrap();
    assert_eq!(it.git.branch_safety(&it.repo, &it.branch).await.unwrap().head, None);
}

#[tokio::test]
async fn a_branch_that_is_checked_out_stays() {
    let it = Sandbox::with_worktree().await;
    let refused = it.git.delete_branch(&it.repo, &it.branch, &it.base).await.unwrap_err();
    assert!(refused.to_string().contains("checked out"), "{refused}");
}
