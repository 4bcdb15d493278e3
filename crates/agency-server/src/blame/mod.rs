//! Which tool call wrote the lines of a hunk. Pure; called by `http::blame`.
//!
//! A tool call leaves a diff, or what it was given says what it wrote. Later calls change numbers of lines, so that only the lines themselves can
//! be compared: the call that shares the most changed lines with the hunk wrote it.

mod calls;

use agency_contract::{DiffFile, DiffLineKind, DiffSide};
use agency_domain::transcripts::FinishedCall;
use calls::Lines;
use std::path::PathBuf;

/// A hunk whose writer is looked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) files: Files,
    /// What it changes: trimmed, and none of them empty.
    lines: Vec<(DiffLineKind, String)>,
}

/// The names of one file.
#[derive(Debug)]
pub(crate) struct Files {
    /// Tools name files within it by their whole paths.
    pub(crate) worktree: PathBuf,
    /// As it is called, and was called before.
    pub(crate) names: Vec<String>,
}

/// A call, and how many lines it shares with what is wanted.
#[derive(Debug)]
pub(crate) struct Candidate {
    shared: usize,
    pub(crate) call: FinishedCall,
}

impl Files {
    fn are(&self, path: &str) -> bool {
        let path = path.trim().trim_start_matches("./");
        self.names.iter().any(|name| match std::path::Path::new(path).strip_prefix(&self.worktree) {
            Ok(within) => within == std::path::Path::new(name),
            // The worktree may be called by another name, through a link.
            Err(_) if path.starts_with('/') => path.strip_suffix(name.as_str()).is_some_and(|before| before.ends_with('/')),
            Err(_) => path == name,
        })
    }
}

impl Wanted {
    /// The hunk in which a line is; `None` where no hunk has it.
    pub(crate) fn hunk(file: &DiffFile, side: DiffSide, line: u32, worktree: PathBuf) -> Option<Self> {
        let hunk = file.hunks.iter().find(|hunk| {
            hunk.lines.iter().any(|one| match side {
                DiffSide::New => one.new_line == Some(line),
                DiffSide::Old => one.old_line == Some(line),
            })
        })?;
        let names = [Some(file.path.clone()), file.old_path.clone()].into_iter().flatten().collect();
        let lines = calls::changed(hunk).collect();
        Some(Self { files: Files { worktree, names }, lines })
    }

    /// The call that shares the most lines, the newest among equals; `None` where none shares any.
    pub(crate) fn best(&self, calls: Vec<FinishedCall>) -> Option<Candidate> {
        calls.into_iter().filter_map(|call| self.candidate(call)).reduce(Candidate::better)
    }

    fn candidate(&self, call: FinishedCall) -> Option<Candidate> {
        let written = Lines::of(&call, &self.files);
        let shared = self.lines.iter().filter(|(kind, text)| written.has(*kind, text)).count();
        (shared > 0).then_some(Candidate { shared, call })
    }
}

impl Candidate {
    pub(crate) fn better(self, other: Self) -> Self {
        let rank = |candidate: &Self| (candidate.shared, candidate.call.attempt_id, candidate.call.ordinal);
        if rank(&other) > rank(&self) { other } else { self }
    }
}

#[cfg(test)]
mod tests;
