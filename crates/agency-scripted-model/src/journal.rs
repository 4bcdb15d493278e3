//! What was asked and how each exchange ended. Written by the handlers, read by tests through [`crate::ScriptedModel::requests`] and over
//! `GET /_scripted/requests`, and appended to a file where one is named.

use crate::asked::Asked;
use crate::choice::Choice;
use serde::Serialize;
use serde_json::json;
use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Requests kept; older ones are forgotten. At tens of kilobytes of prompt each that is tens of megabytes.
const REQUESTS_MAX: usize = 1_000;

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It has not ended.
    Open,
    /// The script was played to its end, whatever it says there.
    Answered,
    /// The script reset the connection.
    Reset,
    /// The client went away before the script's end: a cancel that reached the model.
    ClientClosed,
    /// The scripted model itself was stopped.
    Stopped,
}

/// One request, as far as tests ask about it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedRequest {
    /// From 1, in order of arrival, across resets.
    pub number: u64,
    /// Milliseconds since 1970.
    pub at_unix_ms: u64,
    pub model: String,
    /// OpenCode's session id.
    pub session: Option<String>,
    /// All system messages.
    pub system: String,
    /// The newest user message.
    pub user: String,
    /// The addresses of pictures and files beside it, of each at most 200 characters.
    pub files: Vec<String>,
    /// The results of the tools called since the newest user message.
    pub results: String,
    /// Names of the tools that were offered.
    pub tools: Vec<String>,
    pub stream: bool,
    /// Number of messages of any role.
    pub messages: usize,
    /// What was played: a scenario's or a rule's name, `title`, `compaction`, `inline`.
    pub scenario: String,
    /// The place in it, from 0.
    pub turn: usize,
    pub ending: Ending,
}

impl RecordedRequest {
    /// Whether the client went away before the answer's end.
    pub fn client_closed(&self) -> bool {
        self.ending == Ending::ClientClosed
    }
}

/// The record of all exchanges.
pub(crate) struct Journal {
    kept: Mutex<Kept>,
    /// Counts changes, so that tests can wait for one.
    changes: watch::Sender<u64>,
    stopping: AtomicBool,
}

struct Kept {
    requests: VecDeque<RecordedRequest>,
    newest: u64,
    file: Option<File>,
}

impl Journal {
    /// # Errors
    /// The file cannot be opened for appending.
    pub(crate) fn open(file: Option<&Path>) -> std::io::Result<Self> {
        let file = file.map(|path| File::options().create(true).append(true).open(path)).transpose()?;
        let kept = Kept { requests: VecDeque::new(), newest: 0, file };
        Ok(Self { kept: Mutex::new(kept), changes: watch::Sender::new(0), stopping: AtomicBool::new(false) })
    }

    /// Gives a new request its number.
    pub(crate) fn next_number(&self) -> u64 {
        let mut kept = self.lock();
        kept.newest += 1;
        kept.newest
    }

    /// Records a request that has come in. It ends when the returned value is told so, or dropped.
    pub(crate) fn begin(self: &Arc<Self>, number: u64, asked: &Asked, choice: &Choice) -> Exchange {
        let request = RecordedRequest {
            number,
            at_unix_ms: unix_ms(),
            model: asked.model.clone(),
            session: asked.session.clone(),
            system: asked.system.clone(),
            user: asked.user.clone(),
            files: asked.files.clone(),
            results: asked.results.clone(),
            tools: asked.tools.clone(),
            stream: asked.stream,
            messages: asked.messages,
            scenario: choice.scenario.clone(),
            turn: choice.turn,
            ending: Ending::Open,
        };
        let mut kept = self.lock();
        kept.append(&json!({ "event": "asked", "request": request }));
        if kept.requests.len() == REQUESTS_MAX {
            kept.requests.pop_front();
        }
        kept.requests.push_back(request);
        drop(kept);
        self.changed();
        Exchange { journal: Arc::clone(self), number, ended: false }
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().requests.clear();
        self.changed();
    }

    /// From now on whoever is cut off was cut off by us.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Ends what is still open: the server has stopped, and its threads may drop what they held a moment later.
    pub(crate) fn close(&self) {
        let open: Vec<u64> =
            self.lock().requests.iter().filter(|request| request.ending == Ending::Open).map(|request| request.number).collect();
        for number in open {
            self.end(number, Ending::Stopped);
        }
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The first ending counts.
    fn end(&self, number: u64, ending: Ending) {
        let mut kept = self.lock();
        if let Some(request) = kept.requests.iter_mut().find(|request| request.number == number) {
            if request.ending != Ending::Open {
                return;
            }
            request.ending = ending;
        }
        kept.append(&json!({ "event": "ended", "number": number, "ending": ending, "at_unix_ms": unix_ms() }));
        drop(kept);
        self.changed();
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// A handler that panicked leaves a journal that is still worth reading.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// One line per fact. A log that cannot be written is given up, with a word about it: tests read the memory.
    fn append(&mut self, fact: &serde_json::Value) {
        let written = self.file.as_mut().map(|file| writeln!(file, "{fact}"));
        if let Some(Err(error)) = written {
            eprintln!("scripted model: the request log cannot be written and ends here: {error}");
            self.file = None;
        }
    }
}

/// An exchange under way. Dropped before [`Exchange::end`], it means that the client went away.
pub(crate) struct Exchange {
    journal: Arc<Journal>,
    number: u64,
    ended: bool,
}

impl Exchange {
    pub(crate) fn end(&mut self, ending: Ending) {
        if !std::mem::replace(&mut self.ended, true) {
            self.journal.end(self.number, ending);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let stopping = self.journal.stopping.load(Ordering::Relaxed);
        self.end(if stopping { Ending::Stopped } else { Ending::ClientClosed });
    }
}

pub(crate) fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
