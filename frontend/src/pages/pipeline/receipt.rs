//! What the agent was sent, exactly.

use crate::api::{self, Query};
use crate::model::attachments::label;
use crate::model::format::{bytes, short_hash};
use crate::pages::fetched::Fetched;
use crate::ui::{Ago, CopyButton, Tag, When, region};
use agency_contract::{Receipt, SentAttachment};
use leptos::prelude::*;
use std::sync::Arc;

#[component]
pub(super) fn ReceiptView(attempt_id: i64) -> impl IntoView {
    let receipt = Query::new(move || api::receipt(attempt_id));
    view! { <Fetched query=receipt label="Loading the receipt" lines=8 show=move |receipt| view! { <Shown receipt /> } /> }
}

#[component]
fn Shown(receipt: Signal<Arc<Receipt>>) -> impl IntoView {
    let prompt = Signal::derive(move || receipt.read().prompt.clone());
    let hash = Signal::derive(move || receipt.read().sha256.clone());
    let ids =
        move || region(move || receipt.read().ids.clone().into_iter().map(|id| view! { <Tag text=id class="mono" /> }).collect_view());
    let file = |file: SentAttachment| view! { <li>{label(&file.name, file.size)} " " <code class="hash" title=file.sha256.clone()>{short_hash(&file.sha256).to_owned()}</code></li> };
    let files = move || region(move || view! { <ul>{receipt.read().attachments.clone().into_iter().map(file).collect_view()}</ul> });
    view! {
        <div class="receipt" data-testid="receipt">
            <p class="lead">"The prompt of this attempt, word for word as it was stored before it was sent."</p>
            <dl class="facts">
                <div class="fact">
                    <dt>"Size"</dt>
                    <dd>{Signal::derive(move || bytes(receipt.read().size))}</dd>
                </div>
                <div class="fact">
                    <dt>"Stored"</dt>
                    <dd>
                        <Ago at=Signal::derive(move || receipt.read().created_at.clone()) />
                    </dd>
                </div>
                <div class="fact wide">
                    <dt>"SHA-256"</dt>
                    <dd>
                        <code class="hash">{hash}</code>
                        <CopyButton text=hash label="Copy the hash" />
                    </dd>
                </div>
                <When when=Signal::derive(move || !receipt.read().ids.is_empty())>
                    <div class="fact wide">
                        <dt>"Ids it carried"</dt>
                        <dd class="tags">{ids()}</dd>
                    </div>
                </When>
                <When when=Signal::derive(move || !receipt.read().attachments.is_empty())>
                    <div class="fact wide">
                        <dt>"Sent beside it"</dt>
                        <dd>{files()}</dd>
                    </div>
                </When>
            </dl>
            <div class="actions">
                <CopyButton text=prompt label="Copy prompt" word="Copy prompt" />
            </div>
            <pre class="prompt" tabindex="0" role="region" aria-label="The prompt">
                {prompt}
            </pre>
        </div>
    }
}
