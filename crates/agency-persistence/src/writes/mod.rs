//! What can be written, one file per write. Each runs inside the writer's transaction and answers what its port promises.

mod branches;
mod claim;
mod commit;
mod create;
mod credentials;
mod events;
mod ledgers;
mod put_parts;
mod touched;

pub(crate) use claim::Claim;
pub(crate) use commit::Commit;
pub(crate) use create::Create;
pub(crate) use credentials::{Keep, NoteUse, Revoke};
pub(crate) use put_parts::PutParts;
