//! OpenCode as a process: finding the binary, starting a server, ending it and everything that its tools started. Knows nothing of HTTP.

mod binary;
mod log;
mod memory;
mod reap;
mod server;

pub(crate) use binary::{Binaries, FoundBinary};
pub(crate) use memory::memory_of_tree;
pub(crate) use reap::{EMPTY_LOOKS, Mark};
pub(crate) use server::{Launch, ServerProcess};
