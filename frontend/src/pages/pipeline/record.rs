//! One criterion and one finding: in a hand-off as it was left, in the ledger as it stands today.

use crate::model::handoff::{CriterionEntry, FindingEntry};
use crate::model::selection::place_href;
use crate::model::status::{criterion_badge, finding_badge, severity_tone};
use crate::ui::{BadgeView, Inline, Tag};
use leptos::prelude::*;

/// One acceptance criterion, with the evidence for it.
#[component]
pub(super) fn CriterionLine(criterion: CriterionEntry) -> impl IntoView {
    let evidence = criterion.evidence.into_iter().map(|text| view! { <li><Inline text /></li> }).collect_view();
    view! {
        <li class="entry">
            <code class="entry-id">{criterion.id}</code>
            <span class="entry-body">
                <Inline text=criterion.text />
                {(!evidence.is_empty()).then(|| view! { <ul class="evidence" aria-label="Evidence">{evidence}</ul> })}
            </span>
            <BadgeView badge=criterion_badge(&criterion.status) />
        </li>
    }
}

/// One reviewer's point.
#[component]
pub(super) fn FindingLine(finding: FindingEntry) -> impl IntoView {
    let place = Some(finding.place).filter(|place| !place.is_empty()).map(|place| (place_href(&place), place));
    let severity = severity_tone(&finding.severity).class();
    view! {
        <li class="entry">
            <code class="entry-id">{finding.id}</code>
            <span class="entry-body">
                <Tag text=finding.severity class=severity />
                " "
                <Inline text=finding.claim />
                {place
                    .map(|(href, place)| {
                        view! {
                            <a class="place" href=href>
                                <code>{place}</code>
                            </a>
                        }
                    })}
            </span>
            <BadgeView badge=finding_badge(&finding.status) />
        </li>
    }
}
