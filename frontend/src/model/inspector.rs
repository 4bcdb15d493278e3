//! The inspector of a pipeline's page: what can be said to the pipeline and what it is measured by, beside the step or beneath it.

use super::control::Controls;
use agency_contract::PipelineDetail;

/// The words of the `data-inspector` attribute.
pub const BESIDE: &str = "beside";
const BENEATH: &str = "beneath";

/// Windows from this width on, in CSS pixels, have it beside the step until the reader wants it otherwise.
const WIDE_PIXELS: f64 = 1400.0;

/// How wide it is beside the step, in CSS pixels.
const WIDTH_MIN: i64 = 240;
const WIDTH_MAX: i64 = 560;
const WIDTH: i64 = 320;
/// What one press of an arrow moves its edge by.
const STEP: i64 = 16;

/// Its words, the one that a window of this width begins with first.
pub fn words(window_width: f64) -> [&'static str; 2] {
    if window_width >= WIDE_PIXELS { [BESIDE, BENEATH] } else { [BENEATH, BESIDE] }
}

pub fn other(word: &str) -> &'static str {
    if word == BESIDE { BENEATH } else { BESIDE }
}

/// Whether there is anything in it: an empty column would only take room from the step.
pub fn has_content(detail: &PipelineDetail, controls: &Controls) -> bool {
    let can_act = controls.can_talk || !controls.retry.is_empty() || !controls.fork.is_empty();
    can_act || !detail.messages.is_empty() || !detail.criteria.is_empty() || !detail.findings.is_empty()
}

/// The width that was kept.
pub fn kept_width(text: &str) -> i64 {
    text.parse().map_or(WIDTH, within)
}

/// The nearest width that is allowed.
pub fn within(width: i64) -> i64 {
    width.clamp(WIDTH_MIN, WIDTH_MAX)
}

/// The width after a key on its edge: the edge goes where the arrow points, and what is right of it grows to the left.
pub fn width_after(key: &str, width: i64) -> Option<i64> {
    match key {
        "ArrowLeft" => Some(within(width + STEP)),
        "ArrowRight" => Some(within(width - STEP)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_contract::PipelineStatus;
    use serde_json::json;

    fn detail() -> PipelineDetail {
        let usage = json!({"tokens": {"input": 0, "output": 0, "reasoning": 0, "cache_read": 0, "cache_write": 0}, "cost": null});
        let value = json!({
            "id": 1, "title": "", "description": "", "template": "", "repo": "", "base": "", "base_commit": "", "branch": "", "head_commit": "",
            "status": "cancelled", "created_at": "", "updated_at": "", "scripted": false, "usage": usage, "budget": {}, "current_step_id": null,
            "spent": {"tokens": 0, "money": null, "minutes": 0.0, "attempts": 0}, "messages": [], "requests": [], "questions": [],
            "questions_usage": usage, "steps_total": 0, "steps_done": 0, "steps": [], "approvals": [], "criteria": [], "findings": [], "seq": 1
        });
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_wide_window_begins_with_it_beside_the_step_and_a_key_turns_it() {
        assert_eq!(words(1500.0)[0], BESIDE);
        assert_eq!(words(1280.0)[0], BENEATH);
        for width in [390.0, 1500.0] {
            let [first, second] = words(width);
            assert_eq!((other(first), other(second)), (second, first));
        }
    }

    #[test]
    fn nothing_to_show_and_nothing_to_do_takes_no_column() {
        let empty = detail();
        assert!(!has_content(&empty, &Controls::of(&empty)));
        let criterion = json!({"id": "AC-1", "text": "", "mandatory": true, "status": "open", "evidence": [], "accepted": null});
        let measured = PipelineDetail { criteria: vec![serde_json::from_value(criterion).unwrap()], ..detail() };
        assert!(has_content(&measured, &Controls::of(&measured)));
        let mut running = detail();
        running.pipeline.status = PipelineStatus::Running;
        assert!(has_content(&running, &Controls::of(&running)), "one can talk to what runs");
        assert!(has_content(&empty, &Controls { fork: vec![(String::new(), String::new())], ..Controls::default() }));
    }

    #[test]
    fn the_edge_tells_its_limits() {
        let view = include_str!("../pages/pipeline/mod.rs");
        for (name, limit) in [("min", WIDTH_MIN), ("max", WIDTH_MAX)] {
            assert!(view.contains(&format!("aria-value{name}=\"{limit}\"")), "{name}");
        }
    }

    #[test]
    fn what_was_kept_is_a_width_or_counts_for_nothing() {
        assert_eq!(["", "wide", "400", "9", "100000", "-3"].map(kept_width), [WIDTH, WIDTH, 400, WIDTH_MIN, WIDTH_MAX, WIDTH_MIN]);
    }

    #[test]
    fn the_edge_goes_where_the_arrow_points_and_no_farther_than_it_may() {
        assert_eq!(width_after("ArrowLeft", 320), Some(336));
        assert_eq!(width_after("ArrowRight", 320), Some(304));
        assert_eq!(width_after("ArrowLeft", WIDTH_MAX - 1), Some(WIDTH_MAX));
        assert_eq!(width_after("ArrowRight", WIDTH_MIN), Some(WIDTH_MIN));
        assert_eq!(width_after("Tab", 320), None);
    }
}
