//! What each type of the wire is made of, for [`super::json`]. A test compares every one of them with the types' own readers.

use super::json::{Faults, Object, Read, objects, words};
use agency_contract::{
    Acceptance, Agent, AgentAccess, AgentRequest, AnswerSource, Approval, ApprovalStatus, Attachment, Attempt, AttemptStatus, AuditEvent,
    Budget, ChangedLines, CheckRun, CheckedFile, ComparedFile, ComparedOrigin, ComparedPipeline, ComparedSide, Comparison, ComparisonRow,
    Criterion, CriterionStatus, Demo, Diff, DiffFile, DiffHunk, DiffLine, DiffLineKind, DiffSide, DryRun, DryRunStep, Evidence, Failure,
    FieldError, Finding, Fork, FormField, FormFieldKind, Handoff, LineComment, Loop, Message, NewStep, OpenCode, Origin, Page, PartKind,
    PartState, PermissionGrant, PermissionScope, Pipeline, PipelineDetail, PipelineStatus, PipelineStatusReason, Problem, Question,
    QuestionStatus, Receipt, Repository, RequestAnswer, RequestKind, RetryPolicy, RunningServer, SentAttachment, Source, Spent, Step,
    StepKind, StepSettings, StepStatus, Template, TemplateForm, Timeline, TimelineGap, TimelineRow, TimelineSpan, TimelineSpanKind,
    TimelineSpanState, Tokens, TranscriptPart, Usage, Verdict,
};
use serde_json::Value;

words! {
    AgentAccess { ReadOnly "read_only", Write "write" }
    AnswerSource { Person "person", Deadline "deadline", End "end" }
    ApprovalStatus {
        Pending "pending", Approved "approved", ChangesRequested "changes_requested", Rejected "rejected", Withdrawn "withdrawn"
    }
    AttemptStatus {
        Starting "starting", Running "running", Finishing "finishing", Succeeded "succeeded", Failed "failed", Interrupted "interrupted",
        Cancelled "cancelled"
    }
    ComparedSide { Left "left", Right "right" }
    CriterionStatus { Open "open", Claimed "claimed", Proven "proven", Accepted "accepted", Withdrawn "withdrawn" }
    DiffLineKind { Context "context", Added "added", Removed "removed" }
    DiffSide { New "new", Old "old" }
    FormFieldKind { Text "text", LongText "long_text", Choice "choice", Number "number", Span "span", List "list" }
    PartKind { Text "text", Reasoning "reasoning", Tool "tool", Notice "notice" }
    PartState { Open "open", Done "done", Error "error" }
    PipelineStatus {
        Queued "queued", Running "running", WaitingForApproval "waiting_for_approval", Paused "paused", Succeeded "succeeded",
        Failed "failed", Cancelled "cancelled"
    }
    PermissionScope { Once "once", Step "step", Pipeline "pipeline" }
    QuestionStatus { Pending "pending", Answered "answered", Failed "failed", Interrupted "interrupted", Cancelled "cancelled" }
    RequestKind { Permission "permission", Question "question" }
    Source { BuiltIn "built_in", User "user", Repository "repository" }
    StepKind { Agent "agent", Check "check", Approval "approval" }
    StepStatus {
        Pending "pending", Running "running", WaitingForApproval "waiting_for_approval", Succeeded "succeeded", Failed "failed",
        Skipped "skipped", Cancelled "cancelled"
    }
    TimelineSpanKind { Model "model", Tool "tool", Check "check", Gate "gate", Queued "queued" }
    TimelineSpanState { Done "done", Failed "failed", Running "running", Waiting "waiting" }
    Verdict { Approved "approved", ChangesRequested "changes_requested", Blocked "blocked" }
}

objects! {
    Acceptance { by, reason, at }
    Agent { name, description, source, access, reviews, model, prompt, tools, error }
    AgentRequest {
        id, pipeline_id, pipeline_title, step_id, agent_name, attempt_id, kind, subject, patterns, suggested, asked_at, deadline, answer
    }
    Approval {
        id, pipeline_id, pipeline_title, step_id, question, status, comment, decided_by, decided_at, created_at, reminded_at, digest,
        handoff, back_to_choices
    }
    Attachment { name, media_type, size, sha256, href }
    AuditEvent { id, pipeline_id, step_id, event_type, summary, payload, created_at }
    Attempt {
        id, step_id, number, status, model, session_id, base_commit, head_commit, started_at, finished_at, usage, failure, verdict,
        handoff, checks, copied_from
    }
    Budget { tokens, money, minutes, attempts }
    CheckRun { command, exit_code, outcome, passed, duration_ms, tail }
    ChangedLines { added, removed }
    CheckedFile { valid, errors, steps }
    ComparedFile { path, left, right, same }
    ComparedOrigin { pipeline_id, step }
    ComparedPipeline {
        id, title, status, template, model, scripted, branch, base_commit, head_commit, forked_from, note
    }
    Comparison { left, right, rows, files, files_total, files_unknown }
    ComparisonRow { what, left, right, better }
    Criterion { id, text, mandatory, status, evidence, accepted }
    Demo { available }
    Diff { base_commit, head_commit, files }
    DiffFile { path, old_path, status, additions, deletions, binary, rows, digest; lines, hunks }
    DiffHunk { header, lines }
    DiffLine { kind, old_line, new_line, text }
    DryRun { title, template, base_commit, budget, steps, command }
    DryRunStep { order_index, kind, name, model, role, prompt, prompt_bytes, commands, question, back }
    Evidence { text, attempt_id, proven, by, why }
    Failure { class, message, hint }
    FieldError { field, message, line, column }
    Finding {
        id, severity, file, line, claim, status, round, raised_by_attempt, settled_by_attempt, why_now, reviewer
    }
    Fork { id, title, status }
    FormField { path, label, group, kind, value, options, hint, line }
    Handoff { id, step_id, attempt_id, content_md, content_html, metadata, created_at; unacknowledged }
    LineComment { file, line, end_line, excerpt, text; side }
    Message { id, text, by, at, step_id, delivered_in }
    NewStep {
        agent, check, approval, description, model, on_changes_requested, on_failure, timeout, remind_after, budget, retry, stall_after,
        permissions
    }
    OpenCode {
        found, path, version, supported, supported_versions, how_to_install, provider_configured, default_model, running, demo
    }
    Origin { pipeline_id, step_id }
    Pipeline {
        id, title, description, template, template_sha256, template_source, repo, base, base_commit, branch, head_commit, status,
        status_reason, created_at, updated_at, started_at, finished_at, model, scripted, usage, budget, pause_requested, forked_from,
        current_step_id, steps_total, steps_done
    }
    PipelineStatusReason { code, message, hint }
    Question { id, step_id, attempt_id, text, by, asked_at, status, answer, answer_html, message, ended_at, usage }
    Receipt { attempt_id, role, prompt, sha256, size, ids, created_at; attachments }
    Repository { path, head_commit ; branch, uncommitted }
    PermissionGrant { scope, patterns, revoked_at, revoked_by }
    RequestAnswer { allowed, message, source, by, at, grant }
    RetryPolicy { attempts, pause }
    RunningServer { pipeline_id, question_id, pid, started_at }
    SentAttachment { name, media_type, size, sha256 }
    Spent { tokens, money, minutes, attempts }
    Step {
        id, order_index, kind, agent_name, agent_sha256, description, status, model, on_changes_requested, commands, timeout, on_failure,
        remind_after, settings, rounds, retry_at, started_at, finished_at, attempts
    }
    StepSettings { budget, retry, stall_after, fallback_models, permissions, writes }
    Template { name, description, source, budget, steps, error }
    TemplateForm { fields, faults }
    Timeline { pipeline_id, started_at, until, busy_seconds, idle_seconds, rows, gaps }
    TimelineGap { at_permille, length_permille, seconds, label }
    TimelineRow { step_id, attempt_id, label, note, spans }
    TimelineSpan { kind, title, state, start_permille, length_permille, starts_at, seconds, lasted, part, ordinal }
    Tokens { input, output, reasoning, cache_read, cache_write }
    TranscriptPart {
        seq, pipeline_id, step_id, attempt_id, part_id, ordinal, kind, state, text, html, tool, input, output, diff, rows, additions, deletions,
        took_ms, at
    }
    Usage { tokens, cost }
}

impl<T: Read> Read for Page<T> {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let mut object = Object::of(value, faults);
        Self { items: object.take("items"), next_cursor: object.take("next_cursor") }
    }
}

impl Read for Loop {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let mut object = Object::of(value, faults);
        let max_rounds: Option<u32> = object.take("max_rounds");
        Self { back_to: object.take("back_to"), max_rounds: max_rounds.unwrap_or(3) }
    }
}

impl Read for Problem {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let mut object = Object::of(value, faults);
        Self {
            type_uri: object.take("type"),
            title: object.take("title"),
            status: object.take("status"),
            detail: object.take("detail"),
            code: object.take("code"),
            errors: object.take_or_default("errors"),
        }
    }
}

/// The pipeline's own fields stand beside its lists.
impl Read for PipelineDetail {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let pipeline = Pipeline::read(value.clone(), faults);
        let mut object = Object::of(value, faults);
        Self {
            pipeline,
            spent: object.take("spent"),
            attachments: object.take_or_default("attachments"),
            steps: object.take("steps"),
            approvals: object.take("approvals"),
            criteria: object.take("criteria"),
            findings: object.take("findings"),
            messages: object.take("messages"),
            requests: object.take("requests"),
            questions: object.take("questions"),
            questions_usage: object.take("questions_usage"),
            forks: object.take_or_default("forks"),
            seq: object.take("seq"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::from_value;
    use super::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Map, json};
    use std::fmt::Debug;

    const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

    /// The schemas of the API's document, and values that they describe.
    struct Document(Value);

    #[derive(Clone, Copy)]
    enum Filling {
        /// Every field, with the first of what it may be.
        Everything,
        /// Null wherever that is allowed, and no field that may be missing.
        Least,
    }

    impl Document {
        fn schema(&self, name: &str) -> &Value {
            &self.0["components"]["schemas"][name]
        }

        fn value(&self, schema: &Value, filling: Filling) -> Value {
            if let Some(reference) = schema["$ref"].as_str() {
                return self.value(self.schema(reference.rsplit('/').next().unwrap()), filling);
            }
            if let Some(names) = schema["enum"].as_array() {
                return names[0].clone();
            }
            if let Some(all) = schema["allOf"].as_array() {
                let objects = all.iter().map(|each| self.value(each, filling)).filter_map(|each| each.as_object().cloned());
                return Value::Object(objects.flatten().collect());
            }
            if let Some(choices) = schema["oneOf"].as_array() {
                let is_null = |choice: &&Value| choice["type"] == "null";
                let chosen = match filling {
                    Filling::Least => choices.iter().find(is_null).or(choices.first()),
                    Filling::Everything => choices.iter().find(|choice| !is_null(choice)),
                };
                return self.value(chosen.unwrap(), filling);
            }
            let types: Vec<&str> = match &schema["type"] {
                Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
                one => one.as_str().into_iter().collect(),
            };
            if types.contains(&"null") && matches!(filling, Filling::Least) {
                return Value::Null;
            }
            match types.first().copied() {
                Some("string") => json!("text"),
                Some("integer") => json!(7),
                Some("number") => json!(0.5),
                Some("boolean") => json!(true),
                Some("array") => Value::Array(vec![self.value(&schema["items"], filling)]),
                Some("object") => self.object(schema, filling),
                _ => json!({"any": ["thing"]}),
            }
        }

        fn object(&self, schema: &Value, filling: Filling) -> Value {
            let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let mut fields = Map::new();
            for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                if matches!(filling, Filling::Everything) || required.contains(&name.as_str()) {
                    fields.insert(name.clone(), self.value(field, filling));
                }
            }
            Value::Object(fields)
        }

        /// Reads what the document says of `name` in both ways.
        fn compare<T: Read + DeserializeOwned + PartialEq + Debug>(&self, name: &str) {
            let schema = self.schema(name);
            assert!(schema.is_object(), "the document has no {name}");
            for filling in [Filling::Everything, Filling::Least] {
                let value = self.value(schema, filling);
                let general: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{name}: {error}: {value}"));
                assert_eq!(from_value::<T>(value).unwrap_or_else(|error| panic!("{name}: {error}")), general, "{name}");
            }
            for word in schema["enum"].as_array().into_iter().flatten() {
                assert_eq!(from_value::<T>(word.clone()).unwrap(), serde_json::from_value(word.clone()).unwrap(), "{name}");
            }
        }
    }

    macro_rules! compare {
        ($document:ident: $($type:ident)*) => { $($document.compare::<$type>(stringify!($type));)* };
    }

    #[test]
    fn every_type_is_read_as_its_own_reader_reads_it() {
        let document = Document(serde_json::from_str(DOCUMENT).unwrap());
        compare!(document: Acceptance Agent AgentAccess AgentRequest AnswerSource Approval ApprovalStatus Attachment Attempt AttemptStatus
            AuditEvent Budget ChangedLines CheckRun CheckedFile ComparedFile ComparedOrigin ComparedPipeline ComparedSide Comparison ComparisonRow Criterion CriterionStatus Demo Diff DiffFile DiffHunk DiffLine DiffLineKind DiffSide DryRun DryRunStep Evidence
            Failure FieldError Finding Fork FormField FormFieldKind Handoff LineComment Loop Message NewStep OpenCode Origin PartKind PartState PermissionGrant PermissionScope Pipeline PipelineDetail
            PipelineStatus PipelineStatusReason Problem Question QuestionStatus Receipt Repository RequestAnswer RequestKind RetryPolicy RunningServer SentAttachment
            Source Spent Step StepKind StepSettings StepStatus Template TemplateForm Timeline TimelineGap TimelineRow TimelineSpan TimelineSpanKind TimelineSpanState Tokens TranscriptPart Usage Verdict);
        document.compare::<Page<Pipeline>>("Page_Pipeline");
    }

    #[test]
    fn names_that_nobody_knows_are_named() {
        assert_eq!(
            from_value::<Verdict>(json!("maybe")).unwrap_err().to_string(),
            "the answer: maybe in the place of one of several names"
        );
        assert!(from_value::<Verdict>(json!(1)).is_err());
    }
}
