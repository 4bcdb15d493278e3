//! What the user names: directories, bases, branches.

use crate::sandbox::{Sandbox, git};
use agency_domain::repositories::{Repositories, RepositoryError};
use agency_domain::{BranchName, CommitId};
use std::path::Path;

#[tokio::test]
async fn a_directory_inside_a_checkout_answers_its_top() {
    let it = Sandbox::new();
    let facts = it.git.inspect(&it.repo.join("src")).await.unwrap();
    assert_eq!((facts.root, facts.branch.as_deref(), facts.head), (it.repo.clone(), Some("main"), it.base.clone()));
}

#[tokio::test]
async fn what_is_uncommitted_in_a_checkout_is_counted_and_nothing_is_written() {
    let it = Sandbox::new();
    assert_eq!(it.git.uncommitted(&it.repo).await.unwrap(), 0);
    std::fs::write(it.repo.join("README.md"), "changed\n").unwrap();
    std::fs::write(it.repo.join("new.txt"), "new\n").unwrap();
    git(&it.repo, ["add", "new.txt"]);
    let index = std::fs::read(it.repo.join(".git/index")).unwrap();
    assert_eq!(it.git.uncommitted(&it.repo).await.unwrap(), 2);
    assert_eq!(std::fs::read(it.repo.join(".git/index")).unwrap(), index);
    let plain = it.git.uncommitted(&it.outside).await.unwrap_err();
    assert!(matches!(plain, RepositoryError::NotARepository { .. }), "{plain}");
}

#[tokio::test]
async fn what_is_no_checkout_is_told_apart() {
    let it = Sandbox::new();
    let missing = it.git.inspect(&it.outside.join("missing")).await.unwrap_err();
    assert!(matches!(missing, RepositoryError::NoSuchDirectory { .. }), "{missing}");
    let file = it.git.inspect(&it.repo.join("README.md")).await.unwrap_err();
    assert!(matches!(file, RepositoryError::NoSuchDirectory { .. }), "{file}");
    let plain = it.git.inspect(&it.outside).await.unwrap_err();
    assert!(matches!(plain, RepositoryError::NotARepository { .. }), "{plain}");
    git(&it.outside, ["clone", "--quiet", "--bare", it.repo.to_str().unwrap(), "bare.git"]);
    let bare = it.git.inspect(&it.outside.join("bare.git")).await.unwrap_err();
    assert!(matches!(bare, RepositoryError::NotARepository { .. }), "{bare}");
    let inner = it.git.inspect(&it.repo.join(".git")).await.unwrap_err();
    assert!(matches!(inner, RepositoryError::NotARepository { .. }), "{inner}");
    git(&it.outside, ["init", "--quiet", "empty"]);
    let empty = it.git.inspect(&it.outside.join("empty")).await.unwrap_err();
    assert!(matches!(empty, RepositoryError::NoCommit { .. }), "{empty}");
    let base = it.git.resolve_base(&it.outside.join("empty"), None).await.unwrap_err();
    assert!(matches!(base, RepositoryError::NoCommit { .. }), "{base}");
}

#[tokio::test]
async fn a_configuration_that_moves_the_checkout_elsewhere_is_not_believed() {
    let it = Sandbox::new();
    git(&it.repo, ["config", "core.worktree", it.outside.to_str().unwrap()]);
    let error = it.git.inspect(&it.repo).await.unwrap_err();
    assert!(matches!(error, RepositoryError::NotARepository { .. }), "{error}");
}

async fn resolved(it: &Sandbox, base: Option<&str>) -> (String, CommitId) {
    let base = it.git.resolve_base(&it.repo, base).await.unwrap();
    (base.name, base.commit)
}

#[tokio::test]
async fn a_base_is_a_branch_a_tag_a_full_ref_or_a_commit() {
    let it = Sandbox::new();
    git(&it.repo, ["tag", "-a", "v1", "-m", "annotated"]);
    git(&it.repo, ["update-ref", "refs/remotes/origin/next", "HEAD"]);
    let (id, short) = (it.base.as_str(), &it.base.as_str()[..8]);
    assert_eq!(resolved(&it, None).await, ("main".to_owned(), it.base.clone()));
    for name in ["main", "v1", "refs/heads/main", "refs/tags/v1", "heads/main", "origin/next", "HEAD", id, short, &short.to_uppercase()] {
        assert_eq!(resolved(&it, Some(name)).await, (name.to_owned(), it.base.clone()), "{name}");
    }
}

#[tokio::test]
async fn refs_are_found_wherever_git_keeps_them() {
    let it = Sandbox::new();
    git(&it.repo, ["tag", "-a", "v1", "-m", "annotated"]);
    git(&it.repo, ["branch", "agency/old"]);
    git(&it.repo, ["pack-refs", "--all"]);
    git(&it.repo, ["worktree", "add", "--quiet", "-b", "side", it.worktree.to_str().unwrap()]);
    let facts = it.git.inspect(&it.worktree).await.unwrap();
    assert_eq!((facts.root, facts.branch.as_deref(), facts.head), (it.worktree.clone(), Some("side"), it.base.clone()));
    for repo in [&it.repo, &it.worktree] {
        for name in ["main", "v1", "side", "agency/old"] {
            assert_eq!(it.git.resolve_base(repo, Some(name)).await.unwrap().commit, it.base, "{name}");
        }
        assert!(it.git.branch_exists(repo, &BranchName::parse("agency/old/deep").unwrap()).await.unwrap());
        assert!(!it.git.branch_exists(repo, &it.branch).await.unwrap());
    }
}

#[tokio::test]
async fn a_repository_whose_refs_are_in_tables_is_read_as_well() {
    let can_make_one = std::process::Command::new("git").args(["init", "--ref-format=reftable", "-h"]).output().unwrap();
    if !String::from_utf8_lossy(&can_make_one.stdout).contains("--[no-]ref-format") {
        return;
    }
    let it = Sandbox::with_init(&["--initial-branch=main", "--ref-format=reftable"]);
    git(&it.repo, ["branch", "agency/old"]);
    let facts = it.git.inspect(&it.repo).await.unwrap();
    assert_eq!((facts.branch.as_deref(), facts.head), (Some("main"), it.base.clone()));
    for base in [None, Some("main"), Some("agency/old"), Some(it.base.as_str())] {
        assert_eq!(resolved(&it, base).await.1, it.base);
    }
    assert!(it.git.branch_exists(&it.repo, &BranchName::parse("agency/old").unwrap()).await.unwrap());
    it.ensure().await;
}

#[tokio::test]
async fn an_object_that_stands_in_for_another_changes_no_answer() {
    let it = Sandbox::new();
    let blob = git(&it.repo, ["rev-parse", "HEAD:README.md"]);
    git(&it.repo, ["replace", "-f", &blob, it.base.as_str()]);
    let error = it.git.resolve_base(&it.repo, Some(&blob)).await.unwrap_err();
    assert!(matches!(error, RepositoryError::UnknownBase { .. }), "{error}");
}

#[tokio::test]
async fn names_that_are_none_are_unknown() {
    let it = Sandbox::new();
    git(&it.repo, ["tag", "blob", "HEAD:README.md"]);
    let (zeros, long) = ("0".repeat(40), "x".repeat(300));
    for name in [
        "nothing",
        "",
        "main~1",
        "main^",
        "main..main",
        "@{u}",
        "@",
        "--all",
        "-x",
        "ma*",
        "main:README.md",
        "a b",
        "refs/heads/none",
        "/",
        "blob",
        "main\n",
        &zeros,
        &long,
    ] {
        let error = it.git.resolve_base(&it.repo, Some(name)).await.unwrap_err();
        assert!(matches!(error, RepositoryError::UnknownBase { .. }), "{name:?}: {error}");
    }
}

#[tokio::test]
async fn a_name_of_a_branch_and_a_tag_is_ambiguous_and_each_choice_resolves() {
    let it = Sandbox::new();
    git(&it.repo, ["tag", "main"]);
    let error = it.git.resolve_base(&it.repo, Some("main")).await.unwrap_err();
    let RepositoryError::AmbiguousBase { choices, .. } = error else { panic!("{error}") };
    assert_eq!(choices, ["refs/heads/main", "refs/tags/main"]);
    for choice in &choices {
        resolved(&it, Some(choice)).await;
    }
    assert_eq!(resolved(&it, None).await.0, "main");
}

#[tokio::test]
async fn a_branch_that_looks_like_the_beginning_of_a_commit_is_ambiguous() {
    let it = Sandbox::new();
    let prefix = &it.base.as_str()[..7];
    git(&it.repo, ["branch", prefix]);
    let error = it.git.resolve_base(&it.repo, Some(prefix)).await.unwrap_err();
    let RepositoryError::AmbiguousBase { choices, .. } = error else { panic!("{error}") };
    assert_eq!(choices, [format!("refs/heads/{prefix}"), it.base.as_str().to_owned()]);
    resolved(&it, Some(&choices[1])).await;
}

#[tokio::test]
async fn a_detached_head_asks_for_a_base_and_lists_the_branches() {
    let it = Sandbox::new();
    git(&it.repo, ["checkout", "--quiet", "--detach"]);
    let error = it.git.resolve_base(&it.repo, None).await.unwrap_err();
    assert!(matches!(&error, RepositoryError::DetachedHead { choices } if choices == &["refs/heads/main"]), "{error}");
    assert_eq!(it.git.inspect(&it.repo).await.unwrap().branch, None);
}

#[tokio::test]
async fn a_branch_is_taken_in_any_case_and_by_its_directories() {
    let it = Sandbox::new();
    let taken = async |name: &str| it.git.branch_exists(&it.repo, &BranchName::parse(name).unwrap()).await.unwrap();
    git(&it.repo, ["branch", "Agency/A/Deep"]);
    git(&it.repo, ["branch", "agency/b"]);
    for (name, expected) in [
        ("agency/a/deep", true),
        ("agency/a", true),
        ("agency/a/deep/er", true),
        ("agency/b/x", true),
        ("agency/b", true),
        ("agency/bc", false),
        ("agency/a/deeper", false),
    ] {
        assert_eq!(taken(name).await, expected, "{name}");
    }
    git(&it.repo, ["branch", "-D", "--quiet", "Agency/A/Deep"]);
    git(&it.repo, ["branch", "-D", "--quiet", "agency/b"]);
    git(&it.repo, ["branch", "agency"]);
    assert!(taken("agency/new").await);
}

#[tokio::test]
async fn a_missing_repository_is_an_error_of_its_own_everywhere() {
    let it = Sandbox::new();
    let error = it.git.resolve_base(Path::new("/no/such"), Some("main")).await.unwrap_err();
    assert!(matches!(error, RepositoryError::NoSuchDirectory { .. }), "{error}");
}
