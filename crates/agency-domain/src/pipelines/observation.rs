//! What was seen of a run and changes nothing: kept in the audit log beside the facts.

use crate::{AskId, BranchName, CommitId, PipelineId};
use serde::{Deserialize, Serialize};

/// Something seen that changes nothing, kept because a person may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "observation", rename_all = "snake_case")]
pub enum Observation {
    WorktreePrepared {
        path: String,
        branch: BranchName,
    },
    OpencodeStarted {
        version: String,
    },
    /// A server was ended between two attempts, because it had grown or served for long; the next attempt has a new one.
    OpencodeReplaced {
        attempts: u32,
        memory_mb: Option<u64>,
    },
    /// A server came back and found this pipeline under way.
    Recovered {
        detail: String,
    },
    /// What lies in the worktree is about to be kept under a ref: said first, so that no ref is there that the log does not name.
    PreservationBegun {
        reference: String,
    },
    /// What an attempt left uncommitted was kept under a ref before the tree was put back.
    WorkPreserved {
        reference: String,
        commit: CommitId,
    },
    HandoffReasked {
        fault: String,
    },
    /// The agent's own rules left it open, and policy or a permission that holds on answered at once.
    #[serde(alias = "permission_answered")]
    PermissionSettled {
        permission: String,
        patterns: Vec<String>,
        allowed: bool,
        /// The request whose answer allows it from then on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        granted_by: Option<AskId>,
    },
    ProviderRetried {
        attempt: u32,
        message: String,
    },
    ProcessesEnded {
        count: u64,
    },
    /// Another run that has not ended changes the same files.
    FilesOverlap {
        with: PipelineId,
        files: Vec<String>,
    },
}
