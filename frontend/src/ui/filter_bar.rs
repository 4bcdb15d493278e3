//! What narrows a list: a choice of links, and a text. Both stand in the address, so that a link to it shows the same.

use super::search_box::SearchBox;
use leptos::prelude::*;

#[component]
pub(crate) fn FilterBar(
    /// What each choice is in the address, and what a person reads.
    choices: &'static [(&'static str, &'static str)],
    /// Of the choices, for screen readers.
    label: &'static str,
    #[prop(into)] chosen: Signal<String>,
    /// Where a choice leads.
    href: Callback<&'static str, String>,
    /// Of the field.
    id: &'static str,
    /// What is searched, in its label and in the empty field.
    search: &'static str,
    #[prop(into)] text: Signal<String>,
    on_text: Callback<String>,
) -> impl IntoView {
    let choice = move |(word, label): (&'static str, &'static str)| {
        let is_current = move || (*chosen.read() == word).then_some("true");
        view! {
            <a class="chip" href=Signal::derive(move || href.run(word)) aria-current=Signal::derive(is_current)>
                {label}
            </a>
        }
    };
    view! {
        <div class="filter-bar">
            <nav class="chips" aria-label=label>
                {choices.iter().copied().map(choice).collect_view()}
            </nav>
            <SearchBox id label=search shown=text search=on_text />
        </div>
    }
}
