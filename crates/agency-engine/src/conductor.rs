//! The conductor: claims due pipelines and gives each a runner, at most `max_concurrent` at once.
//!
//! What is due it reads from the store on each turn; a wake-up only makes the turn come sooner. One process owns a data directory (the
//! server holds a lock on it), so at the start no agent process of ours can be alive with right: all are ended.

use crate::questions;
use crate::reminders::Reminders;
use crate::runner::Runner;
use crate::use_cases::Shared;
use agency_domain::PipelineId;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a lost wake-up can delay a pipeline.
const TICK: Duration = Duration::from_secs(2);
/// How long a pipeline whose runner ended on a fault of the store rests before it is claimed again.
const REST_AFTER_FAULT: Duration = Duration::from_secs(5);
/// How long runners may take to end their servers when the process stops.
const STOP_LIMIT: Duration = Duration::from_secs(20);

impl crate::Engine {
    /// Runs until `stop`: ends what an earlier process left, then claims and carries out. Returns once every runner has ended its server.
    pub async fn run(&self, stop: CancellationToken) {
        if let Err(error) = self.shared.ports.runtime.reap(None).await {
            tracing::error!(%error, "processes of an earlier run could not be ended");
        }
        questions::interrupt_left(&self.shared).await;
        let (mut runners, mut answering) = (JoinSet::new(), JoinSet::new());
        let mut reminders = Reminders::default();
        while !stop.is_cancelled() {
            claim_due(&self.shared, &mut runners, &stop).await;
            questions::take_up(&self.shared, &mut answering, &stop).await;
            reminders.look(&self.shared).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.shared.changed.notified() => {}
                Some(_) = runners.join_next() => {}
                Some(_) = answering.join_next() => {}
                () = tokio::time::sleep(TICK) => {}
            }
        }
        let ended = async {
            while runners.join_next().await.is_some() {}
            while answering.join_next().await.is_some() {}
        };
        if tokio::time::timeout(STOP_LIMIT, ended).await.is_err() {
            tracing::warn!("some agents did not end in time; the next start ends them");
        }
    }
}

async fn claim_due(shared: &Arc<Shared>, runners: &mut JoinSet<()>, stop: &CancellationToken) {
    let free = shared.settings.max_concurrent.saturating_sub(shared.signals.count());
    if free == 0 {
        return;
    }
    let limit = u32::try_from(shared.settings.max_concurrent * 2).unwrap_or(u32::MAX);
    let due = match shared.ports.store.due(limit).await {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(%error, "due pipelines cannot be read; trying again");
            return;
        }
    };
    let unclaimed: Vec<PipelineId> = due.into_iter().filter(|id| !shared.signals.is_active(*id)).take(free).collect();
    for id in unclaimed {
        match shared.ports.store.claim(id, &shared.settings.owner).await {
            Ok(fence) => {
                let runner = Runner::new(Arc::clone(shared), id, fence, shared.signals.register(id), stop.clone());
                runners.spawn(carry_out(Arc::clone(shared), runner, id, stop.clone()));
            }
            Err(error) => tracing::error!(pipeline = %id, %error, "a pipeline cannot be claimed; trying again"),
        }
    }
}

async fn carry_out(shared: Arc<Shared>, runner: Runner, id: PipelineId, stop: CancellationToken) {
    // In a task of its own, so that a broken invariant in one pipeline ends that runner and no other.
    let faulty = match tokio::spawn(runner.run()).await {
        Ok(Ok(())) => false,
        Ok(Err(error)) => {
            tracing::error!(pipeline = %id, error = %error, "a runner stopped; the pipeline is taken up again");
            true
        }
        Err(panic) => {
            tracing::error!(pipeline = %id, error = %panic, "a runner broke; the pipeline is taken up again");
            true
        }
    };
    if faulty {
        let _ = shared.ports.runtime.reap(Some(id)).await;
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(REST_AFTER_FAULT) => {}
        }
    }
    shared.desk.close(id);
    shared.signals.forget(id);
    shared.changed.notify_one();
}
