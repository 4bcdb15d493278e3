//! The commands, one file per kind.

pub(crate) mod approvals;
pub(crate) mod ask;
pub(crate) mod audit;
pub(crate) mod control;
pub(crate) mod demo;
pub(crate) mod inbox;
pub(crate) mod list;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod token;
pub(crate) mod watch;
