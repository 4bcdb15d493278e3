//! The OpenAPI document, and Swagger UI to read it.

use super::problem::Failure;
use super::sign_in::ask;
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, web};
use std::sync::{Arc, OnceLock};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::Config;

/// Where the document is served.
const DOCUMENT: &str = "/api/openapi.json";
/// Swagger UI styles itself inline and inlines its pictures; its scripts are files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
                      connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";
const INDEX: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>theAgency: API</title>
<base href="/docs/">
<link rel="stylesheet" href="swagger-ui.css">
<link rel="icon" type="image/png" href="favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="swagger-ui-standalone-preset.js"></script>
<script src="swagger-initializer.js"></script>
</body>
</html>
"#;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "theAgency",
        description = "Start pipelines, watch them, steer them, decide what waits for a person, read what they did.\n\nErrors are problems (RFC 9457) with a stable `code`. \
                       Lists are paged by `cursor`. Times are UTC. `GET /events` streams everything that happens.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "pipelines", description = "Runs of a chain of agents over one feature request"),
        (name = "approvals", description = "What waits for a person, and decisions"),
        (name = "requests", description = "What agents ask people, and the answers"),
        (name = "questions", description = "What people ask about finished work, and the answers"),
        (name = "transcripts", description = "What agents were sent, said, did and changed"),
        (name = "access", description = "Access tokens, sessions, signing in and out"),
        (name = "audit", description = "The log of everything that has happened"),
        (name = "catalog", description = "Templates and agents"),
        (name = "events", description = "The live stream"),
        (name = "system", description = "The server and OpenCode"),
    ),
    components(schemas(agency_contract::StreamEvent, agency_contract::Problem, super::audit::AuditEventType)),
)]
struct Base;

/// The document, made from the same list of routes that is served.
pub(crate) fn document() -> Document {
    let (_, document) = App::new().into_utoipa_app().openapi(Base::openapi()).configure(super::routes).split_for_parts();
    document
}

/// A documented route, or one of those that no document shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// `/api/v1/pipelines/{id}`.
    pub(crate) path: String,
    /// In capitals.
    pub(crate) methods: Vec<&'static str>,
}

/// Every route there is, apart from the page.
pub(crate) fn all_routes() -> &'static [Route] {
    static ROUTES: OnceLock<Vec<Route>> = OnceLock::new();
    ROUTES.get_or_init(|| {
        let document = document();
        let documented = document.paths.paths.iter().map(|(path, item)| {
            let methods = [("GET", &item.get), ("POST", &item.post), ("PUT", &item.put), ("PATCH", &item.patch), ("DELETE", &item.delete)];
            Route {
                path: path.clone(),
                methods: methods.into_iter().filter(|(_, operation)| operation.is_some()).map(|(method, _)| method).collect(),
            }
        });
        let plain = [("/docs", "GET"), ("/docs/{file}", "GET"), (DOCUMENT, "GET"), ("/mcp/{id}", "POST")];
        documented.chain(plain.map(|(path, method)| Route { path: path.to_owned(), methods: vec![method] })).collect()
    })
}

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource(DOCUMENT).wrap(from_fn(ask)).route(web::get().to(serve_document)))
        .service(web::resource("/docs").wrap(from_fn(ask)).route(web::get().to(serve_index)))
        .service(web::resource("/docs/{file:.*}").wrap(from_fn(ask)).route(web::get().to(serve_file)));
}

async fn serve_document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").insert_header((header::CACHE_CONTROL, "no-cache")).body(crate::openapi_json())
}

async fn serve_index() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .body(INDEX)
}

async fn serve_file(file: web::Path<String>) -> Result<HttpResponse, Failure> {
    if file.is_empty() || file.as_str() == "index.html" {
        return Ok(serve_index().await);
    }
    let found = utoipa_swagger_ui::serve(&file, Arc::new(Config::from(DOCUMENT)));
    let found = found.map_err(|error| Failure::internal("reading Swagger UI", &error))?;
    let found = found.ok_or_else(|| Failure::not_found(format!("file {:?} of Swagger UI", file.as_str())))?;
    let mut response = HttpResponse::Ok();
    if found.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(response.content_type(found.content_type).insert_header((header::CACHE_CONTROL, "no-cache")).body(found.bytes.into_owned()))
}
