//! What the whole pipeline is measured by: its acceptance criteria with their evidence, and the reviewers' findings round by round.

use super::Open;
use super::record::FindingLine;
use crate::model::handoff::{FindingEntry, place};
use crate::model::ledger::{Round, cells, columns, evidence_lines, rounds};
use crate::model::status::{Badge, criterion_badge, criterion_word};
use crate::ui::{BadgeView, Inline, Kept, Tag, When, region};
use agency_contract::{Criterion, Finding};
use leptos::prelude::*;

#[component]
pub(super) fn Ledger(open: Open) -> impl IntoView {
    let criteria = Kept::new(move || open.detail.read().criteria.clone());
    let steps = Kept::new(move || columns(&open.detail.read()));
    let step_head = |(number, name): (u32, String)| {
        let title = name.clone();
        view! {
            <th scope="col" class="matrix" title=title>
                {number} <span class="sr-only">{name}</span>
            </th>
        }
    };
    let rows = move || {
        let detail = open.detail.read();
        let row = |criterion: Criterion| {
            let cells = cells(&detail, &criterion);
            view! { <CriterionRow criterion cells /> }
        };
        criteria.get().into_iter().map(row).collect_view()
    };
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
                                {region(move || steps.get().into_iter().map(step_head).collect_view())} <th scope="col">"Status"</th>
                                <th scope="col">"Evidence"</th>
                            </tr>
                        </thead>
                        <tbody>
                            {region(rows)}
                        </tbody>
                    </table>
                </section>
            </When>
            <When when=Signal::derive(move || !findings.read().is_empty())>
                <section class="card" data-testid="findings">
                    <h2>"Findings"</h2>
                    {region(move || {
                        let rounds = rounds(&findings.read());
                        let most = rounds.iter().map(|round| round.open).max().unwrap_or(0);
                        rounds.into_iter().map(|round| view! { <RoundView round most /> }).collect_view()
                    })}
                </section>
            </When>
        </div>
    }
}

#[component]
fn CriterionRow(criterion: Criterion, cells: Vec<Option<Badge>>) -> impl IntoView {
    let cell = |badge: Option<Badge>| {
        let mark = badge.map(|badge| view! { <Mark badge /> });
        view! { <td class="matrix">{mark}</td> }
    };
    let lines = evidence_lines(&criterion)
        .into_iter()
        .map(|(badge, text)| {
            view! {
                <li class=badge.tone.class()>
                    <Mark badge />
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
            {cells.into_iter().map(cell).collect_view()}
            <td>
                <BadgeView badge=criterion_badge(criterion_word(criterion.status)) />
            </td>
            <td>
                <ul class="evidence">{lines}</ul>
            </td>
        </tr>
    }
}

/// What a piece of evidence is worth.
#[component]
fn Mark(badge: Badge) -> impl IntoView {
    view! {
        <span class=format!("glyph evidence-mark {}", badge.tone.class()) aria-hidden="true">
            {badge.glyph}
        </span>
        <span class="sr-only">{badge.label} ": "</span>
    }
}

/// What one review raised, under how many were open after it.
#[component]
fn RoundView(round: Round, most: usize) -> impl IntoView {
    let (line, open) = (round.line(), round.open.to_string());
    let line_of = |finding| view! { <FindingLine finding=entry(finding) /> };
    let lines =
        (!round.raised.is_empty()).then(|| view! { <ul class="entries">{round.raised.into_iter().map(line_of).collect_view()}</ul> });
    view! {
        <section class="round" data-testid="round">
            <h3>{format!("Round {}", round.number)} <span class="muted">" · " {line}</span></h3>
            <progress class="tone-waiting" max=most.to_string() value=open aria-hidden="true"></progress>
            {lines}
        </section>
    }
}

fn entry(finding: Finding) -> FindingEntry {
    let place = place(&finding.file.unwrap_or_default(), finding.line.map(u64::from));
    FindingEntry { id: finding.id, severity: finding.severity, place, claim: finding.claim, status: finding.status }
}
