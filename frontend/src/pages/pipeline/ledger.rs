//! What the whole pipeline is measured by: its acceptance criteria and the reviewers' findings, as they stand today.

use super::Open;
use super::record::{CriterionLine, FindingLine};
use crate::model::handoff::{CriterionEntry, FindingEntry, place};
use crate::ui::{When, region};
use agency_contract::{Criterion, Finding};
use leptos::prelude::*;

#[component]
pub(super) fn Ledger(open: Open) -> impl IntoView {
    let criteria = Memo::new(move |_| open.detail.read().criteria.clone());
    let findings = Memo::new(move |_| open.detail.read().findings.clone());
    view! {
        <div class="ledger">
            <When when=Signal::derive(move || !criteria.read().is_empty())>
                <section class="card">
                    <h2>"Acceptance criteria"</h2>
                    <ul class="entries">
                        {region(move || criteria.get().into_iter().map(|entry| view! { <CriterionLine criterion=criterion(entry) /> }).collect_view())}
                    </ul>
                </section>
            </When>
            <When when=Signal::derive(move || !findings.read().is_empty())>
                <section class="card">
                    <h2>"Findings"</h2>
                    <ul class="entries">
                        {region(move || findings.get().into_iter().map(|entry| view! { <FindingLine finding=finding(entry) /> }).collect_view())}
                    </ul>
                </section>
            </When>
        </div>
    }
}

fn criterion(entry: Criterion) -> CriterionEntry {
    CriterionEntry { id: entry.id, text: entry.text, status: entry.status, evidence: entry.evidence }
}

fn finding(entry: Finding) -> FindingEntry {
    let place = place(&entry.file.unwrap_or_default(), entry.line.map(u64::from));
    FindingEntry { id: entry.id, severity: entry.severity, place, claim: entry.claim, status: entry.status }
}
