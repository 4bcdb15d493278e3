//! `/pipelines/:id/compare/:other`: two pipelines of one repository side by side, mostly a fork and what it came from.

use super::changes::{Files, is_wide};
use crate::api::{self, Query};
use crate::live::Live;
use crate::model::comparison::{file_cells, mark};
use crate::model::diff::Shown;
use crate::model::format::counted;
use crate::model::status::pipeline_badge;
use crate::model::urls;
use crate::pages::fetched::Fetched;
use crate::ui::{BadgeView, EmptyState, Kept, PageHeading, Preferences, region};
use agency_contract::{ComparedFile, ComparedPipeline, ComparedSide, Comparison, ComparisonRow};
use leptos::prelude::*;
use std::sync::Arc;

#[component]
pub(crate) fn Compare(id: i64, other: i64) -> impl IntoView {
    let query = Query::new(move || api::comparison(id, other));
    let likes_split = Preferences::from_context().diff.word;
    let shown = Kept::new(move || Shown {
        pipeline: id,
        attempt: None,
        against: Some(other),
        split: likes_split.read().as_str() == "split" && is_wide(),
        ignore_space: false,
        context: None,
    });
    let diff = Query::new(move || api::diff(*shown.read_untracked(), None));
    diff.follow(shown);
    Live::from_context().on_refresh(move |refresh| {
        if refresh.touches(id) || refresh.touches(other) {
            query.refresh_soon();
            diff.refresh_soon();
        }
    });
    let show = move |comparison: Signal<Arc<Comparison>>| region(move || tables(&comparison.read()));
    view! {
        <div class="page-head">
            <PageHeading title=format!("{id} and {other}")>{format!("Pipelines {id} and {other}")}</PageHeading>
        </div>
        <Fetched query label="Comparing the two" lines=10 show />
        <h2 class="between">{format!("From the branch of {id} to that of {other}")}</h2>
        <Fetched query=diff label="Loading the differences" lines=8 show=move |diff| view! { <Files diff shown review=None /> } />
    }
}

fn tables(comparison: &Comparison) -> impl IntoView + use<> {
    let Comparison { left, right, rows, files, files_total, files_unknown } = comparison;
    let left_out = (*files_total as usize).saturating_sub(files.len());
    view! {
        <div class="ledger" data-testid="comparison">
            <table class="table beside">
                <thead>
                    <tr>
                        <th scope="col">
                            <span class="sr-only">"What"</span>
                        </th>
                        {head(left)}
                        {head(right)}
                    </tr>
                </thead>
                <tbody>{rows.iter().map(row).collect_view()}</tbody>
            </table>
            <section class="card">
                <h2>{counted(*files_total as usize, "file", "files")} " changed by either"</h2>
                {files_unknown.clone().map(|reason| view! { <EmptyState title="The files cannot be compared." /> <p class="muted">{reason}</p> })}
                <table class="table beside">
                    <tbody>{files.iter().map(file).collect_view()}</tbody>
                </table>
                {(left_out > 0).then(|| view! { <p class="hint">{counted(left_out, "file more", "files more")}</p> })}
            </section>
        </div>
    }
}

fn head(pipeline: &ComparedPipeline) -> impl IntoView + use<> {
    view! {
        <th scope="col">
            <a href=urls::pipeline(pipeline.id)>{format!("{} · {}", pipeline.id, pipeline.title)}</a>
            " "
            <BadgeView badge=pipeline_badge(pipeline.status) />
            <p>
                <code>{pipeline.branch.clone()}</code>
            </p>
            <p class="muted">{pipeline.note.clone()}</p>
        </th>
    }
}

fn row(row: &ComparisonRow) -> impl IntoView + use<> {
    let cell = |text: &str, side: ComparedSide| {
        let (class, word) = mark(row.better == Some(side));
        view! {
            <td class=class>{text.to_owned()} <span class="sr-only">{word}</span></td>
        }
    };
    view! {
        <tr>
            <th scope="row">{row.what.clone()}</th>
            {cell(&row.left, ComparedSide::Left)}
            {cell(&row.right, ComparedSide::Right)}
        </tr>
    }
}

fn file(file: &ComparedFile) -> impl IntoView + use<> {
    let [left, right, word] = file_cells(file);
    view! {
        <tr>
            <th scope="row" class="mono">
                {file.path.clone()}
            </th>
            <td>{left}</td>
            <td>{right}</td>
            <td class="muted">{word}</td>
        </tr>
    }
}
