//! Putting a worktree back without losing anything.

use crate::sandbox::{Sandbox, git};
use agency_domain::CommitId;
use agency_domain::repositories::{Repositories, RepositoryError};

const REFERENCE: &str = "refs/agency/7/attempt-3";

async fn preserve(it: &Sandbox, keep: &CommitId) -> Option<CommitId> {
    it.git.preserve_and_reset(&it.worktree, keep, REFERENCE).await.unwrap()
}

async fn is_back_at(it: &Sandbox, commit: &CommitId) {
    let status = it.git.status(&it.worktree).await.unwrap();
    assert_eq!((status.branch.as_deref(), &status.head), (Some(it.branch.as_str()), commit));
    assert!(status.changed.is_empty(), "{:?}", status.changed);
    assert_eq!(git(&it.worktree, ["status", "--porcelain"]), "");
    assert_eq!(it.tip(), *commit);
    assert!(!it.git_dir().join("agency-index").exists());
}

fn shown(it: &Sandbox, file: &str) -> String {
    git(&it.repo, ["show", &format!("{REFERENCE}:{file}")])
}

#[tokio::test]
async fn changed_new_and_deleted_files_are_kept_and_ignored_ones_stay() {
    let it = Sandbox::with_worktree().await;
    it.write("README.md", "half done\n");
    it.write("deep/new\nname.txt", "new");
    it.write("staged.txt", "staged");
    git(&it.worktree, ["add", "staged.txt"]);
    std::fs::remove_file(it.worktree.join("src/lib.rs")).unwrap();
    it.write("target/cache", "slow to build");
    let kept = preserve(&it, &it.base).await.unwrap();
    is_back_at(&it, &it.base).await;
    assert_eq!(git(&it.repo, ["rev-parse", REFERENCE]), kept.as_str());
    assert_eq!(shown(&it, "README.md"), "half done");
    assert_eq!(shown(&it, "deep/new\nname.txt"), "new");
    assert_eq!(shown(&it, "staged.txt"), "staged");
    assert!(!git(&it.repo, ["ls-tree", "-r", "--name-only", REFERENCE]).contains("src/lib.rs"));
    assert!(it.worktree.join("target/cache").exists());
    assert!(!it.worktree.join("deep").exists());
}

#[tokio::test]
async fn nothing_to_keep_makes_no_reference() {
    let it = Sandbox::with_worktree().await;
    assert_eq!(preserve(&it, &it.base).await, None);
    is_back_at(&it, &it.base).await;
    assert_eq!(git(&it.repo, ["for-each-ref", "refs/agency/"]), "");
}

#[tokio::test]
async fn commits_beyond_are_kept_with_and_without_more_changes() {
    let it = Sandbox::with_worktree().await;
    it.write("one", "1");
    let one = it.commit().await.unwrap();
    assert_eq!(preserve(&it, &it.base).await, Some(one.clone()));
    is_back_at(&it, &it.base).await;

    it.write("two", "2");
    let two = it.commit().await.unwrap();
    it.write("three", "3");
    let kept = preserve(&it, &it.base).await.unwrap();
    is_back_at(&it, &it.base).await;
    let history = git(&it.repo, ["rev-list", kept.as_str()]);
    assert!(history.contains(one.as_str()) && history.contains(two.as_str()), "what was kept under the ref before is still there");
    assert_eq!(shown(&it, "three"), "3");
}

#[tokio::test]
async fn a_call_after_one_that_was_killed_goes_on() {
    let it = Sandbox::with_worktree().await;
    it.write("one", "1");
    let one = it.commit().await.unwrap();
    it.write("two", "2");
    let kept = preserve(&it, &it.base).await.unwrap();
    // Killed after the ref, before the branch: everything is as it was, and the ref is there.
    git(&it.repo, ["update-ref", &format!("refs/heads/{}", it.branch), one.as_str()]);
    git(&it.worktree, ["reset", "--hard", "--quiet"]);
    it.write("two", "2");
    std::fs::write(it.git_dir().join("agency-index"), "rubbish").unwrap();
    std::fs::write(it.git_dir().join("agency-index.lock"), "").unwrap();
    assert_eq!(preserve(&it, &it.base).await, Some(kept.clone()));
    is_back_at(&it, &it.base).await;
    // Killed after the branch moved, before the tree.
    it.write("one", "1");
    it.write("two", "2");
    std::fs::write(it.git_dir().join("index.lock"), "").unwrap();
    assert_eq!(preserve(&it, &it.base).await, Some(kept.clone()));
    is_back_at(&it, &it.base).await;
    // And once more, with nothing left to do.
    assert_eq!(preserve(&it, &it.base).await, Some(kept));
}

#[tokio::test]
async fn a_worktree_that_an_agent_led_astray_comes_back_to_its_branch() {
    let it = Sandbox::with_worktree().await;
    it.write("on-branch", "1");
    let on_branch = it.commit().await.unwrap();
    git(&it.worktree, ["checkout", "--quiet", "--detach", it.base.as_str()]);
    it.write("detached", "1");
    git(&it.worktree, ["add", "-A"]);
    git(&it.worktree, ["commit", "--quiet", "-m", "Lost?"]);
    let detached = git(&it.worktree, ["rev-parse", "HEAD"]);
    let kept = preserve(&it, &it.base).await.unwrap();
    is_back_at(&it, &it.base).await;
    let history = git(&it.repo, ["rev-list", kept.as_str()]);
    assert!(history.contains(&detached) && history.contains(on_branch.as_str()));

    // Reset behind what is to be kept.
    it.write("next", "1");
    let next = it.commit().await.unwrap();
    git(&it.worktree, ["reset", "--hard", "--quiet", it.base.as_str()]);
    preserve(&it, &next).await;
    is_back_at(&it, &next).await;
}

#[tokio::test]
async fn a_rebase_that_stopped_half_way_is_ended() {
    let it = Sandbox::with_worktree().await;
    it.write("README.md", "ours\n");
    let ours = it.commit().await.unwrap();
    git(&it.worktree, ["checkout", "--quiet", "-b", "side", it.base.as_str()]);
    it.write("README.md", "theirs\n");
    git(&it.worktree, ["commit", "--quiet", "-am", "Side"]);
    git(&it.worktree, ["checkout", "--quiet", it.branch.as_str()]);
    let rebase = std::process::Command::new("git")
        .current_dir(&it.worktree)
        .args(["-c", "user.name=a", "-c", "user.email=b", "rebase", "side"])
        .output()
        .unwrap();
    assert!(!rebase.status.success() && it.git_dir().join("rebase-merge").exists());
    assert!(preserve(&it, &ours).await.is_some());
    is_back_at(&it, &ours).await;
    assert!(!it.git_dir().join("rebase-merge").exists());
}

#[tokio::test]
async fn nested_repositories_are_kept_as_files_and_leave_the_tree() {
    let it = Sandbox::with_worktree().await;
    it.write("app/main.js", "x");
    git(&it.worktree.join("app"), ["init", "--quiet"]);
    preserve(&it, &it.base).await.unwrap();
    is_back_at(&it, &it.base).await;
    assert_eq!(shown(&it, "app/main.js"), "x");
}

#[tokio::test]
async fn only_references_of_ours_are_written() {
    let it = Sandbox::with_worktree().await;
    it.write("one", "1");
    for reference in ["refs/heads/main", "refs/agency/", "refs/agency/../heads/main", "refs/agency/-x", "HEAD", "refs/agency/a b"] {
        let error = it.git.preserve_and_reset(&it.worktree, &it.base, reference).await.unwrap_err();
        assert!(matches!(error, RepositoryError::Git { .. }), "{reference}: {error}");
    }
    assert_eq!(it.changed().await, ["one"]);
}

#[tokio::test]
async fn a_branch_that_was_made_to_mean_another_one_moves_alone() {
    let it = Sandbox::with_worktree().await;
    git(&it.repo, ["commit", "--quiet", "--allow-empty", "-m", "The user's"]);
    let main = git(&it.repo, ["rev-parse", "main"]);
    git(&it.repo, ["symbolic-ref", &format!("refs/heads/{}", it.branch), "refs/heads/main"]);
    it.write("new.txt", "x");
    let _ = it.git.preserve_and_reset(&it.worktree, &it.base, REFERENCE).await;
    assert_eq!(git(&it.repo, ["rev-parse", "refs/heads/main"]), main);
    preserve(&it, &it.base).await.unwrap();
    is_back_at(&it, &it.base).await;
}
