//! How the newest runs of a template ended, and what became of an agent's results.

use super::pipelines;
use crate::figures;
use agency_contract as wire;
use agency_contract::words;
use agency_domain::Cost;
use agency_engine::{AgentRecord, TemplateRecord};

pub(crate) fn record(record: &TemplateRecord) -> wire::TemplateRecord {
    let run = |run: &agency_engine::RecordedRun| wire::RecordedRun {
        pipeline_id: run.pipeline.0,
        title: run.title.clone(),
        status: pipelines::status(&run.status).0,
    };
    let runs: Vec<_> = record.runs.iter().map(run).collect();
    let count = |status| u32::try_from(runs.iter().filter(|run| run.status == status).count()).unwrap_or(u32::MAX);
    let ends = Ends {
        succeeded: count(wire::PipelineStatus::Succeeded),
        failed: count(wire::PipelineStatus::Failed),
        cancelled: count(wire::PipelineStatus::Cancelled),
    };
    wire::TemplateRecord {
        succeeded: ends.succeeded,
        failed: ends.failed,
        cancelled: ends.cancelled,
        summary: summary(record, &ends),
        runs,
        minutes: record.duration.map(|duration| duration.as_secs_f64() / 60.0),
        money: record.cost.and_then(Cost::amount),
    }
}

pub(crate) fn of_agent(record: AgentRecord) -> wire::AgentRecord {
    let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
    let AgentRecord { runs, judged, passed } = record;
    wire::AgentRecord { runs: count(runs), judged: count(judged), passed: count(passed), summary: summary_of_agent(record) }
}

/// `Worked in 12 pipelines; 9 of 11 results passed the next gate.`
fn summary_of_agent(AgentRecord { runs, judged, passed }: AgentRecord) -> String {
    let worked = match runs {
        0 => return "It has handed nothing on yet.".to_owned(),
        1 => "Worked in one pipeline".to_owned(),
        _ => format!("Worked in {runs} pipelines"),
    };
    let met = match (judged, passed) {
        (0, _) => "no result of it has met a gate yet".to_owned(),
        (1, 1) => "its one result that met a gate passed it".to_owned(),
        (1, _) => "its one result that met a gate did not pass it".to_owned(),
        _ => format!("{passed} of {judged} results passed the next gate"),
    };
    format!("{worked}; {met}.")
}

/// How many runs ended how.
struct Ends {
    succeeded: u32,
    failed: u32,
    cancelled: u32,
}

/// `24 of the last 30 succeeded, 4 failed, 2 were cancelled. Usually 12 min 05 s and $0.40.`
fn summary(record: &TemplateRecord, ends: &Ends) -> String {
    let Ends { succeeded, failed, cancelled } = *ends;
    let all = succeeded + failed + cancelled;
    let mut text = match all {
        0 => return "No run of it has ended yet.".to_owned(),
        1 if succeeded == 1 => "Its one run succeeded".to_owned(),
        1 => "Its one run did not succeed".to_owned(),
        _ if succeeded == all => format!("The last {all} succeeded"),
        _ => format!("{succeeded} of the last {all} succeeded"),
    };
    if all > 1 {
        let others = [(failed, "failed"), (cancelled, if cancelled == 1 { "was cancelled" } else { "were cancelled" })];
        others.into_iter().filter(|(count, _)| *count > 0).for_each(|(count, how)| text.push_str(&format!(", {count} {how}")));
    }
    text.push('.');
    if let Some(duration) = record.duration {
        let cost = record.cost.map(|cost| format!(" and {}", figures::money(cost))).unwrap_or_default();
        let took = words::duration(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
        text.push_str(&format!(" {} {took}{cost}.", if succeeded == 1 { "It took" } else { "Usually" }));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_domain::PipelineId;
    use agency_domain::pipelines::{FailureReason, PipelineStatus, ReasonCode};
    use agency_engine::RecordedRun;
    use std::time::Duration;

    fn of(statuses: &[PipelineStatus]) -> TemplateRecord {
        let run = |status: &PipelineStatus| RecordedRun { pipeline: PipelineId(1), title: "x".to_owned(), status: status.clone() };
        let has_success = statuses.contains(&PipelineStatus::Succeeded);
        TemplateRecord {
            runs: statuses.iter().map(run).collect(),
            duration: has_success.then(|| Duration::from_secs(725).try_into().unwrap()),
            cost: has_success.then_some(Cost::Known(0.4)),
        }
    }

    #[test]
    fn an_agent_s_record_is_said_in_a_sentence() {
        for (runs, judged, passed, text) in [
            (0, 0, 0, "It has handed nothing on yet."),
            (1, 0, 0, "Worked in one pipeline; no result of it has met a gate yet."),
            (1, 1, 1, "Worked in one pipeline; its one result that met a gate passed it."),
            (2, 1, 0, "Worked in 2 pipelines; its one result that met a gate did not pass it."),
            (12, 11, 9, "Worked in 12 pipelines; 9 of 11 results passed the next gate."),
        ] {
            assert_eq!(of_agent(AgentRecord { runs, judged, passed }).summary, text);
        }
    }

    #[test]
    fn a_record_is_said_in_a_sentence() {
        use PipelineStatus::{Cancelled, Succeeded};
        let failed = || PipelineStatus::Failed(FailureReason { code: ReasonCode::Rejected, message: String::new(), hint: String::new() });
        for (statuses, text) in [
            (vec![], "No run of it has ended yet."),
            (vec![Succeeded], "Its one run succeeded. It took 12 min 05 s and $0.40."),
            (vec![failed()], "Its one run did not succeed."),
            (vec![Succeeded, Succeeded], "The last 2 succeeded. Usually 12 min 05 s and $0.40."),
            (vec![failed(), Cancelled], "0 of the last 2 succeeded, 1 failed, 1 was cancelled."),
            (
                vec![Succeeded, failed(), Cancelled, Cancelled],
                "1 of the last 4 succeeded, 1 failed, 2 were cancelled. It took 12 min 05 s and $0.40.",
            ),
        ] {
            assert_eq!(record(&of(&statuses)).summary, text);
        }
        let unknown = TemplateRecord { cost: None, ..of(&[Succeeded]) };
        assert_eq!(record(&unknown).summary, "Its one run succeeded. It took 12 min 05 s.");
        assert_eq!(record(&of(&[Succeeded, failed()])).failed, 1);
    }
}
