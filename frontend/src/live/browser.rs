//! The `EventSource` of the browser with its three callbacks, closed when dropped.

use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{EventSource, MessageEvent};

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
