//! Acceptance criteria: rows with ids that never change, and the evidence that steps attach to them.
//!
//! An agent's word is a claim. What the engine knows better (which files the branch changes, which commands ran and how they exited)
//! decides whether the claim is proven.

mod commands;
mod evidence;
mod ledger;
mod line;

pub use evidence::{BranchFacts, EvidenceClaim, Facts, Proof};
pub use ledger::{Acceptance, Criterion, Evidence, updated};
