//! What a caller who may not do everything is answered: only what is read, and of one pipeline only what is that pipeline's.
//!
//! Denied is whatever is not named here. An address is taken as it was sent, and the router decodes it: one that is spelled otherwise than here is named
//! nowhere. What spans pipelines and is named here narrows itself by [`By::only`](super::sign_in::By::only).

use super::problem::Failure;
use crate::access::Caller;
use actix_web::http::{Method, StatusCode};
use agency_contract::code;
use agency_domain::PipelineId;
use agency_domain::access::Rights;

/// Where a page says that it broke, and where a text is shown as Markdown: nothing of a pipeline is read or changed by it.
const HARMLESS: [&str; 2] = ["/api/v1/page-errors", "/api/v1/markdown"];
/// What of a pipeline is its own, below its address. A comparison and what a fork changed are two pipelines'.
const OF_ONE: [&str; 10] =
    ["", "/transcript", "/transcript/search", "/diff", "/audit", "/audit/export", "/questions", "/timeline", "/blame", "/handoff-changes"];
/// What says nothing of other pipelines, or leaves them out.
const NARROWED: [&str; 4] = ["/events", "/ready", "/api/v1/approvals", "/api/v1/requests"];
/// What is attached to it, by places.
const ATTACHMENTS: &str = "/attachments/";
/// The prompt of an attempt, which its handler looks for in the pipeline.
const RECEIPT: (&str, &str) = ("/api/v1/attempts/", "/receipt");

/// Refuses what the caller may not do.
pub(super) fn check(caller: &Caller, method: &Method, path: &str) -> Result<(), Failure> {
    match caller.rights {
        Rights::All => Ok(()),
        _ if HARMLESS.contains(&path) => Ok(()),
        _ if method != Method::GET => Err(reads_only(caller)),
        Rights::Read => Ok(()),
        Rights::ReadOne(pipeline) if is_of_one(pipeline, path) => Ok(()),
        Rights::ReadOne(pipeline) => Err(reads_one(caller, pipeline)),
    }
}

fn is_of_one(pipeline: PipelineId, path: &str) -> bool {
    let below = path.strip_prefix("/api/v1/pipelines/").and_then(|rest| rest.strip_prefix(&pipeline.to_string()));
    let receipt = path.strip_prefix(RECEIPT.0).and_then(|rest| rest.strip_suffix(RECEIPT.1));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    below.is_some_and(|below| OF_ONE.contains(&below) || below.strip_prefix(ATTACHMENTS).is_some_and(is_number))
        || NARROWED.contains(&path)
        || receipt.is_some_and(is_number)
}

/// Refuses whatever is not for everybody: who may call, above all.
pub(super) fn check_all(caller: Option<&Caller>) -> Result<(), Failure> {
    match caller {
        Some(caller) if caller.rights != Rights::All => Err(reads_only(caller)),
        _ => Ok(()),
    }
}

fn reads_only(caller: &Caller) -> Failure {
    not_allowed(format!("{:?} may read and change nothing. Ask whoever gave it to you, or sign in with another access token.", caller.name))
}

/// The same whether there is such a thing or not.
pub(super) fn reads_one(caller: &Caller, pipeline: PipelineId) -> Failure {
    not_allowed(format!(
        "{:?} may read pipeline {pipeline} alone. Ask whoever gave it to you, or sign in with another access token.",
        caller.name
    ))
}

fn not_allowed(detail: String) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, code::NOT_ALLOWED, "This is not allowed to you", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_domain::CredentialId;

    fn may(rights: Rights, method: &Method, path: &str) -> bool {
        check(&Caller { id: CredentialId(1), name: "kim".into(), rights }, method, path).is_ok()
    }

    #[test]
    fn who_reads_changes_nothing() {
        assert!(may(Rights::Read, &Method::GET, "/api/v1/audit") && HARMLESS.iter().all(|path| may(Rights::Read, &Method::POST, path)));
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD] {
            assert!(!may(Rights::Read, &method, "/api/v1/pipelines/1") && may(Rights::All, &method, "/api/v1/pipelines/1"));
        }
    }

    #[test]
    fn who_reads_one_pipeline_reads_no_other_however_it_is_spelled() {
        let one = Rights::ReadOne(PipelineId(7));
        for path in [
            "/api/v1/pipelines/7",
            "/api/v1/pipelines/7/diff",
            "/api/v1/pipelines/7/attachments/0",
            "/events",
            "/api/v1/attempts/12/receipt",
        ] {
            assert!(may(one, &Method::GET, path), "{path}");
        }
        let others = [
            "/api/v1/pipelines",
            "/api/v1/pipelines/",
            "/api/v1/pipelines/8",
            "/api/v1/pipelines/77",
            "/api/v1/pipelines/77/attachments/0",
            "/api/v1/pipelines/7/attachments/0/../../../8",
            "/api/v1/pipelines/7/compare/8",
            "/api/v1/pipelines/7/%63ompare/8",
            "/api/v1/pipelines/7/../8",
            "/api/v1/pipelines/07",
            "/api/v1/attempts/12/receipt/../../x/receipt",
            "/api/v1/access",
            "/api/v1/audit",
            "/metrics",
            "/docs",
        ];
        for path in others {
            assert!(!may(one, &Method::GET, path), "{path}");
        }
    }
}
