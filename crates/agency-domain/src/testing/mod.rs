//! Fakes, builders and the contract suites of the ports, for the tests of other crates.

pub mod builders;
pub mod checker;
mod clock;
mod heard;
mod ids;
mod memory;
pub mod store_suite;
mod story;

pub use clock::TestClock;
pub use heard::Heard;
pub use ids::TestIds;
pub use memory::MemoryStore;
pub use story::Story;
