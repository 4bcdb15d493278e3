//! An address that leads nowhere.

use crate::ui::{EmptyState, PageHeading};
use leptos::prelude::*;

#[component]
pub(crate) fn NotFound(
    /// What is missing and why that may be.
    #[prop(into, default = "This address leads nowhere. The link may be old or mistyped.".to_owned())]
    reason: String,
) -> impl IntoView {
    view! {
        <PageHeading title="Not found">"Nothing is here"</PageHeading>
        <EmptyState title=reason>
            <p>
                <a href="/pipelines">"Go to the pipelines"</a>
            </p>
        </EmptyState>
    }
}
