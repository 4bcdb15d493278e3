//! How each state looks and reads: one glyph, one label, one tone.
//!
//! A state is never shown by its colour alone. The same glyphs serve the list, the rail and the document's title.

use agency_contract::{ApprovalStatus, AttemptStatus, CriterionStatus, PartState, PipelineStatus, StepStatus, Verdict};

/// The colour family of a badge; the style sheet has one class for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Quiet,
    Active,
    Waiting,
    Good,
    Bad,
}

impl Tone {
    /// The CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Quiet => "tone-quiet",
            Self::Active => "tone-active",
            Self::Waiting => "tone-waiting",
            Self::Good => "tone-good",
            Self::Bad => "tone-bad",
        }
    }
}

/// A state, ready to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Badge {
    pub glyph: &'static str,
    pub label: &'static str,
    pub tone: Tone,
}

/// Waiting for a person. The usual sign for a pause is missing from many systems' fonts; this one is in all of them.
pub const WAITING_GLYPH: &str = "‖";

const fn badge(glyph: &'static str, label: &'static str, tone: Tone) -> Badge {
    Badge { glyph, label, tone }
}

pub fn pipeline_badge(status: PipelineStatus) -> Badge {
    match status {
        PipelineStatus::Queued => badge("○", "Queued", Tone::Quiet),
        PipelineStatus::Running => badge("◐", "Running", Tone::Active),
        PipelineStatus::WaitingForApproval => badge(WAITING_GLYPH, "Waiting for you", Tone::Waiting),
        PipelineStatus::Paused => badge(WAITING_GLYPH, "Paused", Tone::Waiting),
        PipelineStatus::Succeeded => badge("✓", "Succeeded", Tone::Good),
        PipelineStatus::Failed => badge("✗", "Failed", Tone::Bad),
        PipelineStatus::Cancelled => badge("⊘", "Cancelled", Tone::Quiet),
    }
}

pub fn step_badge(status: StepStatus) -> Badge {
    match status {
        StepStatus::Pending => badge("○", "Pending", Tone::Quiet),
        StepStatus::Running => badge("◐", "Running", Tone::Active),
        StepStatus::WaitingForApproval => badge(WAITING_GLYPH, "Waiting for you", Tone::Waiting),
        StepStatus::Succeeded => badge("✓", "Done", Tone::Good),
        StepStatus::Failed => badge("✗", "Failed", Tone::Bad),
        StepStatus::Skipped => badge("↷", "Skipped", Tone::Quiet),
        StepStatus::Cancelled => badge("⊘", "Cancelled", Tone::Quiet),
    }
}

pub fn attempt_badge(status: AttemptStatus) -> Badge {
    match status {
        AttemptStatus::Starting => badge("◔", "Starting", Tone::Active),
        AttemptStatus::Running => badge("◐", "Running", Tone::Active),
        AttemptStatus::Finishing => badge("◕", "Finishing", Tone::Active),
        AttemptStatus::Succeeded => badge("✓", "Done", Tone::Good),
        AttemptStatus::Failed => badge("✗", "Failed", Tone::Bad),
        AttemptStatus::Interrupted => badge("↯", "Interrupted", Tone::Waiting),
        AttemptStatus::Cancelled => badge("⊘", "Cancelled", Tone::Quiet),
    }
}

pub fn approval_badge(status: ApprovalStatus) -> Badge {
    match status {
        ApprovalStatus::Pending => badge(WAITING_GLYPH, "Waiting for you", Tone::Waiting),
        ApprovalStatus::Approved => badge("✓", "Approved", Tone::Good),
        ApprovalStatus::ChangesRequested => badge("↻", "Changes requested", Tone::Waiting),
        ApprovalStatus::Rejected => badge("✗", "Rejected", Tone::Bad),
        ApprovalStatus::Withdrawn => badge("⊘", "Withdrawn", Tone::Quiet),
    }
}

pub fn verdict_badge(verdict: Verdict) -> Badge {
    match verdict {
        Verdict::Approved => badge("✓", "Approved", Tone::Good),
        Verdict::ChangesRequested => badge("↻", "Changes requested", Tone::Waiting),
        Verdict::Blocked => badge("✗", "Blocked", Tone::Bad),
    }
}

pub fn part_badge(state: PartState) -> Badge {
    match state {
        PartState::Open => badge("◐", "Running", Tone::Active),
        PartState::Done => badge("✓", "Done", Tone::Good),
        PartState::Error => badge("✗", "Failed", Tone::Bad),
    }
}

/// How a command of a check ended.
pub fn check_badge(passed: bool) -> Badge {
    if passed { badge("✓", "Passed", Tone::Good) } else { badge("✗", "Failed", Tone::Bad) }
}

/// The wire's word for the status of a criterion.
pub fn criterion_word(status: CriterionStatus) -> &'static str {
    match status {
        CriterionStatus::Open => "open",
        CriterionStatus::Claimed => "claimed",
        CriterionStatus::Proven => "proven",
        CriterionStatus::Accepted => "accepted",
        CriterionStatus::Withdrawn => "withdrawn",
    }
}

/// The status of a criterion: of the wire, or as an agent put it in its hand-off, which is free text.
pub fn criterion_badge(status: &str) -> Badge {
    match status {
        "proven" => badge("✓", "Proven", Tone::Good),
        "accepted" => badge("✓", "Accepted", Tone::Good),
        "claimed" => badge("◐", "Claimed", Tone::Waiting),
        "withdrawn" => badge("⊘", "Withdrawn", Tone::Quiet),
        "met" | "done" | "satisfied" | "passed" => badge("✓", "Met", Tone::Good),
        "unmet" | "not_met" | "failed" => badge("✗", "Not met", Tone::Bad),
        "partial" | "partly_met" => badge("◐", "Partly met", Tone::Waiting),
        "waived" | "dropped" => badge("⊘", "Waived", Tone::Quiet),
        "open" | "pending" | "proposed" | "" => badge("○", "Open", Tone::Quiet),
        _ => badge("○", "Unknown", Tone::Quiet),
    }
}

/// The status of a finding, which is text on the wire too.
pub fn finding_badge(status: &str) -> Badge {
    match status {
        "fixed" => badge("✓", "Fixed", Tone::Good),
        "wont_fix" => badge("⊘", "Will not be fixed", Tone::Quiet),
        "open" => badge("○", "Open", Tone::Waiting),
        _ => badge("○", "Unknown", Tone::Quiet),
    }
}

/// The tone of a finding's severity, which is free text on the wire.
pub fn severity_tone(severity: &str) -> Tone {
    match severity {
        "blocker" => Tone::Bad,
        "major" => Tone::Waiting,
        _ => Tone::Quiet,
    }
}

/// The wire's word for a status, for attributes that tests and style sheets read.
pub fn pipeline_word(status: PipelineStatus) -> &'static str {
    match status {
        PipelineStatus::Queued => "queued",
        PipelineStatus::Running => "running",
        PipelineStatus::WaitingForApproval => "waiting_for_approval",
        PipelineStatus::Paused => "paused",
        PipelineStatus::Succeeded => "succeeded",
        PipelineStatus::Failed => "failed",
        PipelineStatus::Cancelled => "cancelled",
    }
}

pub fn step_word(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Pending => "pending",
        StepStatus::Running => "running",
        StepStatus::WaitingForApproval => "waiting_for_approval",
        StepStatus::Succeeded => "succeeded",
        StepStatus::Failed => "failed",
        StepStatus::Skipped => "skipped",
        StepStatus::Cancelled => "cancelled",
    }
}

pub fn attempt_word(status: AttemptStatus) -> &'static str {
    match status {
        AttemptStatus::Starting => "starting",
        AttemptStatus::Running => "running",
        AttemptStatus::Finishing => "finishing",
        AttemptStatus::Succeeded => "succeeded",
        AttemptStatus::Failed => "failed",
        AttemptStatus::Interrupted => "interrupted",
        AttemptStatus::Cancelled => "cancelled",
    }
}

pub fn approval_word(status: ApprovalStatus) -> &'static str {
    match status {
        ApprovalStatus::Pending => "pending",
        ApprovalStatus::Approved => "approved",
        ApprovalStatus::ChangesRequested => "changes_requested",
        ApprovalStatus::Rejected => "rejected",
        ApprovalStatus::Withdrawn => "withdrawn",
    }
}

/// Whether nothing more can happen to a pipeline.
pub fn has_ended(status: PipelineStatus) -> bool {
    match status {
        PipelineStatus::Succeeded | PipelineStatus::Failed | PipelineStatus::Cancelled => true,
        PipelineStatus::Queued | PipelineStatus::Running | PipelineStatus::WaitingForApproval | PipelineStatus::Paused => false,
    }
}

/// Whether an attempt is under way, so that its transcript is live.
pub fn is_under_way(status: AttemptStatus) -> bool {
    match status {
        AttemptStatus::Starting | AttemptStatus::Running | AttemptStatus::Finishing => true,
        AttemptStatus::Succeeded | AttemptStatus::Failed | AttemptStatus::Interrupted | AttemptStatus::Cancelled => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_wire() {
        for status in [
            PipelineStatus::Queued,
            PipelineStatus::Running,
            PipelineStatus::WaitingForApproval,
            PipelineStatus::Paused,
            PipelineStatus::Succeeded,
            PipelineStatus::Failed,
            PipelineStatus::Cancelled,
        ] {
            assert_eq!(serde_json::to_value(status).unwrap(), pipeline_word(status));
        }
        assert_eq!(serde_json::to_value(StepStatus::WaitingForApproval).unwrap(), step_word(StepStatus::WaitingForApproval));
        assert_eq!(serde_json::to_value(AttemptStatus::Interrupted).unwrap(), attempt_word(AttemptStatus::Interrupted));
        for status in [
            CriterionStatus::Open,
            CriterionStatus::Claimed,
            CriterionStatus::Proven,
            CriterionStatus::Accepted,
            CriterionStatus::Withdrawn,
        ] {
            assert_eq!(serde_json::to_value(status).unwrap(), criterion_word(status));
            assert_ne!(criterion_badge(criterion_word(status)).label, "Unknown");
        }
        assert_eq!(serde_json::to_value(ApprovalStatus::ChangesRequested).unwrap(), approval_word(ApprovalStatus::ChangesRequested));
    }

    #[test]
    fn waiting_and_failing_differ_in_glyph_and_label_and_not_in_tone_alone() {
        let (waiting, failed) = (pipeline_badge(PipelineStatus::WaitingForApproval), pipeline_badge(PipelineStatus::Failed));
        assert_ne!(waiting.glyph, failed.glyph);
        assert_ne!(waiting.label, failed.label);
        assert_ne!(waiting.tone.class(), failed.tone.class());
    }

    #[test]
    fn an_unknown_status_of_a_criterion_is_never_shown_as_met() {
        assert_eq!(criterion_badge("sparkling").label, "Unknown");
        assert_eq!(criterion_badge("").label, "Open");
    }
}
