//! Markdown to sanitised HTML. What agents write is hostile until it went through here; the page inserts the result as it is.
//!
//! Raw HTML is shown as text, images are left out (loading one would tell its host who reads), links open outside. A small cache by content
//! hash spares hand-offs that every page load shows from being rendered each time.

use crate::remembered::Remembered;
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};

/// Texts of each of two generations; a hand-off has some 4 kB, so that both are at most a few megabytes.
const REMEMBERED: usize = 256;
/// What is longer than this is rendered each time it is asked for.
const REMEMBERED_BYTES_MAX: usize = 64 * 1024;
/// Elements within each other. The sanitiser's time grows with the square of it, and ten thousand marks of a quotation in a row would hold it for
/// seconds; whoever writes for people stays far below.
const DEPTH_MAX: usize = 256;

/// Renders and remembers. One per server.
pub(crate) struct Markdown(Remembered);

impl Default for Markdown {
    fn default() -> Self {
        Self(Remembered::new(REMEMBERED, REMEMBERED_BYTES_MAX))
    }
}

impl Markdown {
    /// The text as HTML that is safe to insert.
    pub(crate) fn html(&self, text: &str) -> Arc<str> {
        self.0.get(Sha256::digest(text.as_bytes()).into(), || render(text))
    }
}

/// The same of a text that is still being written, and would only take the place of one that is asked for again.
pub(crate) fn preview(text: &str) -> String {
    render(text)
}

fn render(text: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.render.escape = true;
    let html = comrak::markdown_to_html(text, &options);
    if depth_of(&html) > DEPTH_MAX {
        return format!("<pre>{}</pre>", ammonia::clean_text(text));
    }
    sanitiser().clean(&html).to_string()
}

/// How deep elements stand within each other. Of HTML in which every `<` and `>` is a tag's, because those of the text are escaped.
fn depth_of(html: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for tag in html.split('<').skip(1) {
        let is_empty = tag.split('>').next().is_some_and(|tag| tag.ends_with('/'));
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !is_empty {
            depth += 1;
            deepest = deepest.max(depth);
        }
    }
    deepest
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
    fn a_text_that_is_nested_beyond_reason_is_shown_as_it_is_and_at_once() {
        let deep = format!("{} <b>deep</b>", ">".repeat(200_000));
        let html = render(&deep);
        assert!(html.starts_with("<pre>&gt;") && html.contains("&lt;b&gt;deep") && !html.contains("<b"), "{}", &html[..40]);
        assert!(render(&format!("{} quoted", ">".repeat(20))).contains("<blockquote>"));
        assert_eq!(depth_of("<p>a<br />b <em>c</em></p>\n<hr />\n<ul><li><p>d</p></li></ul>"), 3);
    }
}
