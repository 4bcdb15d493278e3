//! A text that must be written before it is sent.

use leptos::prelude::*;

#[derive(Clone, Copy)]
pub(crate) struct Required {
    pub(crate) text: RwSignal<String>,
    is_missing: RwSignal<bool>,
    fault: &'static str,
}

impl Required {
    /// `fault` is said at the field where nothing was written.
    pub(crate) fn new(fault: &'static str) -> Self {
        Self { text: RwSignal::default(), is_missing: RwSignal::new(false), fault }
    }

    /// What was written; where that is nothing, the field says so.
    pub(crate) fn given(self) -> Option<String> {
        let text = self.text.get_untracked();
        let is_missing = text.trim().is_empty();
        self.is_missing.set(is_missing);
        (!is_missing).then_some(text)
    }

    /// For the field.
    pub(crate) fn error(self) -> Signal<Option<String>> {
        Signal::derive(move || self.is_missing.get().then(|| self.fault.to_owned()))
    }

    /// For the field.
    pub(crate) fn typed(self) -> Callback<String> {
        Callback::new(move |text| {
            self.text.set(text);
            self.is_missing.set(false);
        })
    }
}
