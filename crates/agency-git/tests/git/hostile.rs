//! Repositories that an agent prepared to run its code as the host's user: nothing of it may run in any operation of ours.

use crate::sandbox::{Sandbox, git};
use agency_domain::repositories::Repositories;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A script that leaves a trace and behaves like a filter that changes nothing.
fn canary(it: &Sandbox) -> (PathBuf, PathBuf) {
    let (script, trace) = (it.outside.join("canary.sh"), it.outside.join("ran"));
    std::fs::write(&script, format!("#!/bin/sh\necho \"$0 $@\" >> '{}'\ncat 2>/dev/null\n", trace.display())).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    (script, trace)
}

const HOOKS: [&str; 17] = [
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-rewrite",
    "pre-auto-gc",
    "pre-applypatch",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "prepare-commit-msg",
    "reference-transaction",
    "update",
];

const ATTRIBUTES: &str = "* filter=evil diff=evil merge=evil\n";

fn poison_configuration(dir: &Path, script: &Path) {
    let script = script.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.editor",
        "core.pager",
        "core.sshCommand",
        "core.askPass",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "filter.a b=c.clean",
        "merge.evil.driver",
        "gpg.program",
        "credential.helper",
        "interactive.diffFilter",
        "hook.evil.command",
        "pager.status",
        "pager.diff",
        "sequence.editor",
        "uploadpack.packObjectsHook",
        "trailer.agency-pipeline.command",
    ] {
        git(dir, ["config", key, script]);
    }
    for (key, value) in [
        ("commit.gpgsign", "true"),
        ("filter.evil.required", "true"),
        ("hook.evil.event", "reference-transaction"),
        ("submodule.recurse", "true"),
        ("diff.submodule", "diff"),
        ("gc.auto", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", script),
        ("remote.origin.url", &format!("ext::{script}")),
        ("protocol.ext.allow", "always"),
    ] {
        git(dir, ["config", key, value]);
    }
}

fn poison_hooks(hooks: &Path, script: &Path) {
    std::fs::create_dir_all(hooks).unwrap();
    for hook in HOOKS {
        std::fs::copy(script, hooks.join(hook)).unwrap();
    }
}

/// As an agent would: the shared configuration, hooks in the default place and in the tree, attributes in every place.
fn poison(it: &Sandbox, script: &Path) {
    poison_hooks(&it.repo.join(".git/hooks"), script);
    std::fs::create_dir_all(it.repo.join(".git/info")).unwrap();
    std::fs::write(it.repo.join(".git/info/attributes"), ATTRIBUTES).unwrap();
    poison_configuration(&it.repo, script);
}

#[tokio::test]
async fn nothing_that_a_repository_configures_runs() {
    let it = Sandbox::new();
    let (script, trace) = canary(&it);
    std::fs::write(it.repo.join(".gitattributes"), ATTRIBUTES).unwrap();
    git(&it.repo, ["add", "-A"]);
    git(&it.repo, ["commit", "--quiet", "-m", "Attributes"]);
    let base = agency_domain::CommitId::parse(&git(&it.repo, ["rev-parse", "HEAD"])).unwrap();
    poison(&it, &script);

    it.git.inspect(&it.repo).await.unwrap();
    it.git.resolve_base(&it.repo, Some("main")).await.unwrap();
    it.git.resolve_base(&it.repo, Some(&base.as_str()[..9])).await.unwrap();
    it.git.branch_exists(&it.repo, &it.branch).await.unwrap();
    it.git.ensure_worktree(&it.repo, &it.worktree, &it.branch, &base).await.unwrap();
    it.git.ensure_worktree(&it.repo, &it.worktree, &it.branch, &base).await.unwrap();
    // Of the same length, so that git has to read the file to know.
    it.write("README.md", "# HELLO\n");
    it.write("new.txt", "new");
    assert_eq!(it.changed().await, ["README.md", "new.txt"]);
    let head = it.commit().await.unwrap();
    let diff = it.git.diff(&it.repo, &base, &head).await.unwrap();
    assert!(diff.contains("+# HELLO"), "{diff}");
    it.write("README.md", "# hello\n");
    it.write("other.txt", "x");
    it.git.preserve_and_reset(&it.worktree, &base, "refs/agency/7/1").await.unwrap().unwrap();
    assert!(!trace.exists(), "{}", std::fs::read_to_string(&trace).unwrap());

    // The corpus bites: plain git in the same worktree runs it.
    let plain = std::process::Command::new("git").arg("status").current_dir(&it.worktree).output().unwrap();
    assert!(trace.exists(), "{plain:?}");
}

#[tokio::test]
async fn hooks_in_their_usual_place_do_not_run_where_nothing_else_is_unusual() {
    let it = Sandbox::with_worktree().await;
    let (script, trace) = canary(&it);
    poison_hooks(&it.repo.join(".git/hooks"), &script);
    it.write(".gitattributes", ATTRIBUTES);
    it.write("README.md", "# HELLO\n");
    assert_eq!(it.changed().await, [".gitattributes", "README.md"]);
    it.commit().await.unwrap();
    assert_eq!(it.changed().await, Vec::<String>::new());
    assert!(!trace.exists(), "{}", std::fs::read_to_string(&trace).unwrap());

    // The hooks bite: plain git runs them.
    git(&it.worktree, ["commit", "--quiet", "--allow-empty", "-m", "x"]);
    assert!(trace.exists());
}

#[tokio::test]
async fn a_poisoned_repository_inside_the_worktree_runs_nothing_either() {
    let it = Sandbox::with_worktree().await;
    let (script, trace) = canary(&it);
    let nested = it.worktree.join("nested");
    it.write("nested/file", "one\n");
    it.write("nested/.gitattributes", ATTRIBUTES);
    git(&nested, ["init", "--quiet"]);
    git(&nested, ["add", "-A"]);
    git(&nested, ["commit", "--quiet", "-m", "x"]);
    // One is tracked as a submodule, another is not.
    git(&it.worktree, ["-c", "advice.addEmbeddedRepo=false", "add", "nested"]);
    let other = it.worktree.join("other");
    it.write("other/file", "one\n");
    git(&other, ["init", "--quiet"]);
    for repository in [&nested, &other] {
        poison_hooks(&repository.join(".git/hooks"), &script);
        std::fs::create_dir_all(repository.join(".git/info")).unwrap();
        std::fs::write(repository.join(".git/info/attributes"), ATTRIBUTES).unwrap();
        poison_configuration(repository, &script);
    }
    it.write("nested/file", "two\n");
    it.git.status(&it.worktree).await.unwrap();
    let head = it.commit().await.unwrap();
    it.write("nested/file", "six\n");
    it.git.status(&it.worktree).await.unwrap();
    it.git.diff(&it.repo, &it.base, &head).await.unwrap();
    it.git.preserve_and_reset(&it.worktree, &it.base, "refs/agency/7/1").await.unwrap();
    assert!(!trace.exists(), "{}", std::fs::read_to_string(&trace).unwrap());
    assert!(nested.join("file").exists(), "a tracked repository's files are not ours to delete");
}

#[tokio::test]
async fn a_configuration_of_the_worktree_alone_is_outranked_as_well() {
    let it = Sandbox::with_worktree().await;
    let (script, trace) = canary(&it);
    git(&it.repo, ["config", "extensions.worktreeConfig", "true"]);
    for (key, value) in [
        ("core.fsmonitor", script.to_str().unwrap()),
        ("filter.evil.clean", script.to_str().unwrap()),
        ("core.worktree", it.outside.to_str().unwrap()),
    ] {
        let config = it.git_dir().join("config.worktree");
        git(&it.repo, ["config", "--file", config.to_str().unwrap(), key, value]);
    }
    std::fs::create_dir_all(it.repo.join(".git/info")).unwrap();
    std::fs::write(it.repo.join(".git/info/attributes"), ATTRIBUTES).unwrap();
    it.write("README.md", "# HELLO\n");
    assert_eq!(it.changed().await, ["README.md"]);
    it.commit().await.unwrap();
    assert!(!trace.exists(), "{}", std::fs::read_to_string(&trace).unwrap());
}

#[tokio::test]
async fn objects_that_are_missing_are_not_fetched() {
    let it = Sandbox::with_worktree().await;
    let (script, trace) = canary(&it);
    it.write("README.md", "# HELLO\n");
    let head = it.commit().await.unwrap();
    poison_configuration(&it.repo, &script);
    // A remote on this machine, whose "server" is the script; a key for one protocol outranks a general one.
    git(&it.repo, ["config", "remote.origin.url", it.outside.to_str().unwrap()]);
    git(&it.repo, ["config", "protocol.file.allow", "always"]);
    std::fs::write(&script, format!("#!/bin/sh\necho ran >> '{}'\n", trace.display())).unwrap();
    let blob = git(&it.repo, ["-c", "core.fsmonitor=false", "rev-parse", &format!("{head}:README.md")]);
    std::fs::remove_file(it.repo.join(".git/objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    assert!(it.git.diff(&it.repo, &it.base, &head).await.is_err());
    assert!(!trace.exists(), "{}", std::fs::read_to_string(&trace).unwrap());

    // The trap bites: plain git fetches.
    let _ = std::process::Command::new("git").args(["cat-file", "-p", &blob]).current_dir(&it.repo).output().unwrap();
    assert!(trace.exists());
}
