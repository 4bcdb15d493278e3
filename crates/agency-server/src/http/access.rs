//! `/api/v1/access` and `/api/v1/session`: access tokens, sessions, signing in and out.

use super::input::{Id, Json};
use super::mapping;
use super::problem::Failure;
use super::rights;
use super::sign_in::{self, By};
use crate::access::{AccessError, SESSION_DAYS};
use crate::state::State;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use agency_contract::{Access, CreateToken, CreatedToken, Problem, SIGN_IN_FRAGMENT, SignIn};
use agency_domain::access::Rights;
use agency_domain::pipelines::StoreError;
use agency_domain::{CredentialId, PipelineId};

/// Whether the server asks who calls, and the access tokens and sessions that are good.
#[utoipa::path(tag = "access", responses((status = 200, body = Access)))]
#[get("/access")]
pub(super) async fn get(state: web::Data<State>, By(caller): By) -> web::Json<Access> {
    let caller = caller.map(|caller| caller.id);
    let credentials = state.access.all().iter().map(|credential| mapping::access::credential(credential, caller)).collect();
    web::Json(Access { login: state.access.asks(), credentials })
}

/// Make an access token: for a script, or a link that shows somebody a pipeline. Its secret is in this answer and nowhere else.
#[utoipa::path(tag = "access", request_body = CreateToken,
    responses(
        (status = 201, body = CreatedToken),
        (status = 400, description = "What does not fit, field by field", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody that the server knows, and not its code", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Whoever calls may only read", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There are too many already, or the server asks nobody who they are", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/api/v1/access/tokens")]
pub(super) async fn create_token(
    request: HttpRequest,
    state: web::Data<State>,
    Json(body): Json<CreateToken>,
) -> Result<HttpResponse, Failure> {
    let caller = sign_in::caller(&request, &state.access);
    rights::check_all(caller.as_ref())?;
    let may = !state.access.asks() || caller.is_some();
    if !may && body.code.is_none() {
        return Err(sign_in::required());
    }
    let asked = wanted_rights(&state, &body).await?;
    let kept = state.clone();
    let work = async move {
        match &body.code {
            Some(code) if !may => kept.access.make_first_token(code, &body.name, body.days, asked).await,
            _ => kept.access.make_token(&body.name, body.days, asked).await,
        }
    };
    let (credential, secret) = state.change(work).await?.map_err(failure)?;
    let place = if let Rights::ReadOne(pipeline) = credential.rights { format!("/pipelines/{pipeline}") } else { "/".to_owned() };
    let link = format!("{place}{SIGN_IN_FRAGMENT}{secret}");
    Ok(HttpResponse::Created().json(CreatedToken { credential: mapping::access::credential(&credential, None), secret, link }))
}

async fn wanted_rights(state: &State, body: &CreateToken) -> Result<Rights, Failure> {
    match (body.rights.unwrap_or_default(), body.pipeline_id) {
        (agency_contract::Rights::All, None) => Ok(Rights::All),
        (agency_contract::Rights::Read, None) => Ok(Rights::Read),
        (agency_contract::Rights::All, Some(_)) => {
            Err(Failure::invalid_field("rights", "a token for one pipeline can only read it: write read here, or leave pipeline_id out"))
        }
        (agency_contract::Rights::Read, Some(id)) => {
            let missing = || Failure::invalid_field("pipeline_id", format!("there is no pipeline {id}"));
            let found = state.engine.ports().store.load(PipelineId(id)).await?;
            found.map(|pipeline| Rights::ReadOne(pipeline.id)).ok_or_else(missing)
        }
    }
}

/// Revoke an access token, with the browsers that have signed in with it, or sign a browser out. Streams that they have open end.
#[utoipa::path(tag = "access", params(("id" = i64, Path)),
    responses(
        (status = 204, description = "It is good no more"),
        (status = 404, description = "There is none that is good", body = Problem, content_type = "application/problem+json"),
    ))]
#[delete("/access/{id}")]
pub(super) async fn revoke(state: web::Data<State>, Id(id): Id) -> Result<HttpResponse, Failure> {
    let kept = state.clone();
    let revoked = state.change(async move { kept.access.revoke(CredentialId(id)).await }).await?;
    revoked.map_err(|error| match error {
        StoreError::Missing => Failure::not_found(format!("access token or session {id}")),
        other => other.into(),
    })?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sign a browser in, by an access token or the code that the server printed at its start. The answer sets a cookie.
#[utoipa::path(tag = "access", request_body = SignIn,
    responses(
        (status = 204, description = "Signed in for 30 days"),
        (status = 401, description = "The secret is none that is good", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There are too many sessions already", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/api/v1/session")]
pub(super) async fn begin(request: HttpRequest, state: web::Data<State>, Json(body): Json<SignIn>) -> Result<HttpResponse, Failure> {
    let user_agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let kept = state.clone();
    let work = async move { kept.access.sign_in(body.secret.trim(), &user_agent).await };
    let (_, secret) = state.change(work).await?.map_err(failure)?;
    let cookie = sign_in::cookie(&request, secret, SESSION_DAYS);
    Ok(HttpResponse::NoContent().cookie(cookie).finish())
}

/// Sign this browser out.
#[utoipa::path(tag = "access", responses((status = 204, description = "Signed out, or not signed in")))]
#[delete("/api/v1/session")]
pub(super) async fn end(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Failure> {
    if let Some(caller) = sign_in::caller(&request, &state.access) {
        let kept = state.clone();
        match state.change(async move { kept.access.revoke(caller.id).await }).await? {
            // Somebody else was quicker.
            Ok(()) | Err(StoreError::Missing) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(HttpResponse::NoContent().cookie(sign_in::cookie(&request, String::new(), 0)).finish())
}

fn failure(error: AccessError) -> Failure {
    match error {
        AccessError::Unknown => sign_in::unknown_secret(),
        AccessError::Name => Failure::invalid_field("name", error.to_string()),
        AccessError::Days => Failure::invalid_field("days", error.to_string()),
        AccessError::TooMany | AccessError::AsksNobody => Failure::conflict(super::problem::sentence(&error.to_string())),
        AccessError::Random(_) => Failure::internal("making a secret", &error),
        AccessError::Store(error) => error.into(),
    }
}
