//! What the agent says and does, as it happens. The view stays at the end until the reader scrolls up.

use super::Open;
use super::part::{Part, part_id};
use super::rail::tab_href;
use super::transcript_store::{Loading, TranscriptStore};
use super::transcript_tools::TranscriptTools;
use crate::api::Returns;
use crate::live::Live;
use crate::model::format::counted;
use crate::model::selection::Tab;
use crate::ui::{
    Button, EVERYTHING, EmptyState, ErrorCard, Kept, Preferences, Skeleton, When, after_change, bring_into_sight, effect, keyed, listed,
    region,
};
use leptos::html::Div;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, HtmlDetailsElement, HtmlElement, ResizeObserver, ScrollLogicalPosition};

/// This close to the end counts as at the end.
const END_PIXELS: i32 = 48;
/// This close to the beginning of the rows, those before them are fetched.
const NEAR_THE_TOP_PIXELS: i32 = 800;
/// Beyond this a transcript that has ended has a button to its end.
const LONG_ROWS: usize = 60;

#[component]
pub(super) fn TranscriptView(open: Open, attempt_id: i64, under_way: Memo<bool>) -> impl IntoView {
    let live = Live::from_context();
    let store = TranscriptStore::new(open.id, attempt_id, live.clone());
    let wanted = Kept::new(move || open.choice.read().part.map(|part| part - 1));
    // What is running is followed; what has ended is read from its beginning, or from its end where the beginning is not there yet.
    let follows = RwSignal::new(under_way.get_untracked() && wanted.read_untracked().is_none());
    let seen = RwSignal::new(0);
    let held = StoredValue::new(None);
    let mut was_cut = false;
    effect(move || {
        let is_cut = store.earlier.read().is_some();
        let is_sought = wanted.read_untracked().is_some();
        if is_cut && !was_cut && !is_sought && store.row_count.get_untracked() > 0 && held.get_value().is_none() {
            follows.set(true);
        }
        was_cut |= is_cut;
    });
    store.load();
    effect(move || {
        if !under_way.get() {
            store.end();
        }
    });
    live.listen(move |batch| store.apply(batch));
    Returns::on_return(move || store.retry());
    seek(store, wanted, follows);
    let frame = NodeRef::<Div>::new();
    let content = NodeRef::<Div>::new();
    pin(frame, content, follows, held);
    // Rows that come before the others push them down; the reader stays where they are.
    let hold = move || {
        follows.set(false);
        if let Some(frame) = frame.get_untracked() {
            held.set_value(Some(frame.scroll_height() - frame.scroll_top()));
        }
    };
    let scrolled = move |_| {
        let Some(frame) = frame.get_untracked() else { return };
        let is_at_end = frame.scroll_height() - frame.scroll_top() - frame.client_height() < END_PIXELS;
        if !is_at_end && follows.get_untracked() {
            seen.set(store.end.get_untracked());
        }
        if !is_at_end
            && frame.scroll_top() < NEAR_THE_TOP_PIXELS
            && store.loading.get_untracked() == Loading::Done
            && store.earlier.read_untracked().is_some()
        {
            hold();
            store.load_earlier();
        }
        if follows.get_untracked() != is_at_end {
            follows.set(is_at_end);
        }
    };
    // Rows out of sight have a guessed height until they are near; so what is held is held until the reader moves, or something new comes below it.
    let let_go = move || held.set_value(None);
    effect(move || {
        store.end.track();
        let_go();
    });
    // Opening a fold makes the content grow; the reader then looks at the fold and not at the end.
    let clicked = move |event: web_sys::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if target.is_some_and(|target| target.closest("summary").ok().flatten().is_some()) {
            follows.set(false);
            seen.set(store.end.get_untracked());
        }
    };
    let on_all = Callback::new(move |()| {
        hold();
        store.load_all();
    });
    unfold_all(frame);
    view! {
        <TranscriptTools open store attempt_id />
        <div class="transcript-frame">
            <div
                class="transcript"
                class:live=under_way
                class:follows=follows
                data-testid="transcript"
                data-href=Signal::derive(move || tab_href(open, Tab::Transcript))
                node_ref=frame
                role="log"
                aria-live="off"
                aria-label="Transcript"
                tabindex="0"
                on:scroll=scrolled
                on:click=clicked
                on:wheel=move |_| let_go()
                on:touchmove=move |_| let_go()
                on:keydown=move |_| let_go()
                on:pointerdown=move |_| let_go()
            >
                <div node_ref=content>
                    <Before store under_way />
                    <Earlier store on_all />
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

/// Opens the folds that there are once the reader wants to see everything, and closes them when they want less.
fn unfold_all(frame: NodeRef<Div>) {
    let detail = Preferences::from_context().detail.word;
    after_change(
        move || detail.track(),
        move || {
            let opens = *detail.read_untracked() == EVERYTHING;
            let Some(frame) = frame.get_untracked() else { return };
            for fold in listed(frame.query_selector_all("details")) {
                fold.unchecked_ref::<HtmlDetailsElement>().set_open(opens);
            }
        },
    );
}

/// Brings the entry that the address names into sight, once it is there.
fn seek(store: TranscriptStore, wanted: Kept<Option<u32>>, follows: RwSignal<bool>) {
    let found = StoredValue::new(None);
    effect(move || {
        let wanted = wanted.get();
        store.row_count.track();
        let Some(ordinal) = wanted.filter(|_| store.loading.get() == Loading::Done) else { return };
        if found.get_value() == wanted || !store.reach(ordinal) {
            return;
        }
        // Its row is made after this.
        request_animation_frame(move || {
            let Some(row) = document().get_element_by_id(&part_id(ordinal)) else { return };
            found.set_value(wanted);
            follows.set(false);
            show_row(&row);
        });
    });
}

/// Unfolds a row, gives it the focus, and puts it in the middle.
fn show_row(row: &Element) {
    if let Ok(Some(fold)) = row.query_selector("details") {
        let _ = fold.set_attribute("open", "");
    }
    let _ = row.set_attribute("tabindex", "-1");
    let _ = row.unchecked_ref::<HtmlElement>().focus();
    bring_into_sight(row, ScrollLogicalPosition::Center);
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

/// What lies before the first row: it comes by scrolling, or all of it at once.
#[component]
fn Earlier(store: TranscriptStore, on_all: Callback<()>) -> impl IntoView {
    let words = Signal::derive(move || {
        store.earlier.track();
        counted(store.earlier_count() as usize, "earlier entry", "earlier entries")
    });
    view! {
        <When when=Signal::derive(move || store.earlier.read().is_some())>
            <div class="earlier" data-testid="earlier">
                <span class="muted">{words}</span>
                <Button action="earliest" on_press=on_all>
                    "Show all"
                </Button>
            </div>
        </When>
    }
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
    seen: RwSignal<u32>,
    under_way: Memo<bool>,
    frame: NodeRef<Div>,
) -> impl IntoView {
    let unseen = move || store.end.get().saturating_sub(seen.get()) as usize;
    let label = Signal::derive(move || match unseen() {
        _ if !under_way.get() => "Jump to the end".to_owned(),
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
        <When when=Signal::derive(move || follows.get() && under_way.get())>
            <button type="button" class="button small jump" data-action="stay" on:click=move |_| follows.set(false)>
                "Stop following"
            </button>
        </When>
        <When when=Signal::derive(move || !follows.get() && (under_way.get() || store.row_count.get() > LONG_ROWS))>
            <button type="button" class="button small jump" data-action="latest" on:click=jump>
                "↓ "
                {label}
            </button>
        </When>
    }
}

/// Keeps the end in view while `follows`, and what the reader looks at where rows come before it. A resize observer runs after layout and before
/// paint: no frame shows the content one row behind.
fn pin(frame: NodeRef<Div>, content: NodeRef<Div>, follows: RwSignal<bool>, held: StoredValue<Option<i32>>) {
    let observer = StoredValue::new_local(None);
    effect(move || {
        let (Some(frame), Some(content)) = (frame.get(), content.get()) else { return };
        let pin = Closure::<dyn FnMut(JsValue)>::new(move |_| {
            if follows.try_get_untracked() == Some(true) {
                frame.set_scroll_top(frame.scroll_height());
            } else if let Some(Some(below)) = held.try_get_value() {
                frame.set_scroll_top(frame.scroll_height() - below);
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
