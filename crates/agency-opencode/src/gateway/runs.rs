//! Which prompts this process was sent, and what we did to them. Called by the server's port.

use agency_domain::{MessageId, SessionId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Prompts that are remembered of a session. One attempt has a handful.
const RUNS_MAX: usize = 64;

/// A prompt that this process was sent.
#[derive(Debug, Clone)]
pub(super) struct Run {
    message: MessageId,
    /// We stopped it.
    pub(super) aborted: bool,
    /// Somebody else granted a permission while it was the newest prompt.
    pub(super) tampered: bool,
}

/// The prompts of each session, oldest first.
#[derive(Debug, Default)]
pub(super) struct Runs {
    by_session: Mutex<HashMap<SessionId, Vec<Run>>>,
}

impl Runs {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Vec<Run>>> {
        self.by_session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new prompt is sent. `tampered`: somebody else granted a permission since the one before.
    pub(super) fn begin(&self, session: &SessionId, message: &MessageId, tampered: bool) {
        let mut by_session = self.lock();
        let runs = by_session.entry(session.clone()).or_default();
        if let Some(before) = runs.last_mut() {
            before.tampered |= tampered;
        }
        if runs.len() == RUNS_MAX {
            runs.remove(0);
        }
        runs.push(Run { message: message.clone(), aborted: false, tampered: false });
    }

    /// The session's newest run is being stopped.
    pub(super) fn abort(&self, session: &SessionId) {
        if let Some(run) = self.lock().get_mut(session).and_then(|runs| runs.last_mut()) {
            run.aborted = true;
        }
    }

    /// What is known of the newest of `prompts`, and whether any of them was tampered with.
    pub(super) fn of(&self, session: &SessionId, prompts: &[MessageId]) -> Option<Run> {
        let by_session = self.lock();
        let runs = by_session.get(session)?;
        let newest = prompts.last()?;
        let run = runs.iter().find(|run| run.message == *newest)?;
        let tampered = runs.iter().any(|run| run.tampered && prompts.contains(&run.message));
        Some(Run { tampered, ..run.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_tampered_with_stays_so_when_more_is_said_in_it() {
        let (runs, session) = (Runs::default(), SessionId::parse("ses_1").unwrap());
        let [first, second, third] = ["msg_1", "msg_2", "msg_3"].map(|id| MessageId::parse(id).unwrap());
        runs.begin(&session, &first, false);
        runs.begin(&session, &second, true);
        runs.begin(&session, &third, false);
        runs.abort(&session);
        let all = runs.of(&session, &[first.clone(), second.clone(), third.clone()]).unwrap();
        assert!(all.tampered && all.aborted);
        let later = runs.of(&session, &[second.clone(), third]).unwrap();
        assert!(!later.tampered);
        assert!(!runs.of(&session, &[first, second]).unwrap().aborted);
        assert!(runs.of(&session, &[]).is_none());
    }
}
