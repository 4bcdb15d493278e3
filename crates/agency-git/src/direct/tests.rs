//! What is written here is compared with what git writes.

mod left_behind;
mod random;
mod unusual;
mod worktree;

use super::*;
use std::process::Command;
use tempfile::TempDir;

const BRANCH: &str = "refs/heads/agency/7";
const DATE: (&str, i64, i32) = ("@1700000000 +0530", 1_700_000_000, 19_800);

/// A repository with a linked worktree on [`BRANCH`].
struct Sandbox {
    temporary: TempDir,
}

impl Sandbox {
    fn new(options: &[&str]) -> Self {
        let it = Self { temporary: tempfile::tempdir().unwrap() };
        std::fs::create_dir(it.repo()).unwrap();
        it.git(&[&["init", "--quiet"], options].concat());
        it.git(&["commit", "--quiet", "--allow-empty", "-m", "First"]);
        it.git(&["worktree", "add", "--quiet", "-b", "agency/7", "../7"]);
        it
    }

    fn repo(&self) -> PathBuf {
        self.temporary.path().join("repo")
    }

    fn git_dir(&self) -> PathBuf {
        self.repo().join(".git/worktrees/7")
    }

    fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.repo())
            .args(args)
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_AUTHOR_DATE", DATE.0)])
            .envs([("GIT_AUTHOR_NAME", IDENTITY_NAME), ("GIT_AUTHOR_EMAIL", IDENTITY_EMAIL), ("GIT_COMMITTER_DATE", DATE.0)])
            .envs([("GIT_COMMITTER_NAME", IDENTITY_NAME), ("GIT_COMMITTER_EMAIL", IDENTITY_EMAIL)])
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    fn id(&self, name: &str) -> ObjectId {
        parse(&self.git(&["rev-parse", name])).unwrap()
    }

    /// Another commit, that nothing leads to.
    fn loose(&self, message: &str) -> ObjectId {
        parse(&self.git(&["commit-tree", "-p", "HEAD", "-m", message, "HEAD^{tree}"])).unwrap()
    }

    fn swap(&self, name: &str, new: ObjectId, old: ObjectId) -> Option<()> {
        swap(&usual(&self.git_dir())?, name, new, old, &AtomicBool::new(false))
    }

    fn locks(&self) -> usize {
        walk(&self.repo().join(".git")).iter().filter(|path| path.extension().is_some_and(|end| end == "lock")).count()
    }

    fn logs(&self) -> [String; 2] {
        [self.git_dir().join("logs/HEAD"), self.repo().join(".git/logs").join(BRANCH)].map(|log| {
            let log = std::fs::read_to_string(log).unwrap();
            let last = log.lines().last().unwrap();
            // All but the time.
            let (before, after) = last.split_once("> ").unwrap();
            format!("{before}>{}", after.split_once('\t').unwrap().1)
        })
    }
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn a_commit_has_the_id_that_git_gives_it() {
    let it = Sandbox::new(&[]);
    let repository = usual(&it.git_dir()).unwrap();
    let (tree, first, second) = (it.id("HEAD^{tree}"), it.id("HEAD"), it.loose("Other"));
    let by = Signature { time: gix::date::Time::new(DATE.1, DATE.2), ..identity() };
    for message in ["developer: Größe\n\nBody\n\nAgency-Pipeline: 7\n", "no line break", "\n\n lead\n", ""] {
        for parents in [vec![], vec![first], vec![first, second]] {
            let ours = write(&repository, tree, &parents, message, &by).unwrap();
            let file = it.repo().join("message");
            std::fs::write(&file, message).unwrap();
            let names: Vec<String> = parents.iter().flat_map(|parent| ["-p".to_owned(), parent.to_string()]).collect();
            let args: Vec<&str> = ["commit-tree", "-F", "message"].into_iter().chain(names.iter().map(String::as_str)).collect();
            let theirs = it.git(&[args.as_slice(), &[&tree.to_string()]].concat());
            assert_eq!(ours.as_str(), theirs, "{message:?}");
            assert_eq!(tree_of(&repository, parse(&theirs).unwrap()).unwrap(), tree.to_string());
        }
    }
    it.git(&["fsck", "--strict"]);
}

#[test]
fn a_commit_of_what_is_not_there_is_gits_to_refuse() {
    let it = Sandbox::new(&[]);
    let repository = usual(&it.git_dir()).unwrap();
    let (tree, first, nowhere) = (it.id("HEAD^{tree}"), it.id("HEAD"), parse(&"1".repeat(40)).unwrap());
    for (tree, parents) in
        [(nowhere, vec![first]), (tree, vec![nowhere]), (tree, vec![tree]), (first, vec![first]), (tree, vec![first, first])]
    {
        assert_eq!(write(&repository, tree, &parents, "x", &identity()), None);
    }
    assert_eq!(tree_of(&repository, tree), None);
    assert_eq!(tree_of(&repository, nowhere), None);
}

#[test]
fn a_branch_moves_from_where_it_is_said_to_be_and_from_nowhere_else() {
    let it = Sandbox::new(&[]);
    let (first, second, third) = (it.id(BRANCH), it.loose("Second"), it.loose("Third"));
    assert_eq!(it.swap(BRANCH, third, second), None);
    assert_eq!(it.id(BRANCH), first);
    for packed in [false, true] {
        if packed {
            it.git(&["pack-refs", "--all"]);
        }
        assert!(it.swap(BRANCH, second, first).is_some());
        assert_eq!(it.id(BRANCH), second);
        assert_eq!(it.swap(BRANCH, third, first), None, "it has moved");
        it.git(&["update-ref", BRANCH, &first.to_string()]);
    }
    assert_eq!(it.swap("refs/heads/none", second, first), None);
    assert_eq!(it.locks(), 0);
}

#[test]
fn what_git_or_an_agent_made_of_a_branch_is_gits_to_judge() {
    let it = Sandbox::new(&[]);
    let (first, second) = (it.id(BRANCH), it.loose("Second"));
    let file = it.repo().join(".git").join(BRANCH);
    // Locked by somebody.
    let lock = file.with_extension("lock");
    std::fs::write(&lock, "").unwrap();
    assert_eq!(it.swap(BRANCH, second, first), None);
    assert!(lock.exists());
    std::fs::remove_file(&lock).unwrap();
    // It leads to another branch, which is where it should be.
    let other = it.git(&["symbolic-ref", "HEAD"]);
    it.git(&["symbolic-ref", BRANCH, &other]);
    assert_eq!(it.swap(BRANCH, second, first), None);
    // Packed as it should be, and spoilt beside it.
    it.git(&["update-ref", "--no-deref", BRANCH, &first.to_string()]);
    it.git(&["pack-refs", "--all"]);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "rubbish").unwrap();
    assert_eq!(it.swap(BRANCH, second, first), None);
    assert_eq!((it.id(&other), std::fs::read_to_string(&file).unwrap().as_str(), it.locks()), (first, "rubbish", 0));
}

#[test]
fn a_move_that_was_given_up_does_not_come_later() {
    let it = Sandbox::new(&[]);
    let (first, second) = (it.id(BRANCH), it.loose("Second"));
    let repository = usual(&it.git_dir()).unwrap();
    assert_eq!(swap(&repository, BRANCH, second, first, &AtomicBool::new(true)), None);
    assert_eq!((it.id(BRANCH), it.locks()), (first, 0));
}

#[test]
fn whoever_stops_waiting_has_given_up() {
    let waiting = Waiting::default();
    let given_up = Arc::clone(&waiting.given_up);
    assert!(!given_up.load(Ordering::Acquire));
    drop(waiting);
    assert!(given_up.load(Ordering::Acquire));
}

#[test]
fn the_logs_say_what_they_say_after_git() {
    let it = Sandbox::new(&[]);
    let (first, second) = (it.id(BRANCH), it.loose("Second"));
    let update = |new: ObjectId, old: ObjectId| {
        let git_dir = it.git_dir();
        let at = format!("--git-dir={}", git_dir.display());
        it.git(&[&at, "update-ref", "--no-deref", "-m", REASON, BRANCH, &new.to_string(), &old.to_string()]);
        it.logs()
    };
    let theirs = update(second, first);
    update(first, second);
    it.swap(BRANCH, second, first).unwrap();
    assert_eq!(it.logs(), theirs);
    it.git(&["reflog", "show", BRANCH]);
    // Where there are no logs, none are made.
    let logs = [it.git_dir().join("logs"), it.repo().join(".git/logs")];
    logs.iter().for_each(|logs| std::fs::remove_dir_all(logs).unwrap());
    it.git(&["config", "core.logAllRefUpdates", "false"]);
    it.swap(BRANCH, first, second).unwrap();
    assert!(logs.iter().all(|logs| !logs.exists()));
}

#[test]
fn a_repository_that_is_not_as_most_is_left_to_git() {
    assert!(usual(&Sandbox::new(&[]).git_dir()).is_some());
    for (key, value) in [
        ("core.sharedRepository", "group"),
        ("core.fsync", "all"),
        ("core.worktree", "/tmp"),
        ("extensions.preciousObjects", "true"),
        ("extensions.worktreeConfig", "true"),
        ("extensions.partialClone", "origin"),
    ] {
        let it = Sandbox::new(&[]);
        it.git(&["config", key, value]);
        assert!(usual(&it.git_dir()).is_none(), "{key}");
    }
    for options in [["--object-format=sha256"], ["--ref-format=reftable"]] {
        assert!(usual(&Sandbox::new(&options).git_dir()).is_none(), "{options:?}");
    }
    let it = Sandbox::new(&[]);
    std::fs::write(it.git_dir().join("config.worktree"), "").unwrap();
    assert!(usual(&it.git_dir()).is_none());
    assert!(usual(it.temporary.path()).is_none());
}
