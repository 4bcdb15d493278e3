//! One command as a process, from its start until nothing of it is left.
//!
//! A task of its own holds the process, so that it is read, timed and ended whether or not anybody follows it.

use super::group::Group;
use super::output::Output;
use crate::process::Mark;
use agency_domain::checks::{CheckEnd, CheckError, CheckNews, CheckRequest, RunningCheck};
use async_trait::async_trait;
use nix::unistd::Pid;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, oneshot};

/// By its path: the command's `PATH` may lead to anything.
const SHELL: &str = "/bin/sh";
const READ_BYTES: usize = 64 * 1024;
/// How long the end of the output may lag behind the end of every process that we know of.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(500);

/// Starts the command.
///
/// # Errors
/// In words: the worktree cannot be entered, or the system starts no process.
pub(super) fn start(request: &CheckRequest, environment: Vec<(OsString, OsString)>, own: Mark) -> Result<Running, CheckError> {
    let worktree = request.worktree.display();
    if !request.worktree.is_dir() {
        return Err(CheckError(format!("the worktree {worktree} is not there")));
    }
    let (mut child, output) =
        spawn(request, environment).map_err(|error| CheckError(format!("no shell can be started in {worktree}: {error}")))?;
    let leader = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let Some(leader) = leader else {
        let _killed = child.start_kill();
        return Err(CheckError("the shell ended at once".to_owned()));
    };
    let shared = Arc::new(Shared::default());
    let (cancel, cancelled) = oneshot::channel();
    let process = Process { child, group: Group::new(leader, own), output, timeout: request.timeout, news: News(Arc::clone(&shared)) };
    tokio::spawn(process.run(cancelled));
    Ok(Running { shared, _cancel: cancel })
}

/// Standard output and standard error are the same pipe, so that what is printed stays in its order.
fn spawn(request: &CheckRequest, environment: Vec<(OsString, OsString)>) -> std::io::Result<(Child, pipe::Receiver)> {
    let (reader, writer) = std::io::pipe()?;
    let output = pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?;
    // The command, which holds our ends of the pipe, goes when this returns.
    let child = Command::new(SHELL)
        .args(["-c", &request.command])
        .env_clear()
        .envs(environment)
        .current_dir(&request.worktree)
        .stdin(Stdio::null())
        .stdout(Stdio::from(writer.try_clone()?))
        .stderr(Stdio::from(writer))
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    Ok((child, output))
}

/// What the task and the follower share.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    output: Output,
    end: Option<CheckEnd>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A command under way, as its follower sees it. Dropping it lets go of `_cancel`, for which the task waits.
pub(super) struct Running {
    shared: Arc<Shared>,
    _cancel: oneshot::Sender<()>,
}

#[async_trait]
impl RunningCheck for Running {
    async fn next(&mut self) -> CheckNews {
        loop {
            {
                let mut state = self.shared.lock();
                if let Some(text) = state.output.take() {
                    return CheckNews::Output(text);
                }
                if let Some(end) = &state.end {
                    return CheckNews::Ended(end.clone());
                }
            }
            // A change between the look and this is remembered.
            self.shared.changed.notified().await;
        }
    }
}

/// The task's side. Dropping it, which happens when the whole program ends, counts as a kill.
struct News(Arc<Shared>);

impl News {
    fn printed(&self, bytes: &[u8]) {
        self.0.lock().output.push(bytes);
        self.0.changed.notify_one();
    }

    fn ended(&self, end: CheckEnd) {
        {
            let mut state = self.0.lock();
            if state.end.is_none() {
                state.output.finish();
                state.end = Some(end);
            }
        }
        self.0.changed.notify_one();
    }
}

impl Drop for News {
    fn drop(&mut self) {
        self.ended(CheckEnd::Killed);
    }
}

struct Process {
    child: Child,
    group: Group,
    output: pipe::Receiver,
    timeout: Duration,
    news: News,
}

/// Why the wait for the command is over.
enum Over {
    Exited(std::io::Result<ExitStatus>),
    TimedOut,
    NobodyFollows,
}

impl Process {
    async fn run(self, cancelled: oneshot::Receiver<()>) {
        let Self { mut child, mut group, output, timeout, news } = self;
        let mut printed = std::pin::pin!(read(output, &news));
        let end = {
            let mut ending = std::pin::pin!(end(&mut child, &mut group, timeout, cancelled));
            tokio::select! {
                end = &mut ending => end,
                // A command may close its output and go on.
                () = &mut printed => {
                    let end = ending.await;
                    news.ended(end);
                    return;
                }
            }
        };
        let _all_read = tokio::time::timeout(LAST_WORDS_WITHIN, printed).await;
        news.ended(end);
    }
}

/// Waits for the command, for the end of its time or for nobody to follow it any more, and ends what is left of it.
async fn end(child: &mut Child, group: &mut Group, timeout: Duration, cancelled: oneshot::Receiver<()>) -> CheckEnd {
    let over = tokio::select! {
        biased;
        status = child.wait() => Over::Exited(status),
        _dropped = cancelled => Over::NobodyFollows,
        () = tokio::time::sleep(timeout) => Over::TimedOut,
    };
    let end = match over {
        Over::Exited(status) => {
            group.end().await;
            match status.map(|status| status.code()) {
                Ok(Some(code)) => CheckEnd::Exited { code },
                Ok(None) | Err(_) => CheckEnd::Killed,
            }
        }
        Over::TimedOut => {
            group.end().await;
            CheckEnd::TimedOut { seconds: timeout.as_secs() }
        }
        Over::NobodyFollows => {
            group.kill().await;
            CheckEnd::Killed
        }
    };
    // Else it would stay in the system's list of processes.
    let _status = tokio::time::timeout(LAST_WORDS_WITHIN, child.wait()).await;
    end
}

/// Reads until nothing more can come.
async fn read(mut output: pipe::Receiver, news: &News) {
    let mut buffer = vec![0; READ_BYTES];
    while let Ok(count @ 1..) = output.read(&mut buffer).await {
        news.printed(&buffer[..count]);
    }
}
