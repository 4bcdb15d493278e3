//! What the writer is asked to do: one write, with the way back to who waits for it.

use super::Sequence;
use agency_domain::pipelines::StoreError;
use async_trait::async_trait;
use sea_orm::{DatabaseTransaction, DbErr};
use tokio::sync::oneshot;

/// What a write survives once it is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Durability {
    /// The death of the process.
    Process,
    /// The loss of power too.
    Power,
}

/// Why a write did not happen.
pub(crate) enum WriteError {
    /// This write alone does not fit; the others of its batch may.
    Refused(StoreError),
    /// The database failed: nothing of the batch happens.
    Broken(DbErr),
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<DbErr> for WriteError {
    /// A broken constraint undoes its own statement only, so the batch can go on. Any other error may have ended the whole transaction.
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(constraint) => Self::Refused(StoreError::Unavailable(format!("the change breaks a rule of the database: {constraint}"))),
            None => Self::Broken(error),
        }
    }
}

/// One write, carried out inside a savepoint of its own, or a transaction.
#[async_trait]
pub(crate) trait Write: Send + Sync + 'static {
    type Answer: Send + 'static;

    fn durability(&self) -> Durability;

    async fn run(&self, db: &DatabaseTransaction, sequence: &mut Sequence) -> Result<Self::Answer, WriteError>;
}

/// A write of any kind, for the queue.
#[async_trait]
pub(super) trait Job: Send {
    fn durability(&self) -> Durability;

    /// Runs the write and keeps its answer. `Ok(false)`: it was refused, roll back to the savepoint.
    async fn run(&mut self, db: &DatabaseTransaction, sequence: &mut Sequence) -> Result<bool, DbErr>;

    /// Tells who waits: the answer that was kept, or that the database failed.
    fn answer(self: Box<Self>, failed: Option<&str>);
}

pub(super) struct Pending<W: Write> {
    write: W,
    reply: oneshot::Sender<Result<W::Answer, StoreError>>,
    kept: Option<Result<W::Answer, StoreError>>,
}

impl<W: Write> Pending<W> {
    pub(super) fn new(write: W, reply: oneshot::Sender<Result<W::Answer, StoreError>>) -> Self {
        Self { write, reply, kept: None }
    }
}

#[async_trait]
impl<W: Write> Job for Pending<W> {
    fn durability(&self) -> Durability {
        self.write.durability()
    }

    async fn run(&mut self, db: &DatabaseTransaction, sequence: &mut Sequence) -> Result<bool, DbErr> {
        let (kept, done) = match self.write.run(db, sequence).await {
            Ok(answer) => (Ok(answer), true),
            Err(WriteError::Refused(error)) => (Err(error), false),
            Err(WriteError::Broken(error)) => return Err(error),
        };
        self.kept = Some(kept);
        Ok(done)
    }

    fn answer(self: Box<Self>, failed: Option<&str>) {
        let answer = match (failed, self.kept) {
            // A refusal stands on what was read, not on what was written: it holds whether the batch commits or not. But what was read may
            // have been written earlier in the same batch, so after a failure nobody is told anything but that.
            (Some(detail), _) => Err(StoreError::Unavailable(detail.to_owned())),
            (None, Some(kept)) => kept,
            (None, None) => unreachable!("a batch that commits has run every job"),
        };
        // Nobody waits any more where the caller was cancelled; the write stands.
        let _ = self.reply.send(answer);
    }
}
