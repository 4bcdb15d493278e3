//! The page, embedded: hashed files for ever, `index.html` anew each time, under a policy that names its one inline script by hash.
//!
//! Debug builds read `frontend/dist` when a file is asked for; release builds hold it.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use agency_domain::access::Rights;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "../../frontend/dist"]
#[allow_missing = true]
struct Dist;

const INDEX: &str = "index.html";
/// Where what holds for the whole page is written.
const ROOT: &str = "<html";
/// Names that carry a hash of their content never change it.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Hex digits of the hash that Trunk puts into a file's name.
const HASH_DIGITS: usize = 16;
/// Encodings that a file may lie ready in, best first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
const NOT_BUILT: &str = "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>theAgency</title></head>\n<body>\n<h1>theAgency</h1>\n\
<p>This binary was built without its page. Build both with <code>npx -y rust-just build</code>, or run <code>npx -y rust-just dev</code> and open \
<a href=\"http://localhost:3000\">localhost:3000</a>.</p>\n<p>The API is here: <a href=\"/docs\">/docs</a>.</p>\n</body>\n</html>\n";

/// A file of the page; `None` where there is none of this name.
pub(super) fn file(request: &HttpRequest) -> Option<HttpResponse> {
    let path = request.path().trim_start_matches('/');
    if path.is_empty() || path == INDEX || ENCODINGS.iter().any(|(_, suffix)| path.ends_with(suffix)) {
        return None;
    }
    let plain = Dist::get(path)?;
    let mut response = HttpResponse::Ok();
    response.content_type(content_type(path, &plain));
    response.insert_header((header::CACHE_CONTROL, if is_hashed(path) { FOR_EVER } else { "no-cache" }));
    response.insert_header((header::VARY, "Accept-Encoding"));
    let ready = ENCODINGS
        .iter()
        .filter(|(encoding, _)| accepts(request, encoding))
        .find_map(|(encoding, suffix)| Some((*encoding, Dist::get(&format!("{path}{suffix}"))?)));
    let data = match ready {
        Some((encoding, file)) => {
            response.insert_header((header::CONTENT_ENCODING, encoding));
            file.data
        }
        None => plain.data,
    };
    Some(response.body(data.into_owned()))
}

fn content_type(path: &str, file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    // Streaming compilation insists on exactly this, and texts are UTF-8.
    if path.ends_with(".wasm") {
        "application/wasm".to_owned()
    } else if kind.starts_with("text/") {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    }
}

fn accepts(request: &HttpRequest, encoding: &str) -> bool {
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|part| {
        let mut pieces = part.split(';').map(str::trim);
        pieces.next() == Some(encoding) && pieces.next() != Some("q=0")
    })
}

/// `frontend-0123456789abcdef_bg.wasm` carries a hash.
fn is_hashed(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .unwrap_or_default()
        .split(['-', '_', '.'])
        .any(|piece| piece.len() == HASH_DIGITS && piece.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)))
}

/// The page itself, for every place in it. What its reader may do stands at its root, so that it offers nothing that would be refused.
pub(super) fn index(rights: Rights) -> HttpResponse {
    let html = Dist::get(INDEX).and_then(|file| String::from_utf8(file.data.into_owned()).ok());
    let html = with_rights(html.unwrap_or_else(|| NOT_BUILT.to_owned()), rights);
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::VARY, "Cookie"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy(&html)))
        .body(html)
}

fn with_rights(html: String, rights: Rights) -> String {
    match rights {
        Rights::All => html,
        Rights::Read => html.replacen(ROOT, &format!("{ROOT} data-rights=\"read\""), 1),
        Rights::ReadOne(_) => html.replacen(ROOT, &format!("{ROOT} data-rights=\"read one\""), 1),
    }
}

/// Nothing from elsewhere, and of inline scripts only those that this very page contains.
fn policy(html: &str) -> String {
    let hashes: String =
        inline_scripts(html).map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes())))).collect();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_allowed_by_their_hash_and_others_are_not() {
        let html = "<head><script type=\"module\">\nimport init from '/x.js';\n</script><script src=\"/y.js\"></script></head>";
        let scripts: Vec<_> = inline_scripts(html).collect();
        assert_eq!(scripts, ["\nimport init from '/x.js';\n"]);
        let policy = policy(html);
        assert_eq!(policy.matches("'sha256-").count(), 1);
        assert!(!policy.contains("unsafe-inline") && policy.contains("frame-ancestors 'none'"));
    }

    #[test]
    fn what_a_reader_may_do_stands_at_the_root() {
        let html = || "<!doctype html>\n<html lang=\"en\"><body><html></body>".to_owned();
        assert_eq!(with_rights(html(), Rights::All), html());
        let read = with_rights(html(), Rights::Read);
        assert_eq!(read, "<!doctype html>\n<html data-rights=\"read\" lang=\"en\"><body><html></body>");
    }

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(is_hashed("frontend-0123456789abcdef_bg.wasm") && is_hashed("style-0123456789abcdef.css"));
        assert!(!is_hashed("robots.txt") && !is_hashed("frontend-short.js"));
    }
}
