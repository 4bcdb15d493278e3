//! What waits for a person, and what ended since they looked: the shell counts it, the inbox shows it.

use crate::api::{self, Query};
use crate::live::Live;
use crate::model::chain::gate_key;
use crate::model::ended::{is_news, newest_end, waits};
use crate::model::put_off::{self, is_put_off};
use crate::ui::{Clock, Kept, effect, keep_put_off, kept_put_off, store, stored};
use agency_contract::{AgentRequest, Approval, Page, Pipeline};
use leptos::prelude::*;

/// So many of the pipelines that stopped are looked at, the newest. What ended behind them is in the list of pipelines.
const STOPPED_MAX: usize = 50;
/// Where the browser keeps when the newest pipeline had ended that the reader has seen, in milliseconds since 1970.
const SEEN: &str = "agency.ends-seen";

#[derive(Clone, Copy)]
pub(crate) struct Inbox {
    pub(crate) approvals: Query<Page<Approval>>,
    /// What agents ask and nobody has answered.
    pub(crate) requests: Query<Page<AgentRequest>>,
    /// Pipelines that are paused or have ended.
    pub(crate) stopped: Query<Page<Pipeline>>,
    /// The gates that the reader has put off, as they are kept.
    put_off: RwSignal<String>,
    /// See [`SEEN`]; `None` until something has come.
    seen: RwSignal<Option<i64>>,
    minute: Kept<i64>,
}

impl Inbox {
    /// Keeps it up to date, and provides it. Call once, at the root.
    pub(super) fn provide(live: &Live) -> Self {
        let inbox = Self {
            approvals: Query::new(api::approvals),
            requests: Query::new(api::requests),
            stopped: Query::new(|| api::stopped_pipelines(STOPPED_MAX)),
            put_off: RwSignal::new(kept_put_off()),
            seen: RwSignal::new(None),
            minute: Clock::minute(),
        };
        provide_context(inbox);
        live.on_refresh(move |refresh| {
            if refresh.touches_inbox() {
                inbox.approvals.refresh_soon();
                inbox.requests.refresh_soon();
                inbox.stopped.refresh_soon();
            }
        });
        effect(move || inbox.recall());
        inbox
    }

    pub(crate) fn from_context() -> Self {
        expect_context()
    }

    /// Whether the reader has put a gate off.
    pub(crate) fn is_put_off(self, approval: &Approval) -> bool {
        is_put_off(&self.put_off.read(), gate_key(approval), *self.minute.read())
    }

    /// Shows a gate again in an hour, here and in the counts; without one, all that are put off at once.
    pub(crate) fn put_off(self, gate: Option<i64>) {
        let kept = gate.map(|key| put_off::with(&self.put_off.read_untracked(), key, *self.minute.read_untracked())).unwrap_or_default();
        keep_put_off(&kept);
        self.put_off.set(kept);
    }

    /// What `read` says of each pipeline that is paused, or ended since the reader has seen all. `None` until they have come.
    pub(crate) fn news<T>(self, read: impl Fn(&Pipeline) -> T) -> Option<Vec<T>> {
        let (page, seen) = (self.stopped.value()?, self.seen.get()?);
        Some(page.items.iter().filter(|pipeline| is_news(pipeline, seen)).map(read).collect())
    }

    /// The reader has seen all that ended.
    pub(crate) fn saw_ends(self) {
        if let Some(page) = self.stopped.value() {
            self.see(newest_end(&page.items));
        }
    }

    /// Another tab may have seen what ended, too. What had ended before this browser came here first is no news.
    fn recall(self) {
        let Some(page) = self.stopped.value() else { return };
        match stored(SEEN) {
            Some(seen) => self.seen.set(Some(seen)),
            None => self.see(newest_end(&page.items)),
        }
    }

    fn see(self, millis: i64) {
        store(SEEN, &millis);
        self.seen.set(Some(millis));
    }

    pub(super) fn count(self) -> usize {
        let approvals = self.approvals.value().map_or(0, |page| page.items.iter().filter(|gate| !self.is_put_off(gate)).count());
        let stopped = self.news(waits).map_or(0, |news| news.into_iter().filter(|waits| *waits).count());
        approvals + stopped + self.requests.value().map_or(0, |page| page.items.len())
    }

    pub(crate) fn refresh(self) {
        self.approvals.refresh();
        self.requests.refresh();
    }
}
