//! Commits of whatever an agent left in its worktree.

use crate::sandbox::{Sandbox, git, new_commit};
use agency_domain::repositories::{Repositories, RepositoryError};
use std::os::unix::ffi::OsStrExt;

#[tokio::test]
async fn a_commit_has_everything_that_changed_and_leaves_the_worktree_clean() {
    let it = Sandbox::with_worktree().await;
    it.write("src/lib.rs", "fn b() {}\n");
    it.write("src/new/deep.rs", "x\n");
    it.write("target/ignored", "x");
    std::fs::remove_file(it.worktree.join("README.md")).unwrap();
    assert_eq!(it.changed().await, ["README.md", "src/lib.rs", "src/new/deep.rs"]);
    let head = it.commit().await.unwrap();
    assert_eq!(it.tip(), head);
    let status = it.git.status(&it.worktree).await.unwrap();
    assert_eq!((status.head, status.changed), (head.clone(), Vec::<String>::new()));
    let plain = git(&it.worktree, ["status", "--porcelain"]);
    assert_eq!(plain, "", "plain git agrees");
    let files = git(&it.repo, ["ls-tree", "-r", "--name-only", head.as_str()]);
    assert_eq!(files, ".gitignore\nsrc/lib.rs\nsrc/new/deep.rs");
    let log = git(&it.repo, ["log", "-1", "--format=%an <%ae>|%cn <%ce>|%P|%B", head.as_str()]);
    assert_eq!(
        log.trim_end(),
        format!(
            "theAgency <agency@localhost>|theAgency <agency@localhost>|{}|developer: Add the export\n\nAgency-Pipeline: 7\nAgency-Attempt: 3",
            it.base
        )
    );
    let trailers = git(&it.repo, ["log", "-1", "--format=%(trailers:key=Agency-Pipeline,valueonly)", head.as_str()]);
    assert_eq!(trailers.trim(), "7");
}

#[tokio::test]
async fn a_commit_is_byte_for_byte_what_git_would_write() {
    let it = Sandbox::with_worktree().await;
    it.write("new.txt", "x");
    let head = it.commit().await.unwrap();
    let format = |what: &str| git(&it.repo, ["log", "-1", "--date=raw", &format!("--format={what}"), head.as_str()]);
    let (date, tree) = (format("%ad"), format("%T"));
    let by_git = std::process::Command::new("git")
        .current_dir(&it.repo)
        .args(["commit-tree", "-p", it.base.as_str(), "-m"])
        .args(["developer: Add the export\n\nAgency-Pipeline: 7\nAgency-Attempt: 3\n", &tree])
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "theAgency")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "agency@localhost")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_DATE"), format!("@{date}"))))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&by_git.stdout).trim(), head.as_str());
    git(&it.repo, ["fsck", "--strict"]);
}

#[tokio::test]
async fn nothing_changed_is_no_commit() {
    let it = Sandbox::with_worktree().await;
    assert_eq!(it.commit().await, None);
    it.write("debug.log", "ignored");
    it.write("README.md", "# Hello\n");
    assert_eq!(it.commit().await, None);
    assert_eq!(it.tip(), it.base);
}

#[tokio::test]
async fn a_branch_that_somebody_moved_is_left_where_it_is() {
    let it = Sandbox::with_worktree().await;
    it.write("new.txt", "x");
    let before = it.git.snapshot(&it.worktree).await.unwrap();
    git(&it.worktree, ["commit", "--quiet", "--allow-empty", "-m", "The agent's own"]);
    let theirs = it.tip();
    let error = it.git.commit(&it.worktree, &before, &new_commit()).await.unwrap_err();
    assert!(matches!(&error, RepositoryError::Moved { found, .. } if *found == theirs), "{error}");
    assert_eq!(it.tip(), theirs);
    it.write("other.txt", "x");
    let ours = it.commit().await.unwrap();
    assert_eq!(git(&it.repo, ["rev-parse", &format!("{ours}^")]), theirs.as_str());
}

#[tokio::test]
async fn a_commit_has_what_its_snapshot_has_and_leaves_what_came_later() {
    let it = Sandbox::with_worktree().await;
    it.write("README.md", "then\n");
    it.write("new.txt", "then");
    let snapshot = it.git.snapshot(&it.worktree).await.unwrap();
    assert_eq!(snapshot.status.changed, ["README.md", "new.txt"]);
    assert_eq!((it.tip(), it.changed().await.len()), (it.base.clone(), 2), "no ref moves");
    it.write("README.md", "later\n");
    it.write("later.txt", "later");
    let head = it.git.commit(&it.worktree, &snapshot, &new_commit()).await.unwrap().unwrap();
    assert_eq!(git(&it.repo, ["show", &format!("{head}:README.md")]), "then");
    assert_eq!(it.changed().await, ["README.md", "later.txt"]);
    assert_eq!(git(&it.worktree, ["diff", "--cached", "--name-only"]), "", "the index is that of the commit");
    let later = it.commit().await.unwrap();
    assert_eq!(git(&it.repo, ["show", &format!("{later}:later.txt")]), "later");
}

#[tokio::test]
async fn a_worktree_on_another_branch_is_looked_at_and_not_staged() {
    let it = Sandbox::with_worktree().await;
    git(&it.worktree, ["checkout", "--quiet", "-b", "elsewhere"]);
    it.write("new.txt", "x");
    let snapshot = it.git.snapshot(&it.worktree).await.unwrap();
    assert_eq!((snapshot.status.branch.as_deref(), snapshot.tree), (Some("elsewhere"), None));
    assert_eq!(git(&it.worktree, ["status", "--porcelain"]), "?? new.txt");
}

#[tokio::test]
async fn names_are_taken_byte_by_byte() {
    let it = Sandbox::with_worktree().await;
    for name in ["with space", "line\nbreak", "größe 日本.txt", "-rf", "--help", ":(top)x", "a\tb\"c", "*", "?x[1]", " lead", "#", "\\"]
    {
        it.write(name, name);
    }
    let bytes = std::ffi::OsStr::from_bytes(b"not-utf8-\xff");
    std::fs::write(it.worktree.join(bytes), "x").unwrap();
    assert!(it.changed().await.contains(&"line\nbreak".to_owned()));
    let head = it.commit().await.unwrap();
    assert!(it.changed().await.is_empty());
    let count = git(&it.repo, ["ls-tree", "-r", "-z", "--name-only", head.as_str()]).matches('\0').count();
    assert_eq!(count, 3 + 13);
    std::fs::remove_file(it.worktree.join(bytes)).unwrap();
    std::fs::remove_file(it.worktree.join("-rf")).unwrap();
    std::fs::remove_file(it.worktree.join("*")).unwrap();
    let head = it.commit().await.unwrap();
    let count = git(&it.repo, ["ls-tree", "-r", "-z", "--name-only", head.as_str()]).matches('\0').count();
    assert_eq!(count, 3 + 10);
}

#[tokio::test]
async fn files_links_and_directories_may_change_places() {
    let it = Sandbox::with_worktree().await;
    std::fs::remove_dir_all(it.worktree.join("src")).unwrap();
    std::os::unix::fs::symlink("/etc", it.worktree.join("src")).unwrap();
    std::fs::remove_file(it.worktree.join("README.md")).unwrap();
    it.write("README.md/inner", "x");
    let head = it.commit().await.unwrap();
    assert!(it.changed().await.is_empty());
    let tree = git(&it.repo, ["ls-tree", "-r", head.as_str()]);
    assert!(tree.contains("120000 blob") && tree.contains("README.md/inner") && !tree.contains("lib.rs"), "{tree}");
    std::fs::remove_file(it.worktree.join("src")).unwrap();
    it.write("src/lib.rs", "back");
    std::fs::remove_dir_all(it.worktree.join("README.md")).unwrap();
    it.write("README.md", "back");
    it.commit().await.unwrap();
    assert!(it.changed().await.is_empty());
}

#[tokio::test]
async fn what_an_agent_staged_itself_is_taken_as_the_tree_has_it() {
    let it = Sandbox::with_worktree().await;
    it.write("staged.txt", "one");
    it.write("intended.txt", "x");
    git(&it.worktree, ["add", "staged.txt"]);
    git(&it.worktree, ["add", "-N", "intended.txt"]);
    it.write("staged.txt", "two");
    git(&it.worktree, ["rm", "--quiet", "--cached", "README.md"]);
    let head = it.commit().await.unwrap();
    assert!(it.changed().await.is_empty());
    assert_eq!(git(&it.repo, ["show", &format!("{head}:staged.txt")]), "two");
    assert_eq!(git(&it.repo, ["show", &format!("{head}:README.md")]), "# Hello");
}

#[tokio::test]
async fn a_merge_that_was_under_way_is_ended_by_the_commit() {
    let it = Sandbox::with_worktree().await;
    git(&it.worktree, ["checkout", "--quiet", "-b", "side"]);
    it.write("README.md", "theirs\n");
    git(&it.worktree, ["commit", "--quiet", "-am", "Side"]);
    git(&it.worktree, ["checkout", "--quiet", it.branch.as_str()]);
    it.write("README.md", "ours\n");
    git(&it.worktree, ["commit", "--quiet", "-am", "Ours"]);
    let merge = std::process::Command::new("git")
        .current_dir(&it.worktree)
        .args(["-c", "user.name=a", "-c", "user.email=b", "merge", "side"])
        .output()
        .unwrap();
    assert!(!merge.status.success());
    it.write("README.md", "both\n");
    it.commit().await.unwrap();
    assert!(it.changed().await.is_empty());
    assert!(!it.git_dir().join("MERGE_HEAD").exists());
}

#[tokio::test]
async fn a_lock_that_a_killed_git_left_does_not_stop_us() {
    let it = Sandbox::with_worktree().await;
    std::fs::write(it.git_dir().join("index.lock"), "").unwrap();
    it.write("new.txt", "x");
    assert_eq!(it.changed().await, ["new.txt"]);
    assert!(it.commit().await.is_some());
}

#[tokio::test]
async fn a_commit_lands_on_the_pipelines_own_branch_or_nowhere() {
    let it = Sandbox::with_worktree().await;
    git(&it.worktree, ["checkout", "--quiet", "-b", "elsewhere"]);
    it.write("new.txt", "x");
    let error = it.try_to_commit().await.unwrap_err();
    assert!(error.to_string().contains("rather than on agency/7-add-export"), "{error}");
    git(&it.worktree, ["checkout", "--quiet", "--detach"]);
    let error = it.try_to_commit().await.unwrap_err();
    assert!(error.to_string().contains("detached"), "{error}");
    assert_eq!(it.git.status(&it.worktree).await.unwrap().branch, None);

    // A branch that was made to mean another one must not move that one.
    let it = Sandbox::with_worktree().await;
    git(&it.repo, ["symbolic-ref", &format!("refs/heads/{}", it.branch), "refs/heads/main"]);
    it.write("new.txt", "x");
    let _ = it.try_to_commit().await;
    assert_eq!(git(&it.repo, ["rev-parse", "refs/heads/main"]), it.base.as_str());
}

#[tokio::test]
async fn the_files_of_a_nested_repository_are_committed_as_files() {
    let it = Sandbox::with_worktree().await;
    it.write("app/.gitignore", "node_modules/\n");
    it.write("app/main.js", "x");
    it.write("app/node_modules/big.js", "x");
    git(&it.worktree.join("app"), ["init", "--quiet"]);
    it.write("lib/main.js", "x");
    git(&it.worktree.join("lib"), ["init", "--quiet"]);
    git(&it.worktree.join("lib"), ["add", "-A"]);
    git(&it.worktree.join("lib"), ["commit", "--quiet", "-m", "x"]);
    assert_eq!(it.changed().await, ["app", "lib"]);
    it.git.snapshot(&it.worktree).await.unwrap();
    assert!(it.worktree.join("lib/.git/HEAD").exists(), "whoever works in it finds it as it was");
    let head = it.commit().await.unwrap();
    let files = git(&it.repo, ["ls-tree", "-r", "--name-only", head.as_str()]);
    assert!(files.contains("app/main.js\nlib/main.js") && !files.contains("node_modules"), "{files}");
    assert!(it.changed().await.is_empty());
    assert!(it.git_dir().join("agency-nested/1/HEAD").exists(), "nothing is thrown away");
}
