//! One life of the process: an engine over the world's ports, and the person who uses it.

use super::scenarios::{Deed, Scenario};
use super::world::{View, World, key};
use crate::support::crossings::{Fate, KilledChecks, KilledRepositories, KilledRuntime, KilledStore};
use crate::support::{FakeCatalog, FakeChecks, FakeRuntime};
use agency_domain::pipelines::{Pipeline, Scope};
use agency_domain::{Clock, Timestamp};
use agency_engine::{
    AskAnswer, CreateRequest, DecisionRequest, Engine, EngineSettings, LiveHub, Ports, QuestionRequest, RetryRequest, UseCaseError,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Time that a life may take without a kill. The longest waits are a reminder after a minute and the pause before a retry.
const LIFE_MAX: Duration = Duration::from_secs(15 * 60);
/// How long a person waits for news before looking again.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(crate) struct Process {
    engine: Engine,
    pub(crate) runtime: Arc<FakeRuntime>,
    view: View,
    clock: Arc<LifeClock>,
}

/// Goes as tokio's clock does, from where the life before ended.
struct LifeClock {
    from: Timestamp,
    began: Instant,
}

impl Clock for LifeClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.began.elapsed().as_millis()).unwrap();
        Timestamp::from_millisecond(self.from.as_millisecond() + elapsed).unwrap()
    }
}

impl Process {
    pub(crate) fn start(world: &World<'_>, life: u32, fate: Arc<Fate>, now: Timestamp) -> Self {
        let live = LiveHub::new();
        world.sink.tell(live.clone());
        let clock = Arc::new(LifeClock { from: now, began: Instant::now() });
        let (play, check) = (world.scenario.play, world.scenario.check);
        let (view, there) = (world.view(), "agents and checks come after the pipeline");
        let script = Box::new(move |prompt: &_| view.told_to(|story| play(story, prompt)).expect(there));
        let runtime = Arc::new(FakeRuntime::following(script, world.repositories.clone(), life * 1_000));
        let view = world.view();
        let checks = Arc::new(FakeChecks::following(Box::new(move || view.told_to(check).expect(there))));
        let killed = Arc::new(KilledStore { inner: world.store.clone(), fate: fate.clone() });
        let ports = Ports {
            store: killed.clone(),
            transcripts: killed,
            repositories: Arc::new(KilledRepositories { inner: world.repositories.clone(), fate: fate.clone() }),
            runtime: Arc::new(KilledRuntime {
                inner: runtime.clone(),
                fate: fate.clone(),
                store: world.store.clone(),
                seen: world.seen.clone(),
            }),
            checks: Arc::new(KilledChecks { inner: checks, fate }),
            catalog: Arc::new(FakeCatalog::default()),
            clock: clock.clone(),
            ids: world.ids.clone(),
        };
        let engine = Engine::new(ports, settings(), live);
        runtime.join(engine.clone());
        let conductor = engine.clone();
        tokio::spawn(async move { conductor.run(CancellationToken::new()).await });
        Self { engine, runtime, view: world.view(), clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Does what the person wants until the scenario has come to its end and its servers have; false where that takes too long.
    pub(crate) async fn carry_on(&self, scenario: &Scenario) -> bool {
        tokio::time::timeout(LIFE_MAX, self.use_it(scenario)).await.is_ok()
    }

    async fn use_it(&self, scenario: &Scenario) {
        let mut live = self.engine.live().subscribe();
        loop {
            let looked = self.view.told_to(|story| ((scenario.person)(story), story.pipeline.clone()));
            let Some((wish, pipeline)) = looked else {
                let request = CreateRequest {
                    description: "Add --shout".into(),
                    repo: "/repo".into(),
                    steps: Some(scenario.steps.clone()),
                    budget: scenario.budget,
                    ..CreateRequest::default()
                };
                self.engine.create(request, Some(key())).await.unwrap();
                continue;
            };
            let is_over = wish.is_none() && pipeline.status.as_str() == scenario.end;
            let (started, stopped) = self.runtime.servers();
            if is_over && started == stopped {
                return;
            }
            // Whoever is too late is told so, and looks again.
            if let Some(deed) = wish
                && self.carry_out(&pipeline, deed).await.is_ok()
            {
                continue;
            }
            let _ = tokio::time::timeout(LOOK_EVERY, live.events.recv()).await;
        }
    }

    async fn carry_out(&self, pipeline: &Pipeline, deed: Deed) -> Result<Pipeline, UseCaseError> {
        let (id, by) = (pipeline.id, "kim".to_owned());
        match deed {
            Deed::Decide(decision) => {
                let gate = pipeline.pending_approval().expect("people decide at gates that are open").id;
                let comment = Some("Smaller.".to_owned());
                let request = DecisionRequest { decision, comment, decided_by: by, back_to: None, digest: None };
                self.engine.decide_approval(gate, request).await
            }
            Deed::Accept(criterion) => self.engine.accept_criterion(id, criterion.to_owned(), by, "I see to it.".into()).await,
            Deed::Pause { now } => self.engine.pause(id, by, now).await,
            Deed::Resume(budget) => self.engine.resume(id, by, budget).await,
            Deed::Steer(text) => self.engine.steer(id, by, text.to_owned()).await,
            Deed::Answer | Deed::Grant => {
                let ask = pipeline.asks.iter().find(|ask| ask.answer.is_none()).expect("people answer what is asked").id;
                let grant = matches!(deed, Deed::Grant).then(|| (Scope::Pipeline, Vec::new()));
                self.engine.answer_ask(ask, AskAnswer { allowed: true, message: None, by, grant }).await
            }
            Deed::Revoke => {
                let ask = pipeline.asks.iter().find(|ask| ask.grant().is_some()).expect("people take back what holds on").id;
                self.engine.revoke_grant(ask, by).await
            }
            Deed::Cancel => self.engine.cancel(id, by).await,
            Deed::Ask => {
                let question = QuestionRequest { text: "Why so?".into(), by, ..QuestionRequest::default() };
                self.engine.ask(id, question).await.map(|_| pipeline.clone())
            }
            Deed::Retry => self.engine.retry(id, RetryRequest { by, ..RetryRequest::default() }).await,
        }
    }
}

fn settings() -> EngineSettings {
    EngineSettings {
        max_concurrent: 2,
        queue_max: 100,
        worktrees: "/nowhere".into(),
        handoff_url: "http://127.0.0.1:1/mcp".into(),
        stall_after: Duration::from_secs(600),
        tool_limit: Duration::from_secs(900),
        ask_deadline: Duration::from_secs(300),
        server_memory_max: 1_000,
        scripted_allowed: true,
        owner: "test".into(),
    }
}
