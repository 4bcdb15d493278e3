//! What happens when the page itself breaks.
//!
//! A panic ends the whole module while the page still looks alive. So the hook, which runs before that end, hands the message to plain JavaScript
//! (`broken.js`), which shows a dialog with Reload and tells the server.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = agencyBroke)]
    fn broke(message: &str);
}

/// Call once, before anything is mounted.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(|info| broke(&info.to_string())));
}
