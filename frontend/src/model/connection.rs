//! The state of the one event stream, as a small machine: what just happened goes in, what to do and what to show come out.
//!
//! The live module feeds it and carries out what it says. Times are the browser's milliseconds.

use super::status::Tone;

/// The server sends a heartbeat every 5 s; three that are missing mean that the stream is dead, though the browser may not have noticed.
pub const SILENCE_MILLIS_MAX: f64 = 15_000.0;
/// After this long without a stream the page says of when its data is. A restart of the server is over before that, and no news.
const OFFLINE_AFTER_MILLIS: f64 = 5_000.0;
/// The longest wait between two tries: long enough to be quiet, short enough that nobody reaches for the reload button.
const BACK_OFF_MILLIS_MAX: f64 = 10_000.0;
/// A tab that nobody looks at keeps its count of what waits at this pace.
const HIDDEN_POLL_MILLIS: f64 = 60_000.0;
/// A tab that is looked at, but has left its place to another, loads what it shows at this pace.
const CROWDED_POLL_MILLIS: f64 = 5_000.0;
/// How often the machine is asked while the page counts seconds, and at least while it does not: a computer that was asleep wakes without a word.
const COUNTING_MILLIS: f64 = 1_000.0;
const QUIET_MILLIS: f64 = 5_000.0;
/// Sooner is not worth a timer.
const SOON_MILLIS: f64 = 50.0;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    /// Opened, and no answer yet.
    Opening {
        since: f64,
    },
    Live {
        heard_at: f64,
    },
    /// Closed until the next try.
    Waiting {
        retry_at: f64,
    },
    /// Closed, and not to be opened for now.
    Resting {
        polled_at: f64,
        why: Rest,
    },
}

/// Why a tab does without a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Nobody looks at it.
    Hidden,
    /// More tabs are looked at than there are places for streams ([`super::places`]).
    Crowded,
}

impl Rest {
    fn poll_millis(self) -> f64 {
        match self {
            Self::Hidden => HIDDEN_POLL_MILLIS,
            Self::Crowded => CROWDED_POLL_MILLIS,
        }
    }

    fn chip(self) -> Chip {
        match self {
            Self::Hidden => Chip::of(Tone::Quiet, "paused", "Paused in a hidden tab".to_owned()),
            Self::Crowded => Chip::of(Tone::Quiet, "crowded", "Every 5 s: many windows are open".to_owned()),
        }
    }
}

/// What the live module is to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Nothing,
    /// Close what is there and open the stream anew from the cursor.
    Open,
    /// Ask what waits for a person, without a stream.
    Poll,
    /// Load everything that is shown again, without a stream.
    Reload,
}

/// See the module's description.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Connection {
    phase: Phase,
    /// When something came through last: what is on screen is as of then.
    heard_at: Option<f64>,
    /// Since when the stream is known to be gone; `None` while it is live, and before it was for the first time.
    lost_at: Option<f64>,
    failures: u32,
}

/// What the connection chip shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    pub tone: Tone,
    /// `connecting`, `live`, `reconnecting`, `offline`, `paused` or `crowded`: for style sheets and tests.
    pub word: &'static str,
    pub text: String,
    /// Set while the server has been out of reach for more than a moment.
    pub outage: Option<Outage>,
}

impl Chip {
    fn of(tone: Tone, word: &'static str, text: String) -> Self {
        Self { tone, word, text, outage: None }
    }
}

/// The server is out of reach, and what is on screen may be old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// Of when it is, in the browser's milliseconds; `None` where nothing ever came.
    pub as_of_millis: Option<i64>,
    /// Until the next try; `None` while one is under way.
    pub retry_in_seconds: Option<u32>,
}

impl Connection {
    /// A stream that is opened for the first time.
    pub fn opening(now: f64) -> Self {
        Self { phase: Phase::Opening { since: now }, heard_at: None, lost_at: None, failures: 0 }
    }

    /// The stream answered, or something came through it.
    pub fn heard(&mut self, now: f64) {
        *self = Self { phase: Phase::Live { heard_at: now }, heard_at: Some(now), lost_at: None, failures: 0 };
    }

    /// The stream broke or could not be opened.
    pub fn broke(&mut self, now: f64) {
        let wait = (500.0 * f64::from(1_u32 << self.failures.min(8))).min(BACK_OFF_MILLIS_MAX);
        self.failures += 1;
        self.lost_at.get_or_insert(now);
        self.phase = Phase::Waiting { retry_at: now + wait };
    }

    /// Asked whenever [`Connection::quiet_for`] has passed.
    pub fn tick(&mut self, now: f64) -> Order {
        let is_due = match &mut self.phase {
            Phase::Opening { since } => now - *since > SILENCE_MILLIS_MAX,
            Phase::Live { heard_at } => now - *heard_at > SILENCE_MILLIS_MAX,
            Phase::Waiting { retry_at } => now >= *retry_at,
            Phase::Resting { polled_at, why } if now - *polled_at >= why.poll_millis() => {
                *polled_at = now;
                return if *why == Rest::Hidden { Order::Poll } else { Order::Reload };
            }
            Phase::Resting { .. } => false,
        };
        if is_due { self.reopen(now) } else { Order::Nothing }
    }

    /// How long nothing is due, in milliseconds. What comes through the stream needs no asking.
    pub fn quiet_for(&self, now: f64) -> f64 {
        let (due_at, at_most) = match self.phase {
            Phase::Opening { .. } => (now + COUNTING_MILLIS, COUNTING_MILLIS),
            // Silence is too long when it is longer.
            Phase::Live { heard_at } => (heard_at + SILENCE_MILLIS_MAX + 1.0, QUIET_MILLIS),
            Phase::Waiting { retry_at } => (retry_at, COUNTING_MILLIS),
            Phase::Resting { polled_at, why } => (polled_at + why.poll_millis(), QUIET_MILLIS),
        };
        (due_at - now).clamp(SOON_MILLIS, at_most)
    }

    /// The tab is looked at again, the network is back, or the reader asks: do not wait for the next try.
    pub fn hurry(&mut self, now: f64) -> Order {
        match self.phase {
            Phase::Waiting { .. } | Phase::Resting { .. } => self.reopen(now),
            Phase::Opening { .. } | Phase::Live { .. } => self.tick(now),
        }
    }

    /// The stream is opened anew though nothing is wrong with it: nobody is told that it was lost.
    pub fn refill(&mut self, now: f64) -> Order {
        self.phase = Phase::Opening { since: now };
        Order::Open
    }

    /// The tab's place among the browser's six connections goes to another tab. Says whether it just closed.
    pub fn rest(&mut self, now: f64, why: Rest) -> bool {
        let rested = match self.phase {
            Phase::Resting { why, .. } => Some(why),
            Phase::Opening { .. } | Phase::Live { .. } | Phase::Waiting { .. } => None,
        };
        if rested != Some(why) && rested != Some(Rest::Hidden) {
            (self.phase, self.lost_at) = (Phase::Resting { polled_at: now, why }, None);
        }
        rested.is_none()
    }

    /// The tab left its place to others, and is looked at.
    pub fn is_crowded(&self) -> bool {
        matches!(self.phase, Phase::Resting { why: Rest::Crowded, .. })
    }

    fn reopen(&mut self, now: f64) -> Order {
        if !matches!(self.phase, Phase::Resting { .. }) {
            self.lost_at.get_or_insert(now);
        }
        self.phase = Phase::Opening { since: now };
        Order::Open
    }

    pub fn chip(&self, now: f64) -> Chip {
        let is_offline = self.lost_at.is_some_and(|lost_at| now - lost_at > OFFLINE_AFTER_MILLIS);
        let retry_in_seconds = match self.phase {
            Phase::Waiting { retry_at } => Some(((retry_at - now) / 1000.0).ceil().max(0.0) as u32),
            Phase::Opening { .. } | Phase::Live { .. } | Phase::Resting { .. } => None,
        };
        match (self.phase, self.lost_at) {
            (Phase::Live { .. }, _) => Chip::of(Tone::Good, "live", "Live".to_owned()),
            (Phase::Resting { why, .. }, _) => why.chip(),
            (_, Some(_)) if is_offline => {
                let outage = Outage { as_of_millis: self.heard_at.map(|at| at as i64), retry_in_seconds };
                Chip { outage: Some(outage), ..Chip::of(Tone::Bad, "offline", "Offline".to_owned()) }
            }
            (Phase::Waiting { .. }, _) => {
                let seconds = retry_in_seconds.unwrap_or_default();
                Chip::of(Tone::Waiting, "reconnecting", format!("Reconnecting in {seconds} s"))
            }
            (Phase::Opening { .. }, Some(_)) => Chip::of(Tone::Waiting, "reconnecting", "Reconnecting".to_owned()),
            (Phase::Opening { .. }, None) => match self.heard_at {
                None => Chip::of(Tone::Quiet, "connecting", "Connecting".to_owned()),
                // A moment's work on a stream that was well: nothing to be told.
                Some(_) => Chip::of(Tone::Good, "connecting", "Live".to_owned()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_is_silent_for_three_heartbeats_is_opened_anew() {
        let mut connection = Connection::opening(0.0);
        connection.heard(100.0);
        assert_eq!(connection.tick(15_000.0), Order::Nothing);
        assert_eq!(connection.tick(15_200.0), Order::Open);
        assert_eq!(connection.chip(15_200.0).word, "reconnecting");
        connection.heard(15_400.0);
        assert_eq!(connection.chip(15_400.0).word, "live");
    }

    #[test]
    fn a_stream_that_never_answers_is_opened_anew() {
        let mut connection = Connection::opening(0.0);
        assert_eq!(connection.chip(10.0).word, "connecting");
        assert_eq!(connection.tick(15_001.0), Order::Open);
    }

    #[test]
    fn tries_are_spaced_out_and_then_the_page_says_since_when_it_is_offline() {
        let mut connection = Connection::opening(0.0);
        connection.heard(0.0);
        let mut now = 0.0;
        let mut waits = Vec::new();
        for _ in 0..7 {
            connection.broke(now);
            let from = now;
            while connection.tick(now) == Order::Nothing {
                now += 100.0;
            }
            waits.push(now - from);
        }
        assert_eq!(waits, [500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 10_000.0, 10_000.0]);
        assert_eq!(connection.chip(now).word, "offline");
    }

    #[test]
    fn an_outage_says_of_when_the_data_is_and_when_the_next_try_comes() {
        let mut connection = Connection::opening(0.0);
        connection.heard(1_000.0);
        assert_eq!(connection.tick(17_000.0), Order::Open, "silent for too long");
        assert_eq!((connection.chip(21_000.0).word, connection.chip(21_000.0).outage), ("reconnecting", None));
        let trying = Outage { as_of_millis: Some(1_000), retry_in_seconds: None };
        assert_eq!(connection.chip(23_000.0).outage, Some(trying));
        connection.broke(23_000.0);
        assert_eq!(connection.chip(23_100.0).outage, Some(Outage { retry_in_seconds: Some(1), ..trying }));
        connection.heard(24_000.0);
        assert_eq!(connection.chip(24_000.0).outage, None);
    }

    #[test]
    fn a_server_that_never_answered_has_no_data_to_be_old() {
        let mut connection = Connection::opening(0.0);
        connection.broke(100.0);
        assert_eq!(connection.chip(10_000.0).outage.unwrap().as_of_millis, None);
    }

    #[test]
    fn a_countdown_is_shown_until_the_next_try() {
        let mut connection = Connection::opening(0.0);
        for _ in 0..3 {
            connection.broke(0.0);
        }
        assert_eq!(connection.chip(100.0).text, "Reconnecting in 2 s");
    }

    #[test]
    fn a_resting_tab_opens_its_stream_only_when_it_is_looked_at() {
        let mut connection = Connection::opening(0.0);
        connection.heard(0.0);
        assert!(connection.rest(1_000.0, Rest::Hidden));
        assert!(!connection.rest(1_500.0, Rest::Hidden), "it closes once");
        assert_eq!(connection.tick(60_999.0), Order::Nothing);
        assert_eq!(connection.tick(61_000.0), Order::Poll);
        assert_eq!(connection.tick(62_000.0), Order::Nothing);
        assert_eq!(connection.hurry(62_001.0), Order::Open);
        assert_eq!(connection.chip(62_001.0).word, "connecting");
    }

    #[test]
    fn a_tab_that_left_its_place_to_another_loads_what_it_shows_every_few_seconds() {
        let mut connection = Connection::opening(0.0);
        connection.heard(0.0);
        assert!(connection.rest(1_000.0, Rest::Crowded) && connection.is_crowded());
        assert_eq!((connection.tick(5_900.0), connection.quiet_for(5_900.0)), (Order::Nothing, 100.0));
        assert_eq!((connection.tick(6_000.0), connection.tick(6_100.0)), (Order::Reload, Order::Nothing));
        assert!(!connection.rest(7_000.0, Rest::Hidden), "it is closed already");
        assert_eq!((connection.chip(7_000.0).word, connection.is_crowded()), ("paused", false));
        connection.rest(7_000.0, Rest::Crowded);
        assert_eq!(connection.chip(7_000.0).word, "paused", "nobody looks at it, whatever else there is");
        assert_eq!(connection.hurry(8_000.0), Order::Open);
    }

    #[test]
    fn a_live_stream_is_asked_about_rarely_and_in_time() {
        let mut connection = Connection::opening(0.0);
        assert_eq!(connection.quiet_for(0.0), 1_000.0);
        connection.heard(100.0);
        assert_eq!(connection.quiet_for(100.0), 5_000.0);
        let due = 10_200.0 + connection.quiet_for(10_200.0);
        assert_eq!((due, connection.tick(due - 1.0), connection.tick(due)), (15_101.0, Order::Nothing, Order::Open));
        connection.broke(15_200.0);
        assert_eq!(connection.quiet_for(15_200.0), 500.0, "the first try");
        connection.broke(16_000.0);
        connection.broke(18_000.0);
        assert_eq!(connection.quiet_for(18_000.0), 1_000.0, "seconds are counted down");
        assert_eq!(connection.quiet_for(20_000.0), 50.0);
        connection.rest(30_000.0, Rest::Hidden);
        assert_eq!((connection.quiet_for(30_000.0), connection.quiet_for(88_000.0)), (5_000.0, 2_000.0));
    }

    #[test]
    fn coming_back_to_a_live_tab_leaves_the_stream_alone() {
        let mut connection = Connection::opening(0.0);
        connection.heard(0.0);
        assert_eq!(connection.hurry(3_000.0), Order::Nothing);
    }
}
