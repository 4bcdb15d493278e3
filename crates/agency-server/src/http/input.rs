//! What comes in: JSON bodies, queries and ids, each refused with the place of the fault. Used by all handlers.

use super::problem::Failure;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use agency_contract::{FieldError, code};
use agency_domain::budgets::Budget;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;

/// Largest body of the API. A request's description may have 200,000 bytes; the rest is room for escapes and steps.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Failure>>>>;

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Failure;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = bytes(request, payload, BODY_BYTES_MAX);
        Box::pin(async move { parse_json(&bytes.await?).map(Self) })
    }
}

/// A JSON body of a route that takes more than the others: at most so many bytes.
pub(crate) struct JsonUpTo<const BYTES_MAX: usize, T>(pub(crate) T);

impl<const BYTES_MAX: usize, T: DeserializeOwned + 'static> FromRequest for JsonUpTo<BYTES_MAX, T> {
    type Error = Failure;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = bytes(request, payload, BYTES_MAX);
        Box::pin(async move { parse_json(&bytes.await?).map(Self) })
    }
}

/// A JSON body that may be left out.
pub(crate) struct OptionalJson<T>(pub(crate) Option<T>);

impl<T: DeserializeOwned + 'static> FromRequest for OptionalJson<T> {
    type Error = Failure;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = bytes(request, payload, BODY_BYTES_MAX);
        Box::pin(async move {
            let bytes = bytes.await?;
            if bytes.is_empty() {
                return Ok(Self(None));
            }
            parse_json(&bytes).map(|value| Self(Some(value)))
        })
    }
}

/// The whole body, refused as soon as it is longer than `limit`.
pub(crate) fn bytes(request: &HttpRequest, payload: &mut Payload, limit: usize) -> Extracted<web::Bytes> {
    let body = web::Payload::from_request(request, payload);
    Box::pin(async move {
        let body = body.await.map_err(|error| Failure::internal("reading a body", &error))?;
        match body.to_bytes_limited(limit).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_)) => Err(malformed("The connection ended in the middle of the body.".to_owned())),
            Err(_) => Err(too_large(limit)),
        }
    })
}

fn too_large(limit: usize) -> Failure {
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, code::TOO_LARGE, "The body is too large", format!("The body has more than {limit} bytes."))
}

fn malformed(detail: String) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, code::MALFORMED_JSON, "The body is not valid JSON", detail)
}

fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() { field_fault(&field, &inner) } else { malformed(format!("The body is not valid JSON: {inner}.")) }
    })?;
    json.end().map_err(|error| malformed(format!("The body is not valid JSON: {error}.")))?;
    Ok(value)
}

/// A value of the wrong kind, a field that is missing or one that does not exist. An unknown or missing field is the fault's own field.
fn field_fault(path: &str, error: &serde_json::Error) -> Failure {
    let text = without_position(&error.to_string());
    let named =
        ["unknown field `", "missing field `", "duplicate field `"].iter().find_map(|start| text.strip_prefix(start)?.split('`').next());
    let field = match (path, named) {
        ("." | "", Some(name)) => name.to_owned(),
        (path, Some(name)) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        (path, Some(name)) => format!("{path}.{name}"),
        ("." | "", None) => "body".to_owned(),
        (path, None) => path.to_owned(),
    };
    Failure::invalid_field(field, text)
}

/// The place is said by the field's path; line and column of a body that a program wrote help nobody.
fn without_position(text: &str) -> String {
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text.to_owned(),
    }
}

/// A query; a field that does not exist is refused by the type's `deny_unknown_fields`.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Failure;
    type Future = std::future::Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(parse_query(request.query_string()).map(Self))
    }
}

fn parse_query<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    let query = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(query).map_err(|error| {
        let place = error.path().to_string();
        let text = error.into_inner().to_string();
        let field = if place == "." { text.split('`').nth(1).unwrap_or("query").to_owned() } else { place };
        Failure::invalid_field(field, in_words(text))
    })
}

/// What the standard library says of numbers, in words that say what to do.
fn in_words(text: String) -> String {
    let is_number = ["invalid digit", "cannot parse integer", "number too"].iter().any(|start| text.starts_with(start));
    if is_number { "use a whole number that is not too large".to_owned() } else { text }
}

/// The id in a path: a number from 1. Anything else names nothing that there is.
pub(crate) struct Id(pub(crate) i64);

impl FromRequest for Id {
    type Error = Failure;
    type Future = std::future::Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let raw = request.match_info().get("id").unwrap_or_default();
        let id = raw.parse().ok().filter(|id| *id > 0);
        std::future::ready(id.map(Self).ok_or_else(|| Failure::not_found(format!("{raw:?}: an id is a number from 1"))))
    }
}

/// Who acts, where nobody says who they are and the server does not ask.
pub(crate) const LOCAL_USER: &str = "local user";
/// Room for a person's name and address.
const PERSON_BYTES_MAX: usize = 200;

/// Who acts, in their own words; `None` where they say nothing.
pub(crate) fn person(field: &str, given: Option<String>) -> Result<Option<String>, Failure> {
    let name = given.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    if name.as_ref().is_some_and(|name| name.len() > PERSON_BYTES_MAX || name.contains(char::is_control)) {
        return Err(Failure::invalid_field(field, format!("use one line of at most {PERSON_BYTES_MAX} bytes")));
    }
    Ok(name)
}

/// Checks the ceilings one by one; `prefix` comes before their names in a fault.
pub(crate) fn budget(prefix: &str, given: agency_contract::Budget) -> Result<Budget, Failure> {
    let agency_contract::Budget { tokens, money, minutes, attempts } = given;
    let unfit = [
        ("tokens", tokens == Some(0)),
        ("money", money.is_some_and(|dollars| dollars <= 0.0)),
        ("minutes", minutes == Some(0)),
        ("attempts", attempts == Some(0)),
    ];
    let fault = |name: &str| FieldError::new(format!("{prefix}{name}"), "use a number above 0, or leave it out");
    let faults: Vec<FieldError> = unfit.iter().filter(|(_, is_unfit)| *is_unfit).map(|(name, _)| fault(name)).collect();
    if faults.is_empty() { Ok(Budget { tokens, money, minutes, attempts }) } else { Err(Failure::invalid(faults)) }
}

/// Most items of a page.
const LIMIT_MAX: u32 = 200;
const LIMIT_DEFAULT: u32 = 50;

/// Checks a page's `limit`.
pub(crate) fn limit(raw: Option<u32>) -> Result<u32, Failure> {
    match raw {
        None => Ok(LIMIT_DEFAULT),
        Some(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
        Some(limit) => Err(Failure::invalid_field("limit", format!("{limit} is out of bounds; use 1 to {LIMIT_MAX}"))),
    }
}

/// A place in a list as an opaque word. `list` keeps a cursor of one list from being read by another.
pub(crate) fn encode_cursor(list: &str, place: &[i64]) -> String {
    let numbers: Vec<String> = place.iter().map(i64::to_string).collect();
    URL_SAFE_NO_PAD.encode(format!("{list}:{}", numbers.join(":")))
}

/// Reads a cursor of [`encode_cursor`] with as many numbers as asked for.
pub(crate) fn decode_cursor<const N: usize>(list: &str, field: &str, raw: Option<&str>) -> Result<Option<[i64; N]>, Failure> {
    let Some(raw) = raw else { return Ok(None) };
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(raw).ok()?).ok()?;
        let numbers = text.strip_prefix(list)?.strip_prefix(':')?;
        let numbers: Vec<i64> = numbers.split(':').map(|number| number.parse().ok()).collect::<Option<_>>()?;
        <[i64; N]>::try_from(numbers).ok()
    };
    read()
        .map(Some)
        .ok_or_else(|| Failure::invalid_field(field, "this is no cursor of this list; pass `next_cursor` back as it was, or leave it out"))
}

/// Cuts a page that was asked for with one item more than its limit, and says where the next one begins.
pub(crate) fn page<T>(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let limit = limit as usize;
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(cursor);
    (items, next)
}
