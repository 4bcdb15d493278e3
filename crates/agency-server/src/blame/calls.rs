//! The lines that a tool call wrote into a file: from its diff, and from what it was given.

use super::Files;
use crate::diff::files_of_tool;
use agency_contract::{DiffHunk, DiffLineKind};
use agency_domain::transcripts::FinishedCall;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// How tools call the path of a file, what is written, and what was there before.
const PATHS: [&str; 5] = ["filePath", "file_path", "filepath", "path", "file"];
const WRITTEN: [&str; 4] = ["content", "newString", "new_string", "new_str"];
const REPLACED: [&str; 3] = ["oldString", "old_string", "old_str"];

/// What a call added to a file and removed from it, trimmed.
#[derive(Default)]
pub(super) struct Lines {
    added: HashSet<String>,
    removed: HashSet<String>,
}

impl Lines {
    pub(super) fn of(call: &FinishedCall, files: &Files) -> Self {
        let mut lines = Self::default();
        let input_is_of_it = match &call.input {
            Some(Value::Object(fields)) => lines.take_object(fields, files, false),
            Some(Value::String(text)) => {
                lines.take_patch(text, files);
                false
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => false,
        };
        for file in call.diff.as_deref().map(files_of_tool).unwrap_or_default() {
            if files.are(&file.path) || (file.path.is_empty() && input_is_of_it) {
                file.hunks.iter().flat_map(changed).for_each(|(kind, text)| lines.put(kind, text));
            }
        }
        lines
    }

    pub(super) fn has(&self, kind: DiffLineKind, text: &str) -> bool {
        match kind {
            DiffLineKind::Added => self.added.contains(text),
            DiffLineKind::Removed => self.removed.contains(text),
            DiffLineKind::Context => false,
        }
    }

    fn put(&mut self, kind: DiffLineKind, text: String) {
        match kind {
            DiffLineKind::Added => self.added.insert(text),
            DiffLineKind::Removed => self.removed.insert(text),
            DiffLineKind::Context => false,
        };
    }

    /// An edit, or several in a list; `is_of_it`: what stands around it names the file. Answers whether it is about the file.
    fn take_object(&mut self, fields: &Map<String, Value>, files: &Files, is_of_it: bool) -> bool {
        let text = |name: &&str| fields.get(*name).and_then(Value::as_str);
        let is_of_it = PATHS.iter().find_map(text).map_or(is_of_it, |path| files.are(path));
        if is_of_it {
            let all = |names: &[&str]| -> HashSet<&str> { names.iter().filter_map(text).flat_map(trimmed).collect() };
            let (written, replaced) = (all(&WRITTEN), all(&REPLACED));
            self.added.extend(written.difference(&replaced).map(|&line| line.to_owned()));
            self.removed.extend(replaced.difference(&written).map(|&line| line.to_owned()));
        }
        for value in fields.values() {
            match value {
                Value::Array(items) => items.iter().filter_map(Value::as_object).for_each(|item| {
                    self.take_object(item, files, is_of_it);
                }),
                Value::String(text) => self.take_patch(text, files),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
            }
        }
        is_of_it
    }

    /// A patch as models write it, of any number of files.
    fn take_patch(&mut self, text: &str, files: &Files) {
        if !text.trim_start().starts_with("*** Begin Patch") {
            return;
        }
        let mut is_of_it = false;
        for line in text.lines() {
            if let Some(head) = line.strip_prefix("*** ") {
                is_of_it = match head.split_once(": ") {
                    Some(("Move to", path)) => is_of_it || files.are(path),
                    Some((_, path)) => files.are(path),
                    None => is_of_it,
                };
            } else if is_of_it {
                let change = match line.as_bytes().first() {
                    Some(b'+') => Some(DiffLineKind::Added),
                    Some(b'-') => Some(DiffLineKind::Removed),
                    Some(_) | None => None,
                };
                if let Some((kind, text)) = change.and_then(|kind| trimmed(&line[1..]).next().map(|text| (kind, text))) {
                    self.put(kind, text.to_owned());
                }
            }
        }
    }
}

/// The lines that a hunk adds and removes.
pub(super) fn changed(hunk: &DiffHunk) -> impl Iterator<Item = (DiffLineKind, String)> {
    let lines = hunk.lines.iter().filter(|line| line.kind != DiffLineKind::Context);
    lines.map(|line| (line.kind, line.text.trim().to_owned())).filter(|(_, text)| !text.is_empty())
}

fn trimmed(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}
