//! The one event stream of this tab: opened by the shell, shared by every page.
//!
//! Pages listen for batches; a batch is what arrived since the last animation frame. The connection's state is one signal.

mod browser;
mod stream;

use crate::model::connection::Chip;
use crate::model::event::LiveEvent;
use crate::model::refresh::Refresh;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use std::rc::Rc;
use stream::Stream;

/// The stream, as the shell provides it to every view.
#[derive(Clone)]
pub(crate) struct Live {
    stream: SendWrapper<Rc<Stream>>,
}

impl Live {
    /// Opens the stream and provides it as context. Call once, at the root.
    pub(crate) fn provide() -> Self {
        let live = Self { stream: SendWrapper::new(Stream::open()) };
        provide_context(live.clone());
        live
    }

    pub(crate) fn from_context() -> Self {
        expect_context()
    }

    /// What the connection chip shows.
    pub(crate) fn chip(&self) -> ReadSignal<Chip> {
        self.stream.chip()
    }

    /// Calls `listener` with each batch until the calling view is gone. It runs outside every effect: it may update signals, not make them.
    pub(crate) fn listen(&self, listener: impl Fn(&[LiveEvent]) + 'static) {
        let key = self.stream.add_listener(Rc::new(listener));
        let stream = self.stream.clone();
        on_cleanup(move || stream.remove_listener(key));
    }

    /// Opens the stream anew from the cursor. The server then begins with the whole of each part that is being written.
    pub(crate) fn reopen(&self) {
        self.stream.reopen();
    }

    /// Tries again now where the stream is gone.
    pub(crate) fn hurry(&self) {
        self.stream.hurry();
    }

    /// Calls `listener` with what each batch asks of the page.
    pub(crate) fn on_refresh(&self, listener: impl Fn(&Refresh) + 'static) {
        self.listen(move |batch| listener(&Refresh::of(batch)));
    }
}
