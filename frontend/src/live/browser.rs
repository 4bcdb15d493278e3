//! The `EventSource` of the browser with its three callbacks, closed when dropped, and the channel between this browser's tabs.

use crate::model::places::Note;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{BroadcastChannel, EventSource, MessageEvent};

/// What to call; each callback outlives the source that it is given to.
pub(super) struct Callbacks {
    pub(super) on_open: Closure<dyn FnMut()>,
    pub(super) on_message: Closure<dyn FnMut(MessageEvent)>,
    pub(super) on_error: Closure<dyn FnMut()>,
}

/// An open stream.
pub(super) struct Source {
    source: EventSource,
}

impl Source {
    /// `None` only where the address itself is refused, which is a broken invariant of ours and no state of the network.
    pub(super) fn open(url: &str, callbacks: &Callbacks) -> Option<Self> {
        let source = EventSource::new(url).ok()?;
        source.set_onopen(Some(callbacks.on_open.as_ref().unchecked_ref()));
        source.set_onmessage(Some(callbacks.on_message.as_ref().unchecked_ref()));
        source.set_onerror(Some(callbacks.on_error.as_ref().unchecked_ref()));
        Some(Self { source })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onmessage(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}

/// Where tabs say to one another which of them has a stream. Without it, in a browser that has none, each tab does as it would alone.
pub(super) struct Neighbours {
    channel: Option<BroadcastChannel>,
    tab: String,
}

impl Neighbours {
    /// Calls `heard` with what other tabs say, for as long as this tab lives.
    pub(super) fn meet(heard: impl Fn(Note) + 'static) -> Self {
        let channel = BroadcastChannel::new("agency.streams").ok();
        if let Some(channel) = &channel {
            let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
                if let Some(note) = message.data().as_string().as_deref().and_then(Note::parse) {
                    heard(note);
                }
            });
            channel.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
        }
        Self { channel, tab: ((js_sys::Math::random() * f64::from(u32::MAX)) as u32).to_string() }
    }

    /// Tells them that this tab opens its stream.
    pub(super) fn say_opens(&self) {
        self.say(&Note::Opens(self.tab.clone()));
    }

    pub(super) fn say_closes(&self) {
        self.say(&Note::Closes(self.tab.clone()));
    }

    fn say(&self, note: &Note) {
        if let Some(channel) = &self.channel {
            // Only a closed channel refuses, and this one lives as long as the tab.
            let _ = channel.post_message(&note.text().into());
        }
    }
}
