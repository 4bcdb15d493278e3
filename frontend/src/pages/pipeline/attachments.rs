//! What is attached to the request: pictures as pictures, all else as links.

use super::Open;
use crate::model::attachments::{is_picture, label};
use agency_contract::Attachment;
use leptos::prelude::*;

/// Made once: what is attached never changes.
#[component]
pub(super) fn Attached(open: Open) -> impl IntoView {
    let entry = |file: &Attachment| {
        let picture = is_picture(&file.media_type).then(|| view! { <img src=file.href.clone() alt="" loading="lazy" /> });
        view! {
            <li>
                <a class="attachment" href=file.href.clone() rel="external" target="_blank">
                    {picture}
                    <span class="attachment-name">{label(&file.name, file.size)}</span>
                </a>
            </li>
        }
    };
    let entries = open.detail.with_untracked(|detail| detail.attachments.iter().map(entry).collect_view());
    (!entries.is_empty()).then(|| view! { <ul class="attachments" aria-label="Attached files">{entries}</ul> })
}
