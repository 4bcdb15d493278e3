//! Carries out what the connection machine says, and hands out events in batches of one animation frame.
//!
//! The browser's own reconnecting is not used: it hides its state, and a new `EventSource` cannot send `Last-Event-ID`. So every break closes the
//! source, and the next one is opened from the cursor.

use super::browser::{Callbacks, Neighbours, Source};
use crate::model::connection::{Chip, Connection, Order, Rest};
use crate::model::event::{Kind, LiveEvent};
use crate::model::places::{Note, Places};
use crate::model::refresh::Cursor;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;
use wasm_bindgen::prelude::Closure;
use web_sys::MessageEvent;

/// A tab hidden for this long gives up its connection, whether another tab needs it or not.
const REST_AFTER: Duration = Duration::from_secs(60);
/// A place that another tab left is taken within this time.
const TAKEN_WITHIN_MILLIS: f64 = 2_000.0;
/// In a hidden tab no animation frame comes; events are handed out at this pace instead.
const HIDDEN_FRAME: Duration = Duration::from_millis(250);

type Listener = Rc<dyn Fn(&[LiveEvent])>;

pub(super) struct Stream {
    connection: Cell<Connection>,
    cursor: Cell<Cursor>,
    source: RefCell<Option<Source>>,
    callbacks: Callbacks,
    neighbours: Neighbours,
    places: RefCell<Places>,
    batch: RefCell<Vec<LiveEvent>>,
    is_frame_due: Cell<bool>,
    listeners: RefCell<Vec<(u64, Listener)>>,
    next_key: Cell<u64>,
    chip: RwSignal<Chip>,
    hidden_since: Cell<Option<f64>>,
    /// When the machine is asked next what is due, and the timer for that.
    asked_at: Cell<f64>,
    timer: Cell<Option<TimeoutHandle>>,
    /// The stream was opened without a cursor, and nothing has come through it.
    begins: Cell<bool>,
}

fn now() -> f64 {
    js_sys::Date::now()
}

impl Stream {
    /// Opens the stream; it lives as long as the tab.
    pub(super) fn open() -> Rc<Self> {
        let connection = Connection::opening(now());
        let stream = Rc::new_cyclic(|weak: &Weak<Self>| Self {
            connection: Cell::new(connection),
            cursor: Cell::default(),
            source: RefCell::default(),
            callbacks: callbacks(weak),
            neighbours: neighbours(weak),
            places: RefCell::default(),
            batch: RefCell::default(),
            is_frame_due: Cell::default(),
            listeners: RefCell::default(),
            next_key: Cell::default(),
            chip: RwSignal::new(connection.chip(now())),
            hidden_since: Cell::default(),
            asked_at: Cell::new(f64::INFINITY),
            timer: Cell::default(),
            begins: Cell::default(),
        });
        stream.connect();
        stream.watch();
        stream
    }

    pub(super) fn chip(&self) -> ReadSignal<Chip> {
        self.chip.read_only()
    }

    pub(super) fn add_listener(&self, listener: Listener) -> u64 {
        let key = self.next_key.get();
        self.next_key.set(key + 1);
        self.listeners.borrow_mut().push((key, listener));
        key
    }

    pub(super) fn remove_listener(&self, key: u64) {
        self.listeners.borrow_mut().retain(|(held, _)| *held != key);
    }

    pub(super) fn reopen(self: &Rc<Self>) {
        self.update(|connection| connection.refill(now()));
    }

    pub(super) fn hurry(self: &Rc<Self>) {
        self.update(|connection| connection.hurry(now()));
    }

    fn connect(&self) {
        self.begins.set(!self.cursor.get().is_set());
        // The old source is closed before the new one opens, so that two never share the tab's place.
        self.source.replace(None);
        self.places.borrow_mut().opened();
        self.neighbours.say_opens();
        self.source.replace(Source::open(&self.cursor.get().url(), &self.callbacks));
    }

    /// The timer, and the moments at which waiting longer makes no sense.
    fn watch(self: &Rc<Self>) {
        self.ask_in_time();
        for name in ["visibilitychange", "online", "pageshow", "focus"] {
            let stream = Rc::clone(self);
            // The stream lives as long as the tab, and so does this listener.
            let _ = window_event_listener_untyped(name, move |_| stream.look_again());
        }
        let stream = Rc::clone(self);
        let _ = window_event_listener_untyped("pagehide", move |_| stream.neighbours.say_closes());
        // The tab may have been opened in the background.
        self.look_again();
    }

    /// Asks the machine when something may be due, unless it is asked before that already.
    fn ask_in_time(self: &Rc<Self>) {
        let wait = self.connection.get().quiet_for(now());
        let at = now() + wait;
        if at < self.asked_at.get() {
            self.asked_at.set(at);
            let stream = Rc::clone(self);
            let timer = set_timeout_with_handle(move || stream.tick(), Duration::from_millis(wait as u64)).ok();
            if let Some(former) = self.timer.replace(timer) {
                former.clear();
            }
        }
    }

    fn tick(self: &Rc<Self>) {
        self.asked_at.set(f64::INFINITY);
        let hidden_for = self.hidden_since.get().map_or(0.0, |since| now() - since);
        if hidden_for > REST_AFTER.as_millis() as f64 {
            self.rest(Rest::Hidden);
        }
        match self.update(|connection| connection.tick(now())) {
            Order::Poll => self.hand_on(LiveEvent::inbox_may_differ()),
            Order::Reload => self.hand_on(LiveEvent::reset()),
            Order::Nothing | Order::Open => {}
        }
    }

    fn rest(self: &Rc<Self>, why: Rest) {
        self.update(|connection| {
            if connection.rest(now(), why) {
                self.source.replace(None);
                self.neighbours.say_closes();
            }
            Order::Nothing
        });
    }

    /// Another tab opened or closed its stream.
    fn heard_of(self: &Rc<Self>, note: Note) {
        let opens = matches!(note, Note::Opens(_));
        self.places.borrow_mut().heard(note);
        let has_place = self.places.borrow().has_place();
        if opens && document().hidden() {
            self.rest(Rest::Hidden);
        } else if !has_place {
            self.rest(Rest::Crowded);
        } else if self.connection.get().is_crowded() {
            // All that wait for a place hear of it at the same time.
            let stream = Rc::clone(self);
            set_timeout(move || stream.take_place(), Duration::from_millis((js_sys::Math::random() * TAKEN_WITHIN_MILLIS) as u64));
        }
    }

    /// Opens the stream again, if nobody else was quicker.
    fn take_place(self: &Rc<Self>) {
        if self.connection.get().is_crowded() && self.places.borrow().has_place() {
            self.hurry();
        }
    }

    fn look_again(self: &Rc<Self>) {
        if document().hidden() {
            self.hidden_since.set(Some(self.hidden_since.get().unwrap_or_else(now)));
            // The frame that was asked for comes only when the tab is seen again; do not wait for it.
            let stream = Rc::clone(self);
            set_timeout(move || stream.flush(), HIDDEN_FRAME);
        } else {
            self.hidden_since.set(None);
            self.hurry();
        }
    }

    fn update(self: &Rc<Self>, step: impl FnOnce(&mut Connection) -> Order) -> Order {
        let mut connection = self.connection.get();
        let order = step(&mut connection);
        self.connection.set(connection);
        if order == Order::Open {
            self.connect();
        }
        let chip = connection.chip(now());
        if self.chip.with_untracked(|shown| *shown != chip) {
            self.chip.set(chip);
        }
        self.ask_in_time();
        order
    }

    fn heard(self: &Rc<Self>) {
        self.update(|connection| {
            connection.heard(now());
            Order::Nothing
        });
    }

    fn broke(self: &Rc<Self>) {
        self.source.replace(None);
        self.update(|connection| {
            connection.broke(now());
            Order::Nothing
        });
        // A browser does not say whether the stream was refused or nobody was there; a call finds out whether one has to sign in.
        self.hand_on(LiveEvent::inbox_may_differ());
    }

    fn received(self: &Rc<Self>, data: &str) {
        self.heard();
        if self.begins.take() {
            // Without a cursor nothing is replayed: what happened between the first fetches and now is fetched instead. Not before the first message:
            // the server has found its place in the log when it sends that, and not yet when the connection opens.
            self.hand_on(LiveEvent::reset());
        }
        let event = match LiveEvent::parse(data) {
            Ok(event) => event,
            Err(error) => return leptos::logging::warn!("an event cannot be read and is skipped: {error}"),
        };
        let mut cursor = self.cursor.get();
        let is_new = cursor.admit(&event);
        self.cursor.set(cursor);
        if is_new && event.kind != Kind::Heartbeat {
            self.hand_on(event);
        }
    }

    /// Adds an event to the batch of the next frame.
    fn hand_on(self: &Rc<Self>, event: LiveEvent) {
        self.batch.borrow_mut().push(event);
        if self.is_frame_due.replace(true) {
            return;
        }
        let stream = Rc::clone(self);
        if document().hidden() {
            set_timeout(move || stream.flush(), HIDDEN_FRAME);
        } else {
            request_animation_frame(move || stream.flush());
        }
    }

    fn flush(&self) {
        self.is_frame_due.set(false);
        let batch = self.batch.take();
        if batch.is_empty() {
            return;
        }
        // A listener may add or remove listeners while it runs.
        let listeners: Vec<Listener> = self.listeners.borrow().iter().map(|(_, listener)| Rc::clone(listener)).collect();
        for listener in listeners {
            listener(&batch);
        }
    }
}

fn callbacks(weak: &Weak<Stream>) -> Callbacks {
    let (on_open, on_message, on_error) = (weak.clone(), weak.clone(), weak.clone());
    Callbacks {
        on_open: Closure::new(move || {
            if let Some(stream) = on_open.upgrade() {
                stream.heard();
            }
        }),
        on_message: Closure::new(move |message: MessageEvent| {
            if let (Some(stream), Some(data)) = (on_message.upgrade(), message.data().as_string()) {
                stream.received(&data);
            }
        }),
        on_error: Closure::new(move || {
            if let Some(stream) = on_error.upgrade() {
                stream.broke();
            }
        }),
    }
}

fn neighbours(weak: &Weak<Stream>) -> Neighbours {
    let weak = weak.clone();
    Neighbours::meet(move |note| {
        if let Some(stream) = weak.upgrade() {
            stream.heard_of(note);
        }
    })
}
