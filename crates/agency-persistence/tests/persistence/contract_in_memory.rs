//! The contract of the store ports, on a database in memory, which has one connection for all.

use agency_domain::testing::Heard;
use agency_domain::testing::store_suite::StorePorts;
use std::sync::Arc;

async fn open() -> StorePorts {
    let heard = Arc::new(Heard::default());
    let open = agency_persistence::open("sqlite::memory:", Arc::clone(&heard) as _).await.unwrap();
    StorePorts { store: open.store(), log: open.log(), transcripts: open.transcripts(), ids: open.ids(), heard, keep: Arc::new(open) }
}

agency_domain::store_suite!(open);
