//! The one task that writes.
//!
//! Writes queue up; the task takes what is there, runs each write under a savepoint of its own (one alone needs none) inside one `BEGIN IMMEDIATE …
//! COMMIT`, tells the sink what has become durable, and then answers. So many writers share one sync, the tail is no lock waiting, and the order
//! of sequences is the order of commits. `Pragma synchronous` is FULL where something in the batch decides anything, NORMAL for transcripts and
//! progress.

mod job;
mod link;
mod load;
mod sequence;

pub(crate) use job::{Durability, Write, WriteError};
pub use load::{COMMIT_CLASSES, WriterLoad};
pub(crate) use sequence::Sequence;

use crate::connect::Place;
use agency_domain::pipelines::{EventSink, Recorded, StoreError};
use job::{Job, Pending};
use link::Link;
use load::Gauge;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Writes that may wait. Each caller waits for its own, so this many callers at once are more than one machine's agents can be.
const QUEUE_CAPACITY: usize = 1024;
/// Writes of one transaction: 256 callers at once reached the highest rate, with a commit of some 20 ms.
const BATCH_MAX: usize = 256;
/// How long a full queue is waited for. A batch ends within the busy time-out of the database, so a queue that stands this long stands still.
const ENQUEUE_LIMIT: Duration = Duration::from_secs(30);

/// The door to the writer.
pub(crate) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    gauge: Arc<Gauge>,
    stop: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

impl Writer {
    /// Starts the task on a connection that it owns from here on.
    pub(crate) async fn start(place: Place, db: DatabaseConnection, sink: Arc<dyn EventSink>) -> Result<Self, DbErr> {
        let link = Link::over(db).await?;
        let (queue, jobs) = mpsc::channel(QUEUE_CAPACITY);
        let (stop, stopped) = oneshot::channel();
        let gauge = Arc::new(Gauge::default());
        let task = Task { place, link: Some(link), sink, gauge: Arc::clone(&gauge) };
        let handle = tokio::spawn(task.run(jobs, stopped));
        Ok(Self { queue, gauge, stop: Mutex::new(Some((stop, handle))) })
    }

    /// Queues a write and waits for its commit. A caller that goes away in between leaves the write to happen.
    pub(crate) async fn write<W: Write>(&self, write: W) -> Result<W::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Pending::new(write, reply));
        match tokio::time::timeout(ENQUEUE_LIMIT, self.queue.send(job)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(closed()),
            Err(_) => return Err(StoreError::Unavailable("too many writes wait already".into())),
        }
        // No limit of our own here: the writer's waits are all bounded, and to give up would leave it open whether the write happened.
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// What it has done and has to do.
    pub(crate) fn load(&self) -> WriterLoad {
        self.gauge.read(self.queue.max_capacity() - self.queue.capacity())
    }

    /// Refuses what comes from now on, writes what waits, and closes the connection. Idempotent.
    pub(crate) async fn close(&self) {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, handle)) = stop {
            let _ = stop.send(());
            if let Err(error) = handle.await {
                tracing::error!(%error, "the database's writer did not end well");
            }
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the database is closed".into())
}

struct Task {
    place: Place,
    /// `None` after a failure: what SQLite did of the transaction is then unknown, so the next batch opens anew.
    link: Option<Link>,
    sink: Arc<dyn EventSink>,
    gauge: Arc<Gauge>,
}

impl Task {
    async fn run(mut self, mut jobs: mpsc::Receiver<Box<dyn Job>>, mut stopped: oneshot::Receiver<()>) {
        let mut stopping = false;
        let mut batch = Vec::with_capacity(BATCH_MAX);
        loop {
            tokio::select! {
                biased;
                _ = &mut stopped, if !stopping => {
                    jobs.close();
                    stopping = true;
                }
                count = jobs.recv_many(&mut batch, BATCH_MAX) => {
                    if count == 0 {
                        break;
                    }
                    self.write_batch(std::mem::take(&mut batch)).await;
                }
            }
        }
        if let Some(link) = self.link.take()
            && let Err(error) = link.db.close().await
        {
            tracing::warn!(%error, "the database did not close well");
        }
    }

    async fn write_batch(&mut self, mut batch: Vec<Box<dyn Job>>) {
        let began = Instant::now();
        match self.commit(&mut batch).await {
            Ok(facts) => {
                self.gauge.committed(began.elapsed());
                // Before the answers, so that whoever is answered finds what it did in the stream already.
                if !facts.is_empty() {
                    self.sink.publish(&facts);
                }
                batch.into_iter().for_each(|job| job.answer(None));
            }
            Err(error) => {
                self.gauge.failed();
                tracing::error!(%error, writes = batch.len(), "the database did not take a batch of writes");
                self.drop_link().await;
                let detail = error.to_string();
                batch.into_iter().for_each(|job| job.answer(Some(&detail)));
            }
        }
    }

    async fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<Vec<Arc<Recorded>>, DbErr> {
        let link = match &mut self.link {
            Some(link) => link,
            none => none.insert(Link::open(&self.place).await?),
        };
        let durability = batch.iter().map(|job| job.durability()).max().unwrap_or(Durability::Process);
        link.set_durability(durability).await?;
        let transaction = link.db.begin_with_options(immediately()).await?;
        let mut sequence = Sequence::after(link.tip);
        let run = match batch {
            [only] => only.run(&transaction, &mut sequence).await,
            many => run_each(many, &transaction, &mut sequence).await.map(|()| true),
        };
        match run {
            Ok(true) => transaction.commit().await?,
            Ok(false) => {
                transaction.rollback().await?;
                return Ok(Vec::new());
            }
            Err(error) => {
                // Where SQLite has rolled back by itself this fails, and there is nothing left to undo.
                let _ = transaction.rollback().await;
                return Err(error);
            }
        }
        link.tip = sequence.tip();
        Ok(sequence.into_facts())
    }

    /// A database in memory lives in its connection, and has no disk that could have failed it: that one is kept.
    async fn drop_link(&mut self) {
        if self.place.is_memory() {
            return;
        }
        if let Some(link) = self.link.take() {
            let _ = link.db.close().await;
        }
    }
}

/// Takes the write lock at the start: a transaction that reads first and then writes would be refused at once instead of waiting.
fn immediately() -> TransactionOptions {
    TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() }
}

async fn run_each(batch: &mut [Box<dyn Job>], transaction: &DatabaseTransaction, sequence: &mut Sequence) -> Result<(), DbErr> {
    for job in batch {
        let mark = sequence.mark();
        let savepoint = transaction.begin().await?;
        if job.run(&savepoint, sequence).await? {
            savepoint.commit().await?;
        } else {
            savepoint.rollback().await?;
            sequence.rewind(mark);
        }
    }
    Ok(())
}
