//! The port to git against real repositories in temporary directories.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod bases;
mod cleanup;
mod commits;
mod exports;
mod hostile;
mod preserving;
mod sandbox;
mod worktrees;
