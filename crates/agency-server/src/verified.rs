//! How far the audit log is verified, so that whoever asks again and again has it verified from there on.

use agency_domain::pipelines::{Checkpoint, EventLog, StoreError, Verification};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The last place that was verified, as long as the server runs. What the server has seen once must stay: a log that is cut off behind it, or replaced
/// by another that matches in itself, is broken too.
pub(crate) struct VerifiedLog(Mutex<Checkpoint>);

impl Default for VerifiedLog {
    fn default() -> Self {
        Self(Mutex::new(Checkpoint::START))
    }
}

impl VerifiedLog {
    /// Verifies what has come since the last time, or the whole log. Two who ask at once both verify.
    pub(crate) async fn verify(&self, log: &dyn EventLog, whole: bool) -> Result<Verification, StoreError> {
        let known = *self.lock();
        let found = log.verify(if whole { Checkpoint::START } else { known }).await?;
        if found.broken_at.is_some() {
            return Ok(found);
        }
        if whole && known != Checkpoint::START {
            let since = log.verify(known).await?;
            if since.broken_at.is_some() {
                return Ok(since);
            }
        }
        let mut known = self.lock();
        if known.id < found.up_to.id {
            *known = found.up_to;
        }
        Ok(found)
    }

    fn lock(&self) -> MutexGuard<'_, Checkpoint> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
