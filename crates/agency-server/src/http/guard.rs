//! Who may call: `Host` on every route, `Origin` and `Sec-Fetch-Site` on every change, JSON alone as a body.
//!
//! A server on loopback is reachable for every web page that the user opens. These three checks are what stands between such a page and
//! agents that run commands. They read headers alone and come before any handler.

use super::problem::Failure;
use crate::settings::ServerSettings;
use actix_web::HttpRequest;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::uri::Authority;
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use agency_contract::code;
use std::collections::HashSet;
use std::net::SocketAddr;

/// By which names the server may be called, and from which pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// `name:port`, lower case.
    hosts: HashSet<String>,
    /// Names without a port: any port will do.
    names: HashSet<String>,
    /// Whole origins of pages that other servers serve.
    origins: HashSet<String>,
}

impl Allowed {
    pub(crate) fn new(settings: &ServerSettings, address: SocketAddr) -> Self {
        let port = address.port();
        let mut hosts: HashSet<String> = ["localhost", "127.0.0.1", "[::1]"].iter().flat_map(|name| with_port(name, port)).collect();
        if !address.ip().is_unspecified() {
            hosts.insert(address.to_string());
        }
        let origins: HashSet<String> = settings.cors_origins.iter().map(|origin| origin.to_lowercase()).collect();
        // A development server that proxies to us keeps the Host that the browser sent it.
        hosts.extend(origins.iter().filter_map(|origin| authority_of(origin)).map(str::to_owned));
        let (with, without): (Vec<_>, Vec<_>) =
            settings.allowed_hosts.iter().map(|host| host.to_lowercase()).partition(|host| has_port(host));
        hosts.extend(with);
        Self { hosts, names: without.into_iter().collect(), origins }
    }

    fn has_host(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        self.hosts.contains(&host) || self.names.contains(name_of(&host))
    }

    /// A page of ours (it was loaded by an allowed name), or of a configured origin.
    fn has_origin(&self, origin: &str) -> bool {
        self.origins.contains(&origin.to_lowercase()) || authority_of(origin).is_some_and(|authority| self.has_host(authority))
    }

    fn is_configured_origin(&self, origin: &str) -> bool {
        self.origins.contains(&origin.to_lowercase())
    }
}

fn with_port(name: &str, port: u16) -> Vec<String> {
    let mut names = vec![format!("{name}:{port}")];
    if port == 80 {
        names.push(name.to_owned());
    }
    names
}

fn authority_of(origin: &str) -> Option<&str> {
    origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))
}

fn has_port(host: &str) -> bool {
    name_of(host).len() != host.len()
}

/// The name without its port; the colons of `[::1]` are its own.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

/// The middleware: refuses before anything else looks at the request.
pub(crate) async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let allowed = request.app_data::<web::Data<Allowed>>().expect("wired at start").clone();
    let verdict = check_host(request.request(), &allowed).and_then(|()| check_change(request.request(), &allowed));
    match verdict {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_left_body),
        Err(failure) => Ok(request.into_response(failure.response()).map_into_right_body()),
    }
}

fn check_host(request: &HttpRequest, allowed: &Allowed) -> Result<(), Failure> {
    let mut named = request.headers().get_all(header::HOST).map(|host| host.to_str().unwrap_or_default());
    // Over HTTP/2 the name is in the target, and an absolute target may contradict the header: each name that there is must be ours.
    let target = request.uri().authority().map(Authority::as_str);
    let first = named.next().or(target);
    let is_fine =
        first.is_some_and(|host| allowed.has_host(host)) && named.next().is_none() && target.is_none_or(|host| allowed.has_host(host));
    if is_fine {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::MISDIRECTED_REQUEST,
        code::FOREIGN_HOST,
        "This server does not answer to that name",
        "The Host header names another server. Call this one as localhost or 127.0.0.1 with its port, or add the name to AGENCY_SERVER__ALLOWED_HOSTS.",
    ))
}

fn check_change(request: &HttpRequest, allowed: &Allowed) -> Result<(), Failure> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let origin = text("origin");
    let comes_from_ours = match text("sec-fetch-site") {
        None | Some("same-origin" | "none") => true,
        Some(_) => origin.is_some_and(|origin| allowed.is_configured_origin(origin)),
    };
    if !comes_from_ours || origin.is_some_and(|origin| !allowed.has_origin(origin)) {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            code::FOREIGN_ORIGIN,
            "Other pages may not change anything here",
            "The request comes from a page of another origin. Where that page is yours, add its origin to AGENCY_SERVER__CORS_ORIGINS.",
        ));
    }
    check_content_type(request)
}

/// A body that is no JSON could have been sent by a form of any page.
fn check_content_type(request: &HttpRequest) -> Result<(), Failure> {
    let headers = request.headers();
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    let content_type = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
    let is_json = |value: &str| value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json");
    match content_type {
        Some(value) if is_json(value) => Ok(()),
        None if !has_body => Ok(()),
        Some(_) | None => Err(Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code::NOT_JSON,
            "The body must be JSON",
            "Send the body as JSON with Content-Type: application/json.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(hosts: &[&str]) -> Allowed {
        let settings = ServerSettings { allowed_hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), ..ServerSettings::default() };
        Allowed::new(&settings, "127.0.0.1:8000".parse().unwrap())
    }

    #[test]
    fn the_loopback_names_with_our_port_are_ours_and_near_misses_are_not() {
        let allowed = allowed(&[]);
        for host in ["localhost:8000", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "localhost:3000"] {
            assert!(allowed.has_host(host), "{host}");
        }
        for host in [
            "localhost",
            "localhost:8001",
            "127.0.0.1:80",
            "evil.example",
            "evil.example:8000",
            "localhost.evil.example:8000",
            "127.0.0.1.nip.io:8000",
            "127.0.0.2:8000",
            "",
            ":8000",
            "localhost:8000:8000",
            "localhost:8000@evil.example",
        ] {
            assert!(!allowed.has_host(host), "{host}");
        }
    }

    #[test]
    fn a_configured_name_without_a_port_is_ours_at_any_port() {
        let allowed = allowed(&["agency.example", "box:9000"]);
        for host in ["agency.example", "agency.example:443", "box:9000"] {
            assert!(allowed.has_host(host), "{host}");
        }
        for host in ["x.agency.example", "box", "box:9001"] {
            assert!(!allowed.has_host(host), "{host}");
        }
    }

    #[test]
    fn an_origin_is_ours_where_its_host_is() {
        let allowed = allowed(&[]);
        for origin in ["http://localhost:8000", "http://127.0.0.1:8000", "http://localhost:3000"] {
            assert!(allowed.has_origin(origin), "{origin}");
        }
        for origin in ["null", "http://evil.example", "file://", "http://localhost", "ftp://localhost:8000"] {
            assert!(!allowed.has_origin(origin), "{origin}");
        }
    }
}
