//! Fakes, builders and the contract suites of the ports, for the tests of other crates.
