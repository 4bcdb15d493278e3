//! What is attached to the request: pictures as pictures, all else as links.

use super::Open;
use crate::model::attachments::{is_picture, label};
use crate::ui::{Kept, region};
use agency_contract::Attachment;
use leptos::prelude::*;

#[component]
pub(super) fn Attached(open: Open) -> impl IntoView {
    let attachments = Kept::new(move || open.detail.read().attachments.clone());
    let entry = |file: Attachment| {
        let picture = is_picture(&file.media_type).then(|| view! { <img src=file.href.clone() alt="" loading="lazy" /> });
        view! {
            <li>
                <a class="attachment" href=file.href rel="external" target="_blank">
                    {picture}
                    <span class="attachment-name">{label(&file.name, file.size)}</span>
                </a>
            </li>
        }
    };
    let list = move |files: Vec<Attachment>| view! { <ul class="attachments" aria-label="Attached files">{files.into_iter().map(entry).collect_view()}</ul> };
    region(move || Some(attachments.get()).filter(|files| !files.is_empty()).map(list))
}
