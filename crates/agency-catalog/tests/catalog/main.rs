//! The catalog over files in temporary directories.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod builtin;
mod files;
mod own;
mod schema;
mod shelves;
