//! Who calls, by what the request shows: `Authorization: Bearer`, or the cookie of a browser that has signed in.
//!
//! [`ask`] stands before everything but the page itself, `/health`, the hand-off endpoint (which has secrets of its own) and signing in.

use super::problem::Failure;
use super::{input, rights};
use crate::access::{Access, Caller};
use crate::state::State;
use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use agency_contract::code;
use agency_domain::PipelineId;
use agency_domain::access::Rights;

/// The session's cookie where the page came in the clear, as it does on loopback. Cookies do not know ports: another server of ours on this
/// machine has its own.
const PLAIN: &str = "agency_session";
/// Where the page came over TLS: browsers take it from this very host alone, and send it over TLS alone.
const SECURE: &str = "__Host-agency_session";

/// The middleware: whoever is not known is told to sign in, where the server asks, and whoever may not do everything does not.
pub(crate) async fn ask(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let state = request.app_data::<web::Data<State>>().expect("wired at start").clone();
    let caller = caller(request.request(), &state.access);
    if caller.is_none() && state.access.asks() {
        return Ok(request.into_response(required().response()).map_into_right_body());
    }
    if let Some(caller) = caller {
        if let Err(refusal) = rights::check(&caller, request.method(), request.path()) {
            return Ok(request.into_response(refusal.response()).map_into_right_body());
        }
        request.extensions_mut().insert(caller);
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}

/// Who shows a secret that is good.
pub(super) fn caller(request: &HttpRequest, access: &Access) -> Option<Caller> {
    if let Some(secret) = bearer(request) {
        // Whoever shows a token means that one: a cookie beside it does not help.
        return access.caller(secret);
    }
    let port = request.app_config().local_addr().port();
    [cookie_name(PLAIN, port), SECURE.to_owned()].iter().find_map(|name| access.caller(request.cookie(name)?.value()))
}

/// The secret of `Authorization: Bearer`.
pub(super) fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

fn cookie_name(name: &str, port: u16) -> String {
    format!("{name}_{port}")
}

/// The cookie that keeps a session's secret, out of reach of the page's own scripts.
pub(super) fn cookie(request: &HttpRequest, secret: String, days: u32) -> Cookie<'static> {
    let origin = request.headers().get(header::ORIGIN).and_then(|value| value.to_str().ok());
    let is_secure = origin.is_some_and(|origin| origin.starts_with("https://"));
    let name = if is_secure { SECURE.to_owned() } else { cookie_name(PLAIN, request.app_config().local_addr().port()) };
    Cookie::build(name, secret)
        .path("/")
        .http_only(true)
        .secure(is_secure)
        .same_site(SameSite::Strict)
        .max_age(actix_web::cookie::time::Duration::days(i64::from(days)))
        .finish()
}

/// What whoever is not known is told.
pub(super) fn required() -> Failure {
    Failure::new(
        StatusCode::UNAUTHORIZED,
        code::SIGN_IN_REQUIRED,
        "Sign in first",
        "This server answers only those whom it knows. Open the link that it printed at its start, or send an access token as Authorization: Bearer; \
         the agency command takes one from AGENCY_TOKEN.",
    )
}

/// What whoever shows a secret is told that is none, or none any more.
pub(super) fn unknown_secret() -> Failure {
    Failure::new(
        StatusCode::UNAUTHORIZED,
        code::SIGN_IN_REQUIRED,
        "This secret is not known here",
        "The secret was mistyped, revoked or used before, or it has expired. A code is good once; start the server again for a new one.",
    )
}

/// Who calls, where that is known.
pub(crate) struct By(pub(crate) Option<Caller>);

impl FromRequest for By {
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self(request.extensions().get::<Caller>().cloned())))
    }
}

impl By {
    /// The pipeline that the caller may read, where it is one alone.
    pub(crate) fn only(&self) -> Option<PipelineId> {
        match self.0.as_ref()?.rights {
            Rights::ReadOne(pipeline) => Some(pipeline),
            Rights::All | Rights::Read => None,
        }
    }

    pub(super) fn may_read(&self, pipeline: PipelineId) -> bool {
        self.only().is_none_or(|only| only == pipeline)
    }

    /// Refuses what is another pipeline's.
    pub(crate) fn check(&self, pipeline: PipelineId) -> Result<(), Failure> {
        match (&self.0, self.only()) {
            (Some(caller), Some(only)) if only != pipeline => Err(rights::reads_one(caller, only)),
            _ => Ok(()),
        }
    }

    /// Who acts, as the audit log shall name them: who they say they are, and by which token or session that is known.
    pub(super) fn named(&self, field: &str, given: Option<String>) -> Result<String, Failure> {
        let given = input::person(field, given)?;
        Ok(match (given, &self.0) {
            (given, None) => given.unwrap_or_else(|| input::LOCAL_USER.to_owned()),
            (None, Some(caller)) => caller.name.clone(),
            (Some(given), Some(caller)) => format!("{given}, by {}", caller.name),
        })
    }
}
