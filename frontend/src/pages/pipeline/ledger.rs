//! What the whole pipeline is measured by: its acceptance criteria with their evidence, and the reviewers' findings round by round.

use super::Open;
use super::record::FindingLine;
use crate::model::handoff::{FindingEntry, place};
use crate::model::ledger::{evidence_lines, rounds};
use crate::model::status::{criterion_badge, criterion_word};
use crate::ui::{BadgeView, Inline, Kept, Tag, When, region};
use agency_contract::{Criterion, Finding};
use leptos::prelude::*;

#[component]
pub(super) fn Ledger(open: Open) -> impl IntoView {
    let criteria = Kept::new(move || open.detail.read().criteria.clone());
    let findings = Kept::new(move || open.detail.read().findings.clone());
    view! {
        <div class="ledger">
            <When when=Signal::derive(move || !criteria.read().is_empty())>
                <section class="card" data-testid="criteria">
                    <h2>"Acceptance criteria"</h2>
                    <table class="table stacks">
                        <thead>
                            <tr>
                                <th scope="col">"Id"</th>
                                <th scope="col">"Criterion"</th>
                                <th scope="col">"Status"</th>
                                <th scope="col">"Evidence"</th>
                            </tr>
                        </thead>
                        <tbody>
                            {region(move || criteria.get().into_iter().map(|criterion| view! { <CriterionRow criterion /> }).collect_view())}
                        </tbody>
                    </table>
                </section>
            </When>
            <When when=Signal::derive(move || !findings.read().is_empty())>
                <section class="card" data-testid="findings">
                    <h2>"Findings"</h2>
                    {region(move || rounds(&findings.read()).into_iter().map(|(number, findings)| view! { <Round number findings /> }).collect_view())}
                </section>
            </When>
        </div>
    }
}

#[component]
fn CriterionRow(criterion: Criterion) -> impl IntoView {
    let lines = evidence_lines(&criterion)
        .into_iter()
        .map(|(badge, text)| {
            view! {
                <li class=badge.tone.class()>
                    <span class="glyph evidence-mark" aria-hidden="true">
                        {badge.glyph}
                    </span>
                    <span class="sr-only">{badge.label} ": "</span>
                    <Inline text />
                </li>
            }
        })
        .collect_view();
    let id = criterion.id.clone();
    view! {
        <tr data-testid="criterion" data-id=id data-status=criterion_word(criterion.status)>
            <td>
                <code>{criterion.id}</code>
            </td>
            <td>
                <Inline text=criterion.text />
                {(!criterion.mandatory).then(|| view! { " " <Tag text="optional" /> })}
            </td>
            <td>
                <BadgeView badge=criterion_badge(criterion_word(criterion.status)) />
            </td>
            <td>
                <ul class="evidence">{lines}</ul>
            </td>
        </tr>
    }
}

#[component]
fn Round(number: u32, findings: Vec<Finding>) -> impl IntoView {
    let lines = findings.into_iter().map(|finding| view! { <FindingLine finding=entry(finding) /> }).collect_view();
    view! {
        <section class="round" data-testid="round">
            <h3>{format!("Round {number}")}</h3>
            <ul class="entries">{lines}</ul>
        </section>
    }
}

fn entry(finding: Finding) -> FindingEntry {
    let place = place(&finding.file.unwrap_or_default(), finding.line.map(u64::from));
    FindingEntry { id: finding.id, severity: finding.severity, place, claim: finding.claim, status: finding.status }
}
