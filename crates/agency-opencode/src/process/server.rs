//! One `opencode serve` in a process group of its own.

use super::log::LogTail;
use super::reap::Mark;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// It prints its address after one to three seconds; a machine that is busy with other servers needs a multiple.
const LISTENING_WITHIN: Duration = Duration::from_secs(90);
/// How long an ordered end may take before the kill.
const TERM_WITHIN: Duration = Duration::from_secs(5);
/// After a kill only the kernel has work to do.
const KILL_WITHIN: Duration = Duration::from_secs(5);
/// How long the end of the output may lag behind the end of the process.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(200);
const LISTENING: &str = "listening on ";
const READ_BYTES: usize = 8 * 1024;

/// What is started.
pub(crate) struct Launch {
    pub(crate) binary: PathBuf,
    pub(crate) directory: PathBuf,
    /// All of its environment.
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) mark: Mark,
    /// Values that no error text may show.
    pub(crate) secrets: Vec<String>,
}

/// A server process. Dropping it kills its group; [`ServerProcess::stop`] also reaps what has left the group.
pub(crate) struct ServerProcess {
    pid: u32,
    mark: Mark,
    log: Arc<LogTail>,
    address: watch::Receiver<Option<String>>,
    exited: watch::Receiver<bool>,
}

impl ServerProcess {
    /// # Errors
    /// The binary cannot be run.
    pub(crate) fn spawn(launch: Launch) -> std::io::Result<Self> {
        let mut child = Command::new(&launch.binary)
            .args(["serve", "--hostname", "127.0.0.1", "--port", "0"])
            .env_clear()
            .envs(launch.environment)
            .current_dir(&launch.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().ok_or_else(|| std::io::Error::other("it ended at once"))?;
        let log = Arc::new(LogTail::new(launch.secrets));
        let (announce, address) = watch::channel(None);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (out_log, err_log) = (Arc::clone(&log), Arc::clone(&log));
        let readers = tokio::spawn(async move {
            tokio::join!(read(stdout, out_log, Some(announce)), read(stderr, err_log, None));
        });
        let (report, exited) = watch::channel(false);
        tokio::spawn(wait(child, readers, report));
        Ok(Self { pid, mark: launch.mark, log, address, exited })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Turns true when the process has ended.
    pub(crate) fn exited(&self) -> watch::Receiver<bool> {
        self.exited.clone()
    }

    pub(crate) fn has_exited(&self) -> bool {
        *self.exited.borrow()
    }

    /// The end of what it printed.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// The address that it prints once its port is open: `http://127.0.0.1:PORT`.
    ///
    /// # Errors
    /// In words: it ended, or says nothing for too long.
    pub(crate) async fn listening(&self) -> Result<String, String> {
        let mut address = self.address.clone();
        let mut exited = self.exited.clone();
        let announced = async { address.wait_for(Option::is_some).await.ok().and_then(|address| address.clone()) };
        let ended = async {
            // An error means that the task which watches it is gone, with the process.
            let _watched = exited.wait_for(|exited| *exited).await;
        };
        tokio::select! {
            biased;
            Some(address) = announced => Ok(address),
            () = ended => Err("it ended before it listened".to_owned()),
            () = tokio::time::sleep(LISTENING_WITHIN) => Err(format!("it did not listen within {} seconds", LISTENING_WITHIN.as_secs())),
        }
    }

    /// Ends it in order, then by force, then whatever carries its mark and is no check. Idempotent.
    pub(crate) async fn stop(&self) {
        for (signal, limit) in [(Signal::SIGTERM, TERM_WITHIN), (Signal::SIGKILL, KILL_WITHIN)] {
            if self.has_exited() {
                break;
            }
            self.signal(signal);
            let mut exited = self.exited.clone();
            let _in_time = tokio::time::timeout(limit, exited.wait_for(|exited| *exited)).await;
        }
        match self.mark.reap_beside_checks().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(pid = self.pid, count, "ended processes that an OpenCode server had left"),
            Err(error) => tracing::warn!(pid = self.pid, %error, "processes of an OpenCode server are left"),
        }
    }

    fn signal(&self, signal: Signal) {
        if let Ok(pid) = i32::try_from(self.pid) {
            // A group that is gone already is what we want.
            let _gone = killpg(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if !self.has_exited() {
            self.signal(Signal::SIGKILL);
        }
    }
}

async fn wait(mut child: Child, readers: JoinHandle<()>, report: watch::Sender<bool>) {
    let status = child.wait().await;
    // Its last words come first, unless something that it left behind holds the pipe open.
    let _read = tokio::time::timeout(LAST_WORDS_WITHIN, readers).await;
    tracing::debug!(?status, "an OpenCode server ended");
    report.send_replace(true);
}

/// Keeps the end of a stream and, until it was seen, looks for the address in it.
async fn read(stream: Option<impl AsyncRead + Unpin>, log: Arc<LogTail>, announce: Option<watch::Sender<Option<String>>>) {
    let Some(mut stream) = stream else { return };
    let mut buffer = vec![0; READ_BYTES];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        log.push(&buffer[..count]);
        let unannounced = announce.as_ref().filter(|announce| announce.borrow().is_none());
        if let (Some(announce), Some(address)) = (unannounced, address(&log.raw())) {
            announce.send_replace(Some(address));
        }
    }
}

fn address(text: &str) -> Option<String> {
    let (_before, after) = text.split_once(LISTENING)?;
    // Without a line's end it may be half an address.
    let (address, _rest) = after.split_once(char::is_whitespace)?;
    address.starts_with("http://").then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_domain::PipelineId;
    use std::path::Path;

    fn launch(script: &str, directory: &Path) -> Launch {
        use std::os::unix::fs::PermissionsExt;
        let binary = directory.join("opencode");
        std::fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mark = Mark::new(directory, PipelineId(1));
        let (name, value) = mark.variable();
        let path = std::env::var_os("PATH").unwrap();
        Launch {
            binary,
            directory: directory.to_owned(),
            environment: vec![("PATH".into(), path), (name.into(), value.into())],
            mark,
            secrets: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_process_that_ends_before_it_listens_is_an_error_with_its_log_at_hand() {
        let directory = tempfile::tempdir().unwrap();
        let process = ServerProcess::spawn(launch("echo no such luck >&2; exit 3", directory.path())).unwrap();
        assert_eq!(process.listening().await, Err("it ended before it listened".to_owned()));
        assert_eq!(process.log(), "no such luck");
    }

    #[tokio::test]
    async fn stopping_ends_the_process_and_what_it_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        let script = "setsid sleep 60 & echo server listening on http://127.0.0.1:1 ; wait";
        let process = ServerProcess::spawn(launch(script, directory.path())).unwrap();
        assert_eq!(process.listening().await.as_deref(), Ok("http://127.0.0.1:1"));
        process.stop().await;
        assert!(process.has_exited());
        assert_eq!(Mark::new(directory.path(), PipelineId(1)).reap().await.unwrap(), 0);
    }
}
