//! When what happened, all attempts under each other on one axis. The server places every stretch; long ones in which nothing ran are narrow.

use super::Open;
use crate::api::{self, Query};
use crate::live::Live;
use crate::model::format::counted;
use crate::model::timeline::{LEGEND, percent, row_href, span_title, span_tone, spent};
use crate::pages::fetched::Fetched;
use crate::ui::region;
use agency_contract::{PipelineDetail, Timeline, TimelineGap, TimelineRow, TimelineSpan};
use leptos::prelude::*;
use std::sync::Arc;

#[component]
pub(super) fn TimelineView(open: Open) -> impl IntoView {
    let query = Query::new(move || api::timeline(open.id));
    Live::from_context().on_refresh(move |refresh| {
        if refresh.touches(open.id) {
            query.refresh_soon();
        }
    });
    let show = move |timeline: Signal<Arc<Timeline>>| region(move || drawing(&timeline.read(), &open.detail.read_untracked()));
    view! { <Fetched query label="Drawing the timeline" lines=6 show /> }
}

fn drawing(timeline: &Timeline, detail: &PipelineDetail) -> impl IntoView + use<> {
    let gap = |gap: &TimelineGap| bar("gap", gap.at_permille, gap.length_permille, gap.label.clone());
    let has_gaps = !timeline.gaps.is_empty();
    let waits = timeline.gaps.iter().map(|gap| view! { <li>{gap.label.clone()}</li> }).collect_view();
    let gaps = timeline.gaps.iter().map(gap).collect_view();
    view! {
        <div class="timeline" data-testid="timeline">
            <p class="muted">{spent(timeline)}</p>
            <ol class="lanes">
                {has_gaps
                    .then(|| {
                        view! {
                            <li class="lane lane-gaps" aria-hidden="true">
                                <div class="track">{gaps}</div>
                            </li>
                        }
                    })}
                {timeline.rows.iter().map(|row| lane(row, detail)).collect_view()}
            </ol>
            <p class="legend">{LEGEND.map(|(tone, word)| view! { <span class=tone.class()>{word}</span> }).collect_view()}</p>
            {has_gaps
                .then(|| {
                    view! {
                        <details class="fold">
                            <summary>{counted(timeline.gaps.len(), "wait", "waits")} " drawn shorter than they were"</summary>
                            <ul>{waits}</ul>
                        </details>
                    }
                })}
        </div>
    }
}

fn lane(row: &TimelineRow, detail: &PipelineDetail) -> impl IntoView + use<> {
    let label = row.label.clone();
    let label = match row_href(row, None, detail) {
        Some(href) => view! { <a href=href data-noscroll="">{label}</a> }.into_any(),
        None => label.into_any(),
    };
    view! {
        <li class="lane">
            <span class="lane-label">{label} " " <span class="muted">{row.note.clone()}</span></span>
            <div class="track" aria-hidden="true">
                {row.spans.iter().map(|span| stretch(span, row_href(row, span.ordinal, detail))).collect_view()}
            </div>
        </li>
    }
}

/// A stretch that a part of a transcript tells of leads there by the pointer; for the keys and for those who do not see it the row's own link does.
fn stretch(span: &TimelineSpan, href: Option<String>) -> AnyView {
    let bar = bar(span_tone(span).class(), span.start_permille, span.length_permille, span_title(span));
    match href.filter(|_| span.ordinal.is_some()) {
        Some(href) => view! { <a href=href data-noscroll="" tabindex="-1">{bar}</a> }.into_any(),
        None => bar,
    }
}

/// The page's policy lets no style be written into HTML; properties are set on the element itself.
fn bar(class: &'static str, start: u32, length: u32, title: String) -> AnyView {
    view! { <span class=class style:left=percent(start) style:width=percent(length) title=title></span> }.into_any()
}
