//! Everything that the database promises, through the crate's public door. One binary, because each links SQLite.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod chain;
mod contract;
mod contract_in_memory;
mod credentials;
mod faults;
mod files;
mod support;
