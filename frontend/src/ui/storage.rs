//! Small things that this browser remembers. Storage may be switched off; then nothing is remembered and nothing breaks.

use crate::model::json::{self, Read};
use serde::Serialize;

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// What was stored under `key`; `None` where nothing readable was.
pub(crate) fn stored<T: Read>(key: &str) -> Option<T> {
    json::read(&storage()?.get_item(key).ok()??).ok()
}

pub(crate) fn store<T: Serialize>(key: &str, value: &T) {
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(value)) {
        // A full or forbidden storage only means that a reload forgets.
        let _ = storage.set_item(key, &text);
    }
}

/// A key that no other request has.
pub(crate) fn new_key() -> String {
    let random = || (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
    // `crypto.randomUUID` exists only where the page came over TLS or from loopback; these keys need no secrecy.
    format!("{:x}-{:08x}{:08x}", js_sys::Date::now() as u64, random(), random())
}
