//! Reviews: verdicts, findings, and the ledger that says which of them are open.

mod ledger;

pub use ledger::{FindingStatus, LedgerFinding, Review, ReviewRules};

use serde::{Deserialize, Serialize};

/// What a reviewing step decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Approved,
    ChangesRequested,
    Blocked,
}

/// How grave a finding is; only `blocker` and `major` ask for another round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Blocker,
    Major,
    Minor,
    Note,
}

impl Severity {
    /// Whether it asks for another round.
    pub fn is_grave(self) -> bool {
        match self {
            Self::Blocker | Self::Major => true,
            Self::Minor | Self::Note => false,
        }
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocker => "blocker",
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Note => "note",
        }
    }
}

/// One reviewer's point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `F-3`. Given by the engine where the reviewer names none.
    #[serde(default)]
    pub id: Option<String>,
    pub severity: Severity,
    #[serde(default)]
    pub file: Option<String>,
    #[serde(default)]
    pub line: Option<u32>,
    pub claim: String,
    /// `open`, `fixed`, `wont_fix` or what the agent says of it.
    #[serde(default = "open")]
    pub status: String,
    /// Why a later round raises it though nothing changed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_now: Option<String>,
}

fn open() -> String {
    "open".to_owned()
}
