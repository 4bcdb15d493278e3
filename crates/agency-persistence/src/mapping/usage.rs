//! Tokens and cost to the columns that attempts and questions share, and back.

use super::Row;
use agency_domain::pipelines::StoreError;
use agency_domain::{Cost, Tokens, Usage};

pub(crate) const COST_NOTHING: &str = "nothing";
pub(crate) const COST_KNOWN: &str = "known";
pub(crate) const COST_UNKNOWN: &str = "unknown";

/// More tokens than this are a provider's nonsense: it stays visibly huge, and a pipeline's sum still fits its column.
const TOKENS_MAX: i64 = 1 << 53;

/// The columns of a usage, by the order of their names in the tables.
pub(crate) struct Columns {
    /// Input, output, reasoning, read from the cache, written to it.
    pub(crate) tokens: [i64; 5],
    pub(crate) cost_kind: String,
    pub(crate) cost_dollars: Option<f64>,
}

pub(crate) fn columns_of(usage: Usage) -> Columns {
    let Tokens { input, output, reasoning, cache_read, cache_write } = usage.tokens;
    let column = |tokens: u64| i64::try_from(tokens).unwrap_or(TOKENS_MAX).min(TOKENS_MAX);
    // A price that is no number is not known.
    let (kind, cost_dollars) = match usage.cost {
        Cost::Nothing => (COST_NOTHING, None),
        Cost::Known(dollars) if dollars.is_finite() => (COST_KNOWN, Some(dollars)),
        Cost::Known(_) | Cost::Unknown => (COST_UNKNOWN, None),
    };
    Columns { tokens: [input, output, reasoning, cache_read, cache_write].map(column), cost_kind: kind.to_owned(), cost_dollars }
}

pub(crate) fn usage_of(row: &Row, columns: &Columns) -> Result<Usage, StoreError> {
    let [input, output, reasoning, cache_read, cache_write] = columns.tokens;
    let tokens = Tokens {
        input: row.count("tokens_input", input)?,
        output: row.count("tokens_output", output)?,
        reasoning: row.count("tokens_reasoning", reasoning)?,
        cache_read: row.count("tokens_cache_read", cache_read)?,
        cache_write: row.count("tokens_cache_write", cache_write)?,
    };
    let cost = match columns.cost_kind.as_str() {
        COST_NOTHING => Cost::Nothing,
        COST_KNOWN => Cost::Known(row.needed("cost_dollars", columns.cost_dollars)?),
        COST_UNKNOWN => Cost::Unknown,
        other => return Err(row.corrupt("cost_kind", format!("{other:?} is no kind of cost"))),
    };
    Ok(Usage { tokens, cost })
}
