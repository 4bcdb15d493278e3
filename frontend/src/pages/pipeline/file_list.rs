//! The files of a diff at a glance: where each is, how much of it changed, what of it the reader has seen and remarked on.

use super::diff_table::PlusMinus;
use super::review::Review;
use crate::model::format::counted;
use crate::ui::When;
use agency_contract::DiffFile;
use leptos::prelude::*;

/// From so many on they can be sorted out by what is typed.
const FILTERED_FROM: usize = 10;

/// The id of a file's entry, by its place in the diff.
pub(super) fn file_id(place: usize) -> String {
    format!("file-{}", place + 1)
}

/// Nothing for a file alone.
pub(super) fn file_list(files: &[DiffFile], review: Option<Review>) -> impl IntoView + use<> {
    let count = files.len();
    let wanted = RwSignal::new(String::new());
    let entries = files.iter().enumerate().map(|(place, file)| entry(place, file, review, wanted)).collect_view();
    let filter = move || {
        view! {
            <input
                type="search"
                placeholder="Filter the files"
                aria-label="Filter the files"
                prop:value=wanted
                on:input=move |event| wanted.set(event_target_value(&event).to_ascii_lowercase())
            />
        }
    };
    (count > 1).then(|| {
        view! {
            <details class="fold file-list" open="" data-testid="file-list">
                <summary>{counted(count, "file", "files")}</summary>
                {(count >= FILTERED_FROM).then(filter)}
                <ul>{entries}</ul>
            </details>
        }
    })
}

/// Takes what it says of a file, and not its lines.
fn entry(place: usize, file: &DiffFile, review: Option<Review>, wanted: RwSignal<String>) -> impl IntoView + use<> {
    let (path, digest) = (file.path.clone(), file.digest.clone());
    let (lowered, remarked) = (path.to_ascii_lowercase(), path.clone());
    let is_hidden = Signal::derive(move || !lowered.contains(wanted.read().as_str()));
    let is_seen = Signal::derive(move || review.zip(digest.as_ref()).is_some_and(|(review, digest)| review.viewed.has(digest)));
    let remarks = Signal::derive(move || review.map_or(0, |review| review.remarks.count_in(&remarked)));
    let (folder, name) = path.rsplit_once('/').map_or(("", path.as_str()), |(folder, name)| (folder, name));
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    view! {
        <li hidden=is_hidden class:is-seen=is_seen>
            <a href=format!("#{}", file_id(place))>
                <span class="muted">{folder}</span>
                {name.to_owned()}
            </a>
            <When when=Signal::derive(move || remarks.get() > 0)>
                <span class="muted">{Signal::derive(move || counted(remarks.get(), "remark", "remarks"))}</span>
            </When>
            <When when=is_seen>
                <span class="muted">"✓ viewed"</span>
            </When>
            <PlusMinus added=file.additions removed=file.deletions />
        </li>
    }
}
