//! What survives a kill (store, git, ids), and the lives of the process that is killed.

use super::process::Process;
use super::scenarios::{Scenario, Story};
use super::word_of;
use crate::support::FakeRepositories;
use crate::support::crossings::{Fate, Side};
use agency_domain::pipelines::{Attempt, AttemptStatus, EventSink, Fact, IdempotencyKey, Pipeline, PipelineStore, Recorded};
use agency_domain::testing::checker::{SeenPrompt, accepted_commits, faults, gaps, told, unnamed_refs};
use agency_domain::testing::{Heard, MemoryStore, TestIds};
use agency_domain::{AttemptId, Timestamp, Usage};
use agency_engine::LiveHub;
use futures::FutureExt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a process stays away after a kill.
const DOWN: Duration = Duration::from_secs(7);

/// Everything that is still there when the process is gone.
pub(crate) struct World<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) sink: Arc<Sink>,
    pub(crate) repositories: Arc<FakeRepositories>,
    pub(crate) ids: Arc<TestIds>,
    /// What agents were sent, in all lives.
    pub(crate) seen: Arc<Mutex<Vec<SeenPrompt>>>,
    pub(crate) lives: AtomicU32,
    now: Mutex<Timestamp>,
}

/// One life of the process, as it was.
pub(crate) struct Life {
    /// Whether the scenario came to its end in it.
    pub(crate) ended: bool,
    pub(crate) crossed: Vec<String>,
    was_killed: bool,
    /// The attempt that was under way when it was killed.
    cut_off: Option<AttemptId>,
    /// Servers that it started and stopped.
    servers: (u32, u32),
}

/// Remembers every fact, and tells the hub of the life that is now.
#[derive(Default)]
pub(crate) struct Sink {
    heard: Heard,
    words: Mutex<Vec<&'static str>>,
    live: Mutex<Option<LiveHub>>,
}

impl Sink {
    pub(crate) fn tell(&self, live: LiveHub) {
        *self.live.lock().unwrap() = Some(live);
    }
}

impl EventSink for Sink {
    fn publish(&self, facts: &[Arc<Recorded>]) {
        self.heard.publish(facts);
        let word = |recorded: &Arc<Recorded>| match &recorded.fact {
            Fact::Event(event) => Some(word_of(event)),
            Fact::Part(_) => None,
        };
        self.words.lock().unwrap().extend(facts.iter().filter_map(word));
        if let Some(live) = self.live.lock().unwrap().as_ref() {
            live.publish(facts);
        }
    }
}

/// The key with which the pipeline is created, again and again until it is there.
pub(crate) fn key() -> IdempotencyKey {
    IdempotencyKey { key: "once".into(), request_sha256: "5e".repeat(32) }
}

/// What agents, checks and people look at.
#[derive(Clone)]
pub(crate) struct View {
    store: Arc<MemoryStore>,
    sink: Arc<Sink>,
}

impl View {
    /// The pipeline as it stands; `None` before it is created.
    pub(crate) fn pipeline(&self) -> Option<Pipeline> {
        let at_once = "memory answers at once";
        let id = self.store.created_with(&key()).now_or_never().expect(at_once).unwrap()?;
        self.store.load(id).now_or_never().expect(at_once).unwrap()
    }

    /// What `say` makes of it.
    pub(crate) fn told_to<T>(&self, say: impl FnOnce(&Story<'_>) -> T) -> Option<T> {
        let pipeline = self.pipeline()?;
        let words = self.sink.words.lock().unwrap().clone();
        Some(say(&Story { pipeline: &pipeline, words: &words }))
    }
}

impl<'a> World<'a> {
    pub(crate) fn new(scenario: &'a Scenario) -> Self {
        let sink = Arc::new(Sink::default());
        Self {
            scenario,
            store: Arc::new(MemoryStore::new(sink.clone())),
            sink,
            repositories: Arc::default(),
            ids: Arc::default(),
            seen: Arc::default(),
            lives: AtomicU32::new(0),
            now: Mutex::new(Timestamp::from_second(1_764_000_000).unwrap()),
        }
    }

    pub(crate) fn view(&self) -> View {
        View { store: self.store.clone(), sink: self.sink.clone() }
    }

    /// Runs a process until the scenario has come to its end, or the process is killed.
    pub(crate) fn live(&self, kill: Option<(usize, Side)>) -> Life {
        let life = self.lives.fetch_add(1, Ordering::SeqCst);
        let fate = Fate::ending(kill);
        let began = *self.now.lock().unwrap();
        let tokio = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (was_killed, ended, servers, now) = tokio.block_on(async {
            let process = Process::start(self, life, fate.clone(), began);
            let (was_killed, ended) = tokio::select! {
                biased;
                () = fate.died() => (true, false),
                ended = process.carry_on(self.scenario) => (false, ended),
            };
            (was_killed, ended, process.runtime.servers(), process.now())
        });
        // With the runtime go all its tasks, where they stand.
        drop(tokio);
        *self.now.lock().unwrap() = now + DOWN;
        let cut_off = self.view().pipeline().and_then(|pipeline| Some(pipeline.open_attempt()?.1.id)).filter(|_| was_killed);
        Life { ended, crossed: fate.crossed(), was_killed, cut_off, servers }
    }

    /// Holds what is left against what must be; says what is wrong.
    pub(crate) fn judge(&self, lives: &[Life]) -> Result<(), String> {
        let Some(pipeline) = self.view().pipeline() else { return Err("the pipeline was never created".into()) };
        let seen = self.seen.lock().unwrap();
        let store = self.store.as_ref();
        let mut found = faults(store, store, &seen).now_or_never().expect("memory answers at once").unwrap();
        found.extend(gaps(&self.sink.heard.facts()));
        found.extend(unnamed_refs(store, store, &self.repositories.preserved()).now_or_never().expect("memory answers at once").unwrap());
        let mut expect = |holds: bool, what: String| found.extend((!holds).then_some(what));

        let last = lives.last().expect("there is at least one life");
        let as_it_stands = told(&pipeline);
        expect(last.ended && pipeline.status.as_str() == self.scenario.end, format!("it came to no end in time: {as_it_stands}"));
        expect(last.servers.0 == last.servers.1, format!("{:?} servers were started and stopped", last.servers));
        expect(pipeline.open_attempt().is_none(), format!("an attempt is open: {as_it_stands}"));
        // What was cut off after it had passed the ceiling is stopped by it all the same, without a failure of its own.
        let over = |usage: Usage| self.scenario.budget.tokens.is_some_and(|limit| usage.tokens.total() >= limit);
        let fails = |attempt: &Attempt| match attempt.status {
            AttemptStatus::Failed(_) => true,
            AttemptStatus::Interrupted => over(attempt.usage),
            AttemptStatus::Starting
            | AttemptStatus::Running
            | AttemptStatus::Finishing
            | AttemptStatus::Succeeded
            | AttemptStatus::Cancelled => false,
        };
        let failed = pipeline.attempts_in_order().iter().filter(|(_, attempt)| fails(attempt)).count();
        expect(failed == self.scenario.failures, format!("{failed} attempts failed, not {}: {as_it_stands}", self.scenario.failures));
        for cut_off in lives.iter().filter_map(|life| life.cut_off) {
            let status = pipeline.attempt(cut_off).map(|(_, attempt)| attempt.status.clone());
            let visible = matches!(status, Some(AttemptStatus::Interrupted | AttemptStatus::Cancelled));
            expect(visible, format!("attempt {cut_off} was cut off, and is {status:?}"));
        }
        let (branches, accepted) = (self.repositories.branches(), accepted_commits(&pipeline));
        let on_branch = branches.first().cloned().unwrap_or_default();
        expect(branches.len() <= 1 && on_branch == accepted, format!("the branch has {branches:?}, and what was accepted is {accepted:?}"));
        for (index, prompt) in seen.iter().enumerate() {
            expect(!seen[..index].iter().any(|other| other.message == prompt.message), format!("{} was sent twice", prompt.message));
        }
        for life in lives {
            let first = life.crossed.iter().find(|crossing| crossing.starts_with("runtime."));
            let is_clean = first.is_none_or(|first| first == "runtime.reap all");
            expect(is_clean, format!("a life began its work with {first:?}, before the processes of the one before were ended"));
            expect(life.ended || life.was_killed, format!("a life that nobody ended came to no end: {as_it_stands}"));
        }
        if found.is_empty() { Ok(()) } else { Err(found.join("\n")) }
    }
}
