//! The page of theAgency: a client of the API and of the event stream, in the browser.
//!
//! `model` is plain Rust and builds everywhere; whatever touches the browser builds for wasm32 alone.

pub mod model;

#[cfg(target_arch = "wasm32")]
mod api;
#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "the component macro makes the properties of a component public, whatever the component is")]
mod app;
#[cfg(target_arch = "wasm32")]
mod crash;
#[cfg(target_arch = "wasm32")]
mod live;
#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "the component macro makes the properties of a component public, whatever the component is")]
mod pages;
#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "the component macro makes the properties of a component public, whatever the component is")]
mod router;
#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "the component macro makes the properties of a component public, whatever the component is")]
mod ui;

#[cfg(target_arch = "wasm32")]
pub use app::start;
