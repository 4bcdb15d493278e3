//! The contract of the store ports, on a real database in a file.

use agency_domain::testing::Heard;
use agency_domain::testing::store_suite::StorePorts;
use std::sync::Arc;

async fn open() -> StorePorts {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/agency.db", directory.path().display());
    let heard = Arc::new(Heard::default());
    let open = agency_persistence::open(&url, Arc::clone(&heard) as _).await.unwrap();
    StorePorts {
        store: open.store(),
        log: open.log(),
        transcripts: open.transcripts(),
        ids: open.ids(),
        heard,
        keep: Arc::new((directory, open)),
    }
}

agency_domain::store_suite!(open);
