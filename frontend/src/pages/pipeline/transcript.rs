//! What the agent says and does, as it happens. The view stays at the end until the reader scrolls up.

use super::part::Part;
use super::transcript_store::{Loading, TranscriptStore};
use crate::api::Returns;
use crate::live::Live;
use crate::model::format::counted;
use crate::ui::{EmptyState, ErrorCard, Skeleton, When, keyed, region};
use leptos::html::Div;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, ResizeObserver};

/// This close to the end counts as at the end.
const END_PIXELS: i32 = 48;

#[component]
pub(super) fn TranscriptView(pipeline_id: i64, attempt_id: i64, under_way: Memo<bool>) -> impl IntoView {
    let live = Live::from_context();
    let store = TranscriptStore::new(pipeline_id, attempt_id, live.clone());
    // What is running is followed; what has ended is read from its beginning.
    let follows = RwSignal::new(under_way.get_untracked());
    let seen = RwSignal::new(0);
    store.load();
    Effect::new(move |_| {
        if !under_way.get() {
            store.end();
        }
    });
    live.listen(move |batch| store.apply(batch));
    Returns::on_return(move || store.retry());
    let frame = NodeRef::<Div>::new();
    let content = NodeRef::<Div>::new();
    pin_to_end(frame, content, follows);
    let scrolled = move |_| {
        let Some(frame) = frame.get_untracked() else { return };
        let is_at_end = frame.scroll_height() - frame.scroll_top() - frame.client_height() < END_PIXELS;
        if !is_at_end && follows.get_untracked() {
            seen.set(store.row_count.get_untracked());
        }
        if follows.get_untracked() != is_at_end {
            follows.set(is_at_end);
        }
    };
    // Opening a fold makes the content grow; the reader then looks at the fold and not at the end.
    let clicked = move |event: web_sys::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if target.is_some_and(|target| target.closest("summary").ok().flatten().is_some()) {
            follows.set(false);
            seen.set(store.row_count.get_untracked());
        }
    };
    view! {
        <div class="transcript-frame">
            <div
                class="transcript"
                class:live=under_way
                data-testid="transcript"
                node_ref=frame
                role="log"
                aria-live="off"
                aria-label="Transcript"
                tabindex="0"
                on:scroll=scrolled
                on:click=clicked
            >
                <div node_ref=content>
                    <Before store under_way />
                    <Rows store />
                    <When when=under_way>
                        <p class="at-work">
                            <span class="dot" aria-hidden="true"></span>
                            "The agent is at work"
                        </p>
                    </When>
                </div>
            </div>
            <JumpToLatest store follows seen under_way frame />
        </div>
    }
}

/// What stands before the rows, or in their place.
#[component]
fn Before(store: TranscriptStore, under_way: Memo<bool>) -> impl IntoView {
    let is_empty = Memo::new(move |_| store.row_count.get() == 0);
    region(move || match (store.loading.get(), is_empty.get()) {
        (Loading::Failed(error), _) => view! { <ErrorCard error on_retry=move |()| store.load() /> }.into_any(),
        (Loading::UnderWay, true) => view! { <Skeleton lines=6 label="Loading the transcript" /> }.into_any(),
        (Loading::Done, true) if !under_way.get() => view! { <EmptyState title="This attempt left no transcript." /> }.into_any(),
        (Loading::UnderWay | Loading::Done, _) => ().into_any(),
    })
}

#[component]
fn Rows(store: TranscriptStore) -> impl IntoView {
    keyed(move || widened(&store.chunks.read()), move |chunk| view! { <Chunk store chunk=narrowed(chunk) /> })
}

#[component]
fn Chunk(store: TranscriptStore, chunk: u32) -> impl IntoView {
    let rows = store.rows_of(chunk);
    view! { <ol class="chunk">{keyed(move || widened(&rows.read()), move |ordinal| view! { <Part store ordinal=narrowed(ordinal) /> })}</ol> }
}

fn widened(numbers: &[u32]) -> Vec<i64> {
    numbers.iter().map(|number| i64::from(*number)).collect()
}

fn narrowed(number: i64) -> u32 {
    u32::try_from(number).expect("it was widened from one")
}

#[component]
fn JumpToLatest(
    store: TranscriptStore,
    follows: RwSignal<bool>,
    seen: RwSignal<usize>,
    under_way: Memo<bool>,
    frame: NodeRef<Div>,
) -> impl IntoView {
    let unseen = move || store.row_count.get().saturating_sub(seen.get());
    let label = Signal::derive(move || match unseen() {
        0 => "Jump to latest".to_owned(),
        count => format!("Jump to latest · {}", counted(count, "new entry", "new entries")),
    });
    let jump = move |_| {
        follows.set(true);
        if let Some(frame) = frame.get_untracked() {
            frame.set_scroll_top(frame.scroll_height());
        }
    };
    view! {
        <When when=Signal::derive(move || under_way.get() && !follows.get())>
            <button type="button" class="button small jump" on:click=jump>
                "↓ "
                {label}
            </button>
        </When>
    }
}

/// Keeps the end in view while `follows`. A resize observer runs after layout and before paint: no frame shows the content one row behind.
fn pin_to_end(frame: NodeRef<Div>, content: NodeRef<Div>, follows: RwSignal<bool>) {
    let observer = StoredValue::new_local(None);
    Effect::new(move |_| {
        let (Some(frame), Some(content)) = (frame.get(), content.get()) else { return };
        let pin = Closure::<dyn FnMut(JsValue)>::new(move |_| {
            if follows.try_get_untracked() == Some(true) {
                frame.set_scroll_top(frame.scroll_height());
            }
        });
        // Every browser that runs this page has the observer; without it the page only follows less well.
        let Ok(watcher) = ResizeObserver::new(pin.as_ref().unchecked_ref()) else { return };
        watcher.observe(&content);
        observer.set_value(Some(SendWrapper::new((watcher, pin))));
    });
    on_cleanup(move || {
        if let Some(Some(held)) = observer.try_update_value(Option::take) {
            held.0.disconnect();
        }
    });
}
