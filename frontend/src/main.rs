//! Starts the page. Trunk builds this for wasm32 and the page's boot script runs it.

#[cfg(target_arch = "wasm32")]
fn main() {
    frontend::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the page: Trunk builds it for the browser. Run `just build`, then `agency serve`.");
}
