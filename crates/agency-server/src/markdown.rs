//! Markdown to sanitised HTML. What agents write is hostile until it went through here; the page inserts the result as it is.
//!
//! Raw HTML is shown as text, images are left out (loading one would tell its host who reads), links open outside. A small cache by content
//! hash spares hand-offs that every page load shows from being rendered each time.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

type Key = [u8; 32];

/// Texts of each of the two generations; a hand-off has some 4 kB, so that both are at most a few megabytes.
const GENERATION_MAX: usize = 256;
/// A text longer than this is rendered each time it is asked for.
const CACHED_BYTES_MAX: usize = 64 * 1024;

/// Renders and remembers. One per server.
#[derive(Default)]
pub(crate) struct Markdown {
    cache: Mutex<Cache>,
}

/// Two generations: what was asked for lately, and what was before that. Filling the young one drops the old.
#[derive(Default)]
struct Cache {
    young: HashMap<Key, Arc<str>>,
    old: HashMap<Key, Arc<str>>,
}

impl Cache {
    fn get(&mut self, key: &Key) -> Option<Arc<str>> {
        if let Some(html) = self.young.get(key) {
            return Some(Arc::clone(html));
        }
        let html = self.old.remove(key)?;
        self.put(*key, Arc::clone(&html));
        Some(html)
    }

    fn put(&mut self, key: Key, html: Arc<str>) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, html);
    }
}

impl Markdown {
    /// The text as HTML that is safe to insert.
    pub(crate) fn html(&self, text: &str) -> Arc<str> {
        if text.len() > CACHED_BYTES_MAX {
            return render(text).into();
        }
        let key: Key = Sha256::digest(text.as_bytes()).into();
        if let Some(html) = self.lock().get(&key) {
            return html;
        }
        let html: Arc<str> = render(text).into();
        self.lock().put(key, Arc::clone(&html));
        html
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn render(text: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.render.escape = true;
    sanitiser().clean(&comrak::markdown_to_html(text, &options)).to_string()
}

fn sanitiser() -> &'static ammonia::Builder<'static> {
    static SANITISER: OnceLock<ammonia::Builder<'static>> = OnceLock::new();
    SANITISER.get_or_init(|| {
        let mut builder = ammonia::Builder::default();
        builder
            .rm_tags(["img"])
            .url_schemes(["http", "https", "mailto"].into())
            .url_relative(ammonia::UrlRelative::Deny)
            .link_rel(Some("noopener noreferrer nofollow"));
        builder
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html_and_hostile_text_stays_text() {
        let markdown = Markdown::default();
        let html = markdown.html("# Title\n\n**bold** and a | b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
        assert!(html.contains("<h1>Title</h1>") && html.contains("<strong>bold</strong>") && html.contains("<td>1</td>"), "{html}");
        for hostile in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "![x](https://evil.example/pixel.png)",
            "<iframe src=//evil.example></iframe>",
            "[x](data:text/html,<script>alert(1)</script>)",
        ] {
            let html = markdown.html(hostile);
            for forbidden in ["<script", "<img", "<iframe", "href=\"javascript", "href=\"data"] {
                assert!(!html.contains(forbidden), "{hostile} became {html}");
            }
        }
    }

    #[test]
    fn the_cache_answers_the_same_and_stays_small() {
        let markdown = Markdown::default();
        let first = markdown.html("text 0");
        for number in 0..(3 * GENERATION_MAX) {
            markdown.html(&format!("text {number}"));
        }
        assert_eq!(markdown.html("text 0"), first);
        let cache = markdown.lock();
        assert!(cache.young.len() + cache.old.len() <= 2 * GENERATION_MAX);
    }
}
