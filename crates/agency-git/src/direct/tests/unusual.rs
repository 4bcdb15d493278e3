//! What is not as in most worktrees is left to git, and ends as git ends it.

use super::worktree::Worktree;
use agency_domain::repositories::RepositoryError;

fn worktree() -> Worktree {
    Worktree::new(|it| {
        it.write("README.md", "# Hello\n", false);
        it.write("src/lib.rs", "fn a() {}\n", false);
        it.write(".gitignore", "*.log\n", false);
    })
}

/// The public operation stages what plain git would add.
fn expect_gits_way(it: &Worktree, what: &str) {
    it.write("new.txt", "new\n", false);
    assert!(!it.is_direct(), "{what}");
    assert!(it.snapshot().status.changed.contains(&"new.txt".to_owned()), "{what}");
    let tree = it.git(&["write-tree"]);
    it.git(&["add", "-A"]);
    assert_eq!(it.git(&["write-tree"]), tree, "{what}");
    assert!(!it.git_dir.join("index.lock").exists(), "{what}");
}

#[test]
fn a_usual_worktree_is_not_left_to_git() {
    let it = worktree();
    assert!(it.is_direct());
    for (key, value) in [
        ("core.fileMode", "true"),
        ("core.autocrlf", "false"),
        ("core.ignoreCase", "no"),
        ("core.editor", "vi"),
        ("user.name", "Somebody"),
        ("remote.origin.url", "../x"),
        ("status.showUntrackedFiles", "no"),
    ] {
        it.git(&["config", key, value]);
        assert!(it.is_direct(), "{key}");
    }
    it.write("new.txt", "new\n", true);
    it.link("link", "/etc");
    it.write("some.log", "ignored", false);
    it.expect_the_same();
}

#[test]
fn configurations_that_change_how_files_are_compared_are_left_to_git() {
    let it = worktree();
    for (key, value) in [
        ("core.autocrlf", "input"),
        ("core.autocrlf", "true"),
        ("core.eol", "crlf"),
        ("core.safecrlf", "true"),
        ("core.fileMode", "false"),
        ("core.symlinks", "false"),
        ("core.ignoreCase", "true"),
        ("core.precomposeUnicode", "true"),
        ("core.trustCtime", "false"),
        ("core.checkStat", "minimal"),
        ("core.excludesFile", "/nowhere"),
        ("core.attributesFile", "/nowhere"),
        ("core.sparseCheckout", "true"),
        ("core.sparseCheckoutCone", "true"),
        ("core.untrackedCache", "true"),
        ("core.fsmonitor", "true"),
        ("core.splitIndex", "true"),
        ("core.bigFileThreshold", "1"),
        ("core.compression", "9"),
        ("core.looseCompression", "9"),
        ("core.protectNTFS", "false"),
        ("splitIndex.maxPercentChange", "10"),
        ("index.version", "4"),
        ("index.skipHash", "true"),
        ("feature.manyFiles", "true"),
        ("attr.tree", "HEAD"),
    ] {
        it.git(&["config", key, value]);
        let repository = crate::direct::usual(&it.git_dir).unwrap();
        assert!(!crate::direct::usual::compares_files_as_most(&repository) && !it.is_direct(), "{key}");
        assert!(it.snapshot().tree.is_none(), "{key}");
        it.git(&["config", "--unset", key]);
    }
    assert!(it.is_direct());
}

#[test]
fn an_index_that_is_not_as_most_is_left_to_git() {
    let cases: [(&str, &[&[&str]]); 7] = [
        ("intent to add", &[&["add", "-N", "new.txt"]]),
        ("skip-worktree", &[&["update-index", "--skip-worktree", "README.md"]]),
        ("assume-valid", &[&["update-index", "--assume-unchanged", "README.md"]]),
        ("split", &[&["update-index", "--split-index"]]),
        ("version", &[&["update-index", "--index-version", "4"]]),
        ("untracked cache", &[&["update-index", "--force-untracked-cache"], &["status"]]),
        ("link to a commit", &[&["update-index", "--add", "--cacheinfo", "160000,1111111111111111111111111111111111111111,sub"]]),
    ];
    for (what, commands) in cases {
        let it = worktree();
        it.write("new.txt", "new\n", false);
        commands.iter().for_each(|args| drop(it.git(args)));
        expect_gits_way(&it, what);
    }
}

#[test]
fn operations_under_way_and_heads_elsewhere_are_left_to_git() {
    for file in ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "sequencer", "rebase-merge", "rebase-apply"] {
        let it = worktree();
        it.write("new.txt", "new\n", false);
        std::fs::create_dir(it.git_dir.join(file)).unwrap();
        assert!(!it.is_direct(), "{file}");
    }
    let it = worktree();
    it.git(&["checkout", "--quiet", "-b", "side"]);
    it.write("README.md", "theirs\n", false);
    it.git(&["commit", "--quiet", "-am", "Side"]);
    it.git(&["checkout", "--quiet", "agency/7"]);
    it.write("README.md", "ours\n", false);
    it.git(&["commit", "--quiet", "-am", "Ours"]);
    assert!(it.try_git(&["merge", "side"]).is_none());
    expect_gits_way(&it, "merge");
    it.git(&["commit", "--quiet", "-m", "Merged"]);
    it.git(&["checkout", "--quiet", "--detach"]);
    it.write("new.txt", "other\n", false);
    assert!(!it.is_direct());
    let detached = it.snapshot();
    assert_eq!((detached.status.branch, detached.status.changed, detached.tree), (None, vec!["new.txt".to_owned()], None));
    it.git(&["symbolic-ref", "HEAD", "refs/heads/none"]);
    assert!(!it.is_direct());
    assert!(matches!(it.try_snapshot(), Err(RepositoryError::Vanished { .. })));
    it.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/agency/7"]);
    it.git(&["symbolic-ref", "HEAD", "refs/heads/alias"]);
    assert!(!it.is_direct());
    assert_eq!(it.snapshot().status.branch.as_deref(), Some("agency/7"));
}

#[test]
fn what_git_does_not_take_for_a_file_is_left_to_git() {
    let it = worktree();
    let path = |name: &str| it.worktree.join(name);
    // A pipe: new, in place of a file, in place of what says what is ignored. Whoever opens it waits for ever.
    for name in ["pipe", "src/lib.rs"] {
        drop(std::fs::remove_file(path(name)));
        nix::unistd::mkfifo(&path(name), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(!it.is_direct(), "{name}");
        std::fs::remove_file(path(name)).unwrap();
    }
    for list in [path(".gitignore"), path("src/.gitignore"), it.repo.join(".git/info/exclude"), it.home.join(".config/git/ignore")] {
        drop(std::fs::remove_file(&list));
        std::fs::create_dir_all(list.parent().unwrap()).unwrap();
        nix::unistd::mkfifo(&list, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(!it.is_direct(), "{list:?}");
        std::fs::remove_file(&list).unwrap();
    }
    assert!(it.is_direct());
    // Ignored, it is not looked at.
    it.write(".gitignore", "*.log\n", false);
    nix::unistd::mkfifo(&path("pipe.log"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(it.is_direct());
    it.link("src/.gitignore", "../README.md");
    expect_gits_way(&it, "a link to what is ignored");
}

#[test]
fn names_that_git_refuses_and_repositories_within_are_left_to_git() {
    let it = worktree();
    let refused = [".GIT/x", ".Git", "git~1/x", "a\\.git", ".git\\x", "a\\GIT~1\\x", ".git ", ".git. .", ".git::$INDEX_ALLOCATION/x"];
    for name in refused {
        it.write(name, "x", false);
        assert!(!it.is_direct(), "{name}");
        assert_eq!(it.snapshot().tree, None, "{name}: git does not take it");
        it.clear(name.split('/').next().unwrap());
    }
    assert!(it.is_direct());
    // Refused by some only, or another repository.
    for name in [".g\u{200c}it/x", "sub/.git/x", "sub/.git"] {
        it.write(name, "x", false);
        assert!(!it.is_direct(), "{name}");
        it.clear(name.split('/').next().unwrap());
    }
    let it = worktree();
    it.link(".gitmodules", "README.md");
    assert!(!it.is_direct());
    let it = worktree();
    it.git(&["init", "--quiet", "nested"]);
    it.write("nested/file", "x", false);
    assert!(!it.is_direct());
    assert_eq!((it.snapshot().status.changed, it.snapshot().tree), (vec!["nested".to_owned()], None));
}

#[test]
fn what_is_too_much_is_left_to_git() {
    let it = worktree();
    let file = std::fs::File::create(it.worktree.join("large")).unwrap();
    file.set_len(17 * 1024 * 1024).unwrap();
    expect_gits_way(&it, "a large file");
    let it = worktree();
    it.write(&vec!["d"; 120].join("/"), "deep", false);
    expect_gits_way(&it, "a deep directory");
    let it = worktree();
    it.write(".gitignore", &"*".repeat(40), false);
    assert!(!it.is_direct());
    let it = worktree();
    let id = it.git(&["rev-parse", "HEAD:README.md"]);
    let entries: String = (0..20_001).map(|number| format!("100644 {id}\tmany/{number:05}\n")).collect();
    it.git_with_input(&["update-index", "--index-info"], &entries);
    expect_gits_way(&it, "a large index");
}

#[test]
fn attributes_are_left_to_a_git_that_reads_them() {
    let it = worktree();
    let looks = || it.look(crate::direct::Request { reads_attributes: true, ..it.request() }).is_some();
    assert!(looks());
    it.write("src/.gitattributes", "* text\n", false);
    assert!(!looks() && it.is_direct());
    it.git(&["add", "-A"]);
    std::fs::remove_file(it.worktree.join("src/.gitattributes")).unwrap();
    assert!(!looks() && it.is_direct());
    it.git(&["add", "-A"]);
    assert!(looks());
    std::fs::write(it.repo.join(".git/info/attributes"), "* text\n").unwrap();
    expect_gits_way(&it, "attributes of the repository");
}

#[test]
fn what_the_user_ignores_everywhere_is_ignored() {
    let it = worktree();
    it.write("mine.swp", "x", false);
    it.write("kept.swp", "x", false);
    let list = it.home.join(".config/git/ignore");
    std::fs::create_dir_all(list.parent().unwrap()).unwrap();
    std::fs::write(list, "*.swp\n").unwrap();
    std::fs::write(it.repo.join(".git/info/exclude"), "!kept.swp\n").unwrap();
    let ours: Vec<String> = it.look(it.request()).unwrap().iter().map(|change| crate::command::text(&change.path)).collect();
    assert_eq!(ours, ["kept.swp"]);
    assert_eq!(it.git(&["status", "--porcelain", "--untracked-files=all"]), "?? kept.swp");
}
