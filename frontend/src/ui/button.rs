//! A button that shows when it is at work and cannot be pressed twice.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Plain,
    Primary,
    /// What cannot be undone.
    Danger,
    /// Beside what matters more.
    Quiet,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "button",
            Self::Primary => "button primary",
            Self::Danger => "button danger",
            Self::Quiet => "button small quiet",
        }
    }
}

/// While `pending`, the button keeps its place and its focus and does nothing.
#[component]
pub(crate) fn Button(
    #[prop(optional)] kind: Kind,
    #[prop(into, optional)] pending: Signal<bool>,
    #[prop(into, optional)] disabled: Signal<bool>,
    /// Sends the form that it stands in.
    #[prop(optional)]
    submits: bool,
    /// The name by which the palette and its key press it.
    #[prop(optional)]
    action: &'static str,
    /// Ctrl Enter presses it, while the focus is in its form or card.
    #[prop(optional)]
    confirms: bool,
    #[prop(into, optional)] on_press: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    let press = move |_| {
        if !pending.get_untracked()
            && !disabled.get_untracked()
            && let Some(on_press) = on_press
        {
            on_press.run(());
        }
    };
    view! {
        <button
            class=kind.class()
            type=if submits { "submit" } else { "button" }
            class:pending=pending
            data-action=(!action.is_empty()).then_some(action)
            data-confirm=confirms.then_some("")
            aria-disabled=Signal::derive(move || (pending.get() || disabled.get()).to_string())
            aria-busy=Signal::derive(move || pending.get().to_string())
            on:click=press
        >
            {children()}
        </button>
    }
}
