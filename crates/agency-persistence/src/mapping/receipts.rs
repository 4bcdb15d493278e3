//! Receipts to rows, and back.

use super::{Row, json_of, time_of};
use crate::rows::receipts::Model;
use agency_domain::AttemptId;
use agency_domain::pipelines::{Receipt, StoreError};

pub(crate) fn row_of(receipt: &Receipt) -> Model {
    Model {
        attempt_id: receipt.attempt_id.0,
        role: receipt.role.clone(),
        prompt: receipt.prompt.clone(),
        sha256: receipt.sha256.clone(),
        ids_json: json_of(&receipt.ids),
        attachments_json: json_of(&receipt.attachments),
        created_at: time_of(receipt.created_at),
    }
}

pub(crate) fn receipt_of(model: Model) -> Result<Receipt, StoreError> {
    let row = Row::new("receipts", model.attempt_id);
    Ok(Receipt {
        attempt_id: AttemptId(model.attempt_id),
        ids: row.json("ids_json", &model.ids_json)?,
        attachments: row.json("attachments_json", &model.attachments_json)?,
        created_at: row.time("created_at", &model.created_at)?,
        role: model.role,
        prompt: model.prompt,
        sha256: model.sha256,
    })
}
