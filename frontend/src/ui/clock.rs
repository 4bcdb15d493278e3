//! Times for people, all of them driven by one timer.

use super::reactive::Kept;
use crate::model::clock::{ago, elapsed, parse_millis};
use leptos::prelude::*;
use std::time::Duration;

/// Relative times change by the second at most.
const TICK: Duration = Duration::from_secs(1);

const MINUTE_MILLIS: i64 = 60_000;

/// The shared clock: now, in milliseconds since 1970, once a second while the tab is seen.
#[derive(Clone, Copy)]
pub(crate) struct Clock(RwSignal<i64>);

fn now_millis() -> i64 {
    js_sys::Date::now() as i64
}

impl Clock {
    /// Starts the clock and provides it as context. Call once, at the root.
    pub(crate) fn provide() {
        let now = RwSignal::new(now_millis());
        let tick = move || {
            if !document().hidden() {
                now.set(now_millis());
            }
        };
        let _ = set_interval_with_handle(tick, TICK);
        provide_context(Self(now));
    }

    /// The time to the minute, in milliseconds since 1970.
    pub(crate) fn minute() -> Kept<i64> {
        let now = Self::from_context();
        Kept::new(move || now.get() / MINUTE_MILLIS * MINUTE_MILLIS)
    }

    fn from_context() -> RwSignal<i64> {
        expect_context::<Self>().0
    }
}

/// A moment as the reader's time of day, with the date where it is not today.
pub(crate) fn local_time(millis: f64) -> String {
    let moment = js_sys::Date::new(&millis.into());
    let today = js_sys::Date::new_0().to_date_string();
    let time = format!("{:02}:{:02}", moment.get_hours(), moment.get_minutes());
    if moment.to_date_string() == today {
        time
    } else {
        format!("{:04}-{:02}-{:02} {time}", moment.get_full_year(), moment.get_month() + 1, moment.get_date())
    }
}

/// UTC as the wire has it, and the reader's own time.
fn absolute(at: &str) -> String {
    parse_millis(at).map_or_else(String::new, |millis| format!("{} here, {at} UTC", local_time(millis as f64)))
}

/// `4 min ago`, with the absolute time on hover.
#[component]
pub(crate) fn Ago(#[prop(into)] at: Signal<String>) -> impl IntoView {
    let now = Clock::from_context();
    let text = Memo::new(move |_| at.with(|at| parse_millis(at).map_or_else(|| at.clone(), |then| ago(then, now.get()))));
    view! { <time datetime=at title=Signal::derive(move || absolute(&at.read()))>{Signal::derive(move || text.get())}</time> }
}

/// How long something took, or has been going on.
#[component]
pub(crate) fn Elapsed(#[prop(into)] from: Signal<Option<String>>, #[prop(into)] to: Signal<Option<String>>) -> impl IntoView {
    let clock = Clock::from_context();
    let text = Memo::new(move |_| {
        // What has ended needs no clock.
        let now = if to.with(Option::is_some) { 0 } else { clock.get() };
        elapsed(from.read().as_deref(), to.read().as_deref(), now).unwrap_or_else(|| "–".to_owned())
    });
    view! { <span class="elapsed">{Signal::derive(move || text.get())}</span> }
}
