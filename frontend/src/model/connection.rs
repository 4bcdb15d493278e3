//! The state of the one event stream, as a small machine: what just happened goes in, what to do and what to show come out.
//!
//! The live module feeds it and carries out what it says. Times are the browser's milliseconds.

use super::status::Tone;

/// The server sends a heartbeat every 5 s; three that are missing mean that the stream is dead, though the browser may not have noticed.
pub const SILENCE_MILLIS_MAX: f64 = 15_000.0;
/// After this long without a stream the page says since when it shows old data.
const OFFLINE_AFTER_MILLIS: f64 = 20_000.0;
/// The longest wait between two tries: long enough to be quiet, short enough that nobody reaches for the reload button.
const BACK_OFF_MILLIS_MAX: f64 = 10_000.0;

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
    /// Closed because nobody looks at this tab.
    Resting,
}

/// What the live module is to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Nothing,
    /// Close what is there and open the stream anew from the cursor.
    Open,
}

/// See the module's description.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Connection {
    phase: Phase,
    /// Since when the stream is gone; `None` while it is live, and before it was for the first time.
    lost_at: Option<f64>,
    failures: u32,
}

/// What the connection chip shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    pub tone: Tone,
    /// `connecting`, `live`, `reconnecting`, `offline` or `paused`: for style sheets and tests.
    pub word: &'static str,
    pub text: String,
    /// Since when the page shows old data, in the browser's milliseconds; the view adds it as a time of day.
    pub offline_since_millis: Option<i64>,
}

impl Connection {
    /// A stream that has just been opened.
    pub fn opening(now: f64) -> Self {
        Self { phase: Phase::Opening { since: now }, lost_at: None, failures: 0 }
    }

    /// The stream answered, or something came through it.
    pub fn heard(&mut self, now: f64) {
        *self = Self { phase: Phase::Live { heard_at: now }, lost_at: None, failures: 0 };
    }

    /// The stream broke or could not be opened.
    pub fn broke(&mut self, now: f64) {
        let wait = (500.0 * f64::from(1_u32 << self.failures.min(8))).min(BACK_OFF_MILLIS_MAX);
        self.failures += 1;
        self.lost_at.get_or_insert(now);
        self.phase = Phase::Waiting { retry_at: now + wait };
    }

    /// Asked every second, and whenever the tab or the network comes back.
    pub fn tick(&mut self, now: f64) -> Order {
        let is_due = match self.phase {
            Phase::Opening { since } => now - since > SILENCE_MILLIS_MAX,
            Phase::Live { heard_at } => now - heard_at > SILENCE_MILLIS_MAX,
            Phase::Waiting { retry_at } => now >= retry_at,
            Phase::Resting => false,
        };
        if is_due { self.reopen(now) } else { Order::Nothing }
    }

    /// The tab is looked at again or the network is back: do not wait for the next try.
    pub fn hurry(&mut self, now: f64) -> Order {
        match self.phase {
            Phase::Waiting { .. } | Phase::Resting => self.reopen(now),
            Phase::Opening { .. } | Phase::Live { .. } => self.tick(now),
        }
    }

    /// The tab has been hidden for long: its place among the browser's six connections goes to another tab.
    pub fn rest(&mut self) {
        self.phase = Phase::Resting;
    }

    fn reopen(&mut self, now: f64) -> Order {
        if self.phase != Phase::Resting {
            self.lost_at.get_or_insert(now);
        }
        self.phase = Phase::Opening { since: now };
        Order::Open
    }

    pub fn chip(&self, now: f64) -> Chip {
        let chip = |tone, word, text: String| Chip { tone, word, text, offline_since_millis: None };
        let is_offline = self.lost_at.is_some_and(|lost_at| now - lost_at > OFFLINE_AFTER_MILLIS);
        match (self.phase, self.lost_at) {
            (Phase::Live { .. }, _) => chip(Tone::Good, "live", "Live".to_owned()),
            (Phase::Resting, _) => chip(Tone::Quiet, "paused", "Paused in a hidden tab".to_owned()),
            (_, Some(lost_at)) if is_offline => {
                Chip { offline_since_millis: Some(lost_at as i64), ..chip(Tone::Bad, "offline", "Offline since".to_owned()) }
            }
            (Phase::Waiting { retry_at }, _) => {
                let seconds = ((retry_at - now) / 1000.0).ceil() as u32;
                chip(Tone::Waiting, "reconnecting", format!("Reconnecting in {seconds} s"))
            }
            (Phase::Opening { .. }, Some(_)) => chip(Tone::Waiting, "reconnecting", "Reconnecting".to_owned()),
            (Phase::Opening { .. }, None) => chip(Tone::Quiet, "connecting", "Connecting".to_owned()),
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
        let chip = connection.chip(now);
        assert_eq!((chip.word, chip.offline_since_millis), ("offline", Some(0)));
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
        connection.rest();
        assert_eq!(connection.tick(1_000_000.0), Order::Nothing);
        assert_eq!(connection.hurry(1_000_001.0), Order::Open);
        assert_eq!(connection.chip(1_000_001.0).word, "connecting");
    }

    #[test]
    fn coming_back_to_a_live_tab_leaves_the_stream_alone() {
        let mut connection = Connection::opening(0.0);
        connection.heard(0.0);
        assert_eq!(connection.hurry(3_000.0), Order::Nothing);
    }
}
