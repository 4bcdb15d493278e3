//! Lines of a diff as a table: numbers, a mark, the text. The mark and its name carry the meaning; colour only helps.

use crate::model::diff::{file_word, line_count, mark};
use crate::model::format::counted;
use crate::ui::When;
use agency_contract::{DiffFile, DiffHunk, DiffLine};
use leptos::prelude::*;

/// One file of a diff. A folded one renders its lines only when it is opened.
#[component]
pub(super) fn FileDiff(file: DiffFile, folded: bool) -> impl IntoView {
    let opened = RwSignal::new(!folded);
    let (lines, word) = (line_count(&file), file_word(&file));
    let DiffFile { path, additions, deletions, binary, hunks, .. } = file;
    let (label, data_path) = (format!("Changes of {path}"), path.clone());
    let hunks = StoredValue::new(hunks);
    view! {
        <details class="file-diff" open=!folded data-path=data_path on:toggle=move |_| opened.set(true)>
            <summary>
                <span class="file-path">{path}</span>
                <span class="file-word">{word}</span>
                <span class="plus-minus">
                    <span class="plus">{format!("+{additions}")}</span>
                    " "
                    <span class="minus">{format!("−{deletions}")}</span>
                </span>
                {folded.then(|| view! { <span class="muted">{counted(lines, "line", "lines")}</span> })}
            </summary>
            <When when=Signal::derive(move || binary)>
                <p class="muted pad">"A binary file: its content is not shown."</p>
            </When>
            <When when=Signal::derive(move || opened.get() && !binary)>
                <div class="table-frame" role="region" tabindex="0" aria-label=label.clone()>
                    <table class="diff-table">
                        <tbody>{hunks.get_value().into_iter().map(|hunk| view! { <Hunk hunk /> }).collect_view()}</tbody>
                    </table>
                </div>
            </When>
        </details>
    }
}

#[component]
fn Hunk(hunk: DiffHunk) -> impl IntoView {
    view! {
        <tr class="hunk" data-stop="" tabindex="-1">
            <td colspan="4">{hunk.header}</td>
        </tr>
        {hunk.lines.into_iter().map(|line| view! { <Line line /> }).collect_view()}
    }
}

#[component]
fn Line(line: DiffLine) -> impl IntoView {
    let (sign, class, name) = mark(line.kind);
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    view! {
        <tr class=class>
            <td class="line-number">{number(line.old_line)}</td>
            <td class="line-number">{number(line.new_line)}</td>
            <td class="line-mark">
                <span aria-hidden="true">{sign}</span>
                <span class="sr-only">{name}</span>
            </td>
            <td class="line-text">{line.text}</td>
        </tr>
    }
}

/// The short diff that a tool leaves.
#[component]
pub(super) fn MiniDiff(lines: Vec<DiffLine>) -> impl IntoView {
    view! {
        <div class="table-frame mini" role="region" tabindex="0" aria-label="The change of the file">
            <table class="diff-table">
                <tbody>{lines.into_iter().map(|line| view! { <Line line /> }).collect_view()}</tbody>
            </table>
        </div>
    }
}
