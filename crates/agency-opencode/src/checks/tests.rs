//! Real commands in real processes.

use super::*;
use crate::process::Mark;
use agency_domain::checks::{CheckEnd, CheckNews};
use std::time::{Duration, Instant};

/// For everything that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than any command here takes.
const LONG: Duration = Duration::from_secs(300);
const PIPELINE: PipelineId = PipelineId(5);

struct World {
    directory: tempfile::TempDir,
    checks: LocalChecks,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("worktree")).unwrap();
        let checks = LocalChecks::new(directory.path().join("data"));
        Self { directory, checks }
    }

    fn worktree(&self) -> PathBuf {
        self.directory.path().join("worktree")
    }

    async fn start(&self, command: &str, timeout: Duration) -> Box<dyn RunningCheck> {
        let request = CheckRequest { pipeline: PIPELINE, worktree: self.worktree(), command: command.to_owned(), timeout };
        self.checks.start(request).await.unwrap()
    }

    async fn run(&self, command: &str) -> (String, CheckEnd) {
        all(self.start(command, LONG).await.as_mut()).await
    }

    fn mark(&self) -> Mark {
        Mark::new(&self.directory.path().join("data"), PIPELINE)
    }

    /// How many processes of the pipeline live.
    fn alive(&self) -> usize {
        self.mark().carriers().unwrap().len()
    }
}

async fn next(check: &mut dyn RunningCheck) -> CheckNews {
    tokio::time::timeout(PATIENCE, check.next()).await.expect("there is news in time")
}

/// All output until the end.
async fn all(check: &mut dyn RunningCheck) -> (String, CheckEnd) {
    let mut output = String::new();
    loop {
        match next(check).await {
            CheckNews::Output(text) => output.push_str(&text),
            CheckNews::Ended(end) => return (output, end),
        }
    }
}

/// Reads on until `text` was printed.
async fn until(check: &mut dyn RunningCheck, text: &str) {
    let mut output = String::new();
    while !output.contains(text) {
        match next(check).await {
            CheckNews::Output(more) => output.push_str(&more),
            CheckNews::Ended(end) => panic!("it ended ({end:?}) after {output}"),
        }
    }
}

#[tokio::test]
async fn a_command_runs_in_the_worktree_and_its_two_outputs_come_in_order() {
    let world = World::new();
    let (output, end) = world.run("pwd; echo one; echo two >&2; echo three; printf 'h\\303\\244lf\\377'; exit 3").await;
    let worktree = world.worktree().canonicalize().unwrap();
    assert_eq!(output, format!("{}\none\ntwo\nthree\nhälf\u{fffd}", worktree.display()));
    assert_eq!(end, CheckEnd::Exited { code: 3 });
}

#[tokio::test]
async fn the_ways_to_end_are_told_apart() {
    let world = World::new();
    for (command, end) in [
        ("true", CheckEnd::Exited { code: 0 }),
        ("no-such-command-anywhere", CheckEnd::Exited { code: 127 }),
        ("kill -9 $$", CheckEnd::Killed),
        ("exec 1>&- 2>&-; sleep 0.1; exit 4", CheckEnd::Exited { code: 4 }),
        ("read line || exit 5", CheckEnd::Exited { code: 5 }),
    ] {
        assert_eq!(world.run(command).await.1, end, "{command}");
    }
    let mut check = world.start("true", LONG).await;
    let (_output, end) = all(check.as_mut()).await;
    assert_eq!(next(check.as_mut()).await, CheckNews::Ended(end), "the end stays the end");
}

#[tokio::test]
async fn what_a_command_left_behind_is_ended_with_it() {
    let world = World::new();
    let started = Instant::now();
    let (output, end) = world.run("sleep 1000 & setsid sleep 1000 & (trap '' TERM; sleep 1000) & echo started").await;
    assert_eq!((output.as_str(), end), ("started\n", CheckEnd::Exited { code: 0 }));
    assert_eq!(world.alive(), 0);
    assert!(started.elapsed() < PATIENCE);
}

#[tokio::test]
async fn a_command_whose_time_is_up_ends_with_everything_that_it_started() {
    let world = World::new();
    let command = "trap 'echo tidying; exit 0' TERM; setsid sh -c 'trap \"\" TERM; echo ready; sleep 1000' & wait; sleep 1000";
    // The time counts from the start, and must be enough for the shells to begin.
    let mut check = world.start(command, Duration::from_secs(2)).await;
    let (output, end) = all(check.as_mut()).await;
    assert_eq!(end, CheckEnd::TimedOut { seconds: 2 });
    assert!(output.contains("ready") && output.contains("tidying"), "{output}");
    assert_eq!(world.alive(), 0);
}

#[tokio::test]
async fn a_check_that_nobody_follows_any_more_is_killed() {
    let world = World::new();
    let mut check = world.start("trap '' TERM; setsid sleep 1000 & echo begun; sleep 1000", LONG).await;
    until(check.as_mut(), "begun").await;
    assert!(world.alive() >= 1);
    drop(check);
    let deadline = Instant::now() + PATIENCE;
    while world.alive() > 0 {
        assert!(Instant::now() < deadline, "its processes live on");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn checks_of_one_pipeline_do_not_end_each_other_and_reaping_ends_all() {
    let world = World::new();
    let mut long = world.start("echo begun; sleep 1000", LONG).await;
    until(long.as_mut(), "begun").await;
    assert_eq!(world.run("setsid sleep 1000 & true").await.1, CheckEnd::Exited { code: 0 });
    assert!(world.alive() >= 1, "the other check goes on");
    assert!(world.mark().reap().await.unwrap() >= 1);
    assert_eq!(all(long.as_mut()).await.1, CheckEnd::Killed);
}

#[tokio::test]
async fn very_much_output_is_neither_kept_nor_in_the_way() {
    let world = World::new();
    let mut check = world.start("echo begin; head -c 300000000 /dev/zero | tr '\\0' x; echo; echo end", LONG).await;
    // It is not taken, and the command ends all the same.
    let deadline = Instant::now() + PATIENCE;
    while world.alive() > 0 {
        assert!(Instant::now() < deadline, "the command waits for its reader");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (output, end) = all(check.as_mut()).await;
    assert_eq!(end, CheckEnd::Exited { code: 0 });
    assert!(output.starts_with("begin\nxxx") && output.ends_with("x\nend\n") && output.contains("bytes are left out here"));
    assert!(output.len() < 5_000_000, "{}", output.len());
}

#[tokio::test]
async fn a_command_sees_what_agents_commands_see_and_no_more() {
    let world = World::new();
    let (output, _end) = world.run("env").await;
    let home = format!("HOME={}", world.directory.path().join("data/opencode/5/home").display());
    for wanted in [home.as_str(), "PATH=", "THEAGENCY_PIPELINE=", "NO_PROXY="] {
        assert!(output.lines().any(|line| line.starts_with(wanted)), "{wanted} is not in\n{output}");
    }
    // Cargo gives these to tests.
    for hidden in ["CARGO_MANIFEST_DIR=", "CARGO_PKG_NAME=", "OPENCODE_", "AGENCY_", "XDG_", "npm_config_"] {
        assert!(!output.lines().any(|line| line.starts_with(hidden)), "{hidden} is in\n{output}");
    }
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let world = World::new();
    let request = |worktree: PathBuf| CheckRequest { pipeline: PIPELINE, worktree, command: "true".into(), timeout: LONG };
    let missing = world.directory.path().join("gone");
    let error = world.checks.start(request(missing.clone())).await.err().unwrap();
    assert_eq!(error.0, format!("the worktree {} is not there", missing.display()));

    let checks = LocalChecks::new(missing.join("data"));
    std::fs::write(&missing, "no directory").unwrap();
    let error = checks.start(request(world.worktree())).await.err().unwrap();
    assert!(error.0.contains("cannot be made"), "{error}");
}
