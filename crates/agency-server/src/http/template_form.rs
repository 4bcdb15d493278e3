//! `/api/v1/templates/form` and `/edit`: a template's text as a form. Both write nothing.

use super::input::{Json, Query};
use super::mapping;
use super::own_files;
use super::problem::Failure;
use super::templates::{InRepository, repository};
use crate::state::State;
use actix_web::{post, web};
use agency_contract::{CheckFile, EditTemplate, EditedTemplate, FormField, Problem, TemplateForm};
use agency_domain::templates::ItemKind;
use std::path::Path;

/// The text of a template as a form: every field that it has or could have, and what is wrong with it. Writes nothing.
#[utoipa::path(tag = "catalog", params(InRepository), request_body = CheckFile,
    responses(
        (status = 200, body = TemplateForm),
        (status = 400, description = "The name or the body does not fit", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The text is too large", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/templates/form")]
pub(super) async fn form(
    state: web::Data<State>,
    Query(query): Query<InRepository>,
    Json(body): Json<CheckFile>,
) -> Result<web::Json<TemplateForm>, Failure> {
    let checked = own_files::check(&state, ItemKind::Template, &body, &query).await?;
    let fields = fields(&state, &body.content, &query).await?;
    Ok(web::Json(TemplateForm { fields, faults: checked.errors }))
}

/// Change one thing in the text of a template, and keep everything else in it to the letter, comments too. Writes nothing.
#[utoipa::path(tag = "catalog", params(InRepository), request_body = EditTemplate,
    responses(
        (status = 200, description = "The text with the change; it may have faults", body = EditedTemplate),
        (status = 400, description = "The name or the body does not fit", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The text is too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The form cannot make this change in this text: edit the source", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/templates/edit")]
pub(super) async fn edit(
    state: web::Data<State>,
    Query(query): Query<InRepository>,
    Json(body): Json<EditTemplate>,
) -> Result<web::Json<EditedTemplate>, Failure> {
    let change = mapping::form::change(body.change).map_err(|(field, message)| Failure::invalid_field(field, message))?;
    let content = state.own_files.changed(&body.content, &change, repository(&query)?.map(Path::new)).await?;
    let fields = fields(&state, &content, &query).await?;
    let file = CheckFile { content, name: body.name };
    let checked = own_files::check(&state, ItemKind::Template, &file, &query).await?;
    Ok(web::Json(EditedTemplate { content: file.content, fields, faults: checked.errors, steps: checked.steps }))
}

async fn fields(state: &State, content: &str, query: &InRepository) -> Result<Vec<FormField>, Failure> {
    let fields = state.own_files.fields(content, repository(query)?.map(Path::new)).await?;
    Ok(fields.into_iter().map(mapping::form::field).collect())
}
