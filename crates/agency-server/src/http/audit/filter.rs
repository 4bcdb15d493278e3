//! What narrows the log: the queries of its routes, checked, and what they leave of it.

use crate::http::mapping;
use crate::http::problem::Failure;
use crate::state::State;
use agency_domain::pipelines::{EVENT_TYPES, EventFilter, Recorded};
use agency_domain::{PipelineId, Timestamp};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// More letters than anyone looks for.
const WORDS_CHARS_MAX: usize = 200;

/// Events that are read at once to be looked through. A hand-off may have some hundred kB, so that this is some ten megabytes at worst.
const BATCH: u32 = 200;

/// Events that one page looks through for words, so that no request reads a log of any length. Tests have fewer to write.
const LOOKED_THROUGH_MAX: u32 = if cfg!(test) { 400 } else { 10_000 };

/// What `event_type` can be, for the document.
pub(crate) struct AuditEventType;

impl PartialSchema for AuditEventType {
    fn schema() -> utoipa::openapi::RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(EVENT_TYPES)).into()
    }
}

impl ToSchema for AuditEventType {
    fn name() -> Cow<'static, str> {
        "AuditEventType".into()
    }
}

/// A query with fields of its own and with those that narrow the log. A flattened struct would refuse no unknown field.
macro_rules! narrowing {
    ($($visible:vis struct $name:ident { $($own:tt)* })+) => {
        $(
            #[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
            #[serde(deny_unknown_fields)]
            #[into_params(parameter_in = Query)]
            $visible struct $name {
                $($own)*
                /// Events of this type, or of several with commas.
                #[param(value_type = Option<Vec<$crate::http::audit::AuditEventType>>, style = Form, explode = false)]
                event_type: Option<String>,
                /// RFC 3339: only what was recorded at this time or later.
                since: Option<String>,
                /// RFC 3339: only what was recorded before this time.
                until: Option<String>,
                /// Words as they stand in the `summary`, at most 200 letters. Case does not matter within ASCII.
                q: Option<String>,
            }

            impl $name {
                /// What it leaves of the log of this pipeline, or of all.
                fn narrow(&self, pipeline: Option<PipelineId>) -> Result<Narrowed, Failure> {
                    let Self { event_type, since, until, q, .. } = self;
                    Narrowed::checked(pipeline, [event_type, since, until, q].map(Option::as_deref))
                }
            }
        )+
    };
}

pub(super) use narrowing;

/// The log, or a part of it.
#[derive(Debug)]
pub(super) struct Narrowed {
    pub(super) filter: EventFilter,
    /// In lower case.
    words: Option<String>,
}

impl Narrowed {
    pub(super) fn checked(pipeline: Option<PipelineId>, [event_type, since, until, q]: [Option<&str>; 4]) -> Result<Self, Failure> {
        let filter =
            EventFilter { pipeline, event_types: event_types(event_type)?, since: time("since", since)?, until: time("until", until)? };
        if filter.since.zip(filter.until).is_some_and(|(since, until)| since >= until) {
            return Err(Failure::invalid_field("until", "use a time after `since`"));
        }
        let words = q.map(str::trim).filter(|words| !words.is_empty());
        if words.is_some_and(|words| words.chars().count() > WORDS_CHARS_MAX) {
            return Err(Failure::invalid_field("q", format!("look for at most {WORDS_CHARS_MAX} letters")));
        }
        Ok(Self { filter, words: words.map(str::to_ascii_lowercase) })
    }

    /// Whether nothing is left out but other pipelines.
    pub(super) fn is_whole(&self) -> bool {
        self.words.is_none() && self.filter == EventFilter::of(self.filter.pipeline)
    }

    /// Whether an event that fits the filter has the words too, where there are any.
    pub(super) fn takes(&self, recorded: &Recorded) -> bool {
        self.words.as_ref().is_none_or(|words| mapping::audit::says(recorded, words))
    }

    /// At most `limit` events below `before`, newest first, and below which the next page begins; `None` where there is none. For words the log is
    /// looked through, and after [`LOOKED_THROUGH_MAX`] events the page ends with what was found until then.
    pub(super) async fn page(&self, state: &State, before: Option<i64>, limit: u32) -> Result<(Vec<Recorded>, Option<i64>), Failure> {
        let (mut found, mut looked_through, mut place) = (Vec::new(), 0, before);
        let wanted = limit as usize + 1;
        let batch = if self.words.is_none() { limit + 1 } else { BATCH };
        while found.len() < wanted && looked_through < LOOKED_THROUGH_MAX {
            let read = state.log.audit(&self.filter, place, batch).await?;
            let is_last = read.len() < batch as usize;
            looked_through += batch;
            place = read.last().map(|oldest| oldest.seq);
            found.extend(read.into_iter().filter(|recorded| self.takes(recorded)));
            if is_last {
                place = None;
                break;
            }
        }
        if found.len() >= wanted {
            found.truncate(limit as usize);
            place = found.last().map(|oldest| oldest.seq);
        }
        Ok((found, place))
    }
}

fn event_types(raw: Option<&str>) -> Result<Vec<String>, Failure> {
    let words = raw.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| match EVENT_TYPES.contains(&word) {
            true => Ok(word.to_owned()),
            false => {
                Err(Failure::invalid_field("event_type", format!("{word:?} is no type of event; there are {}", EVENT_TYPES.join(", "))))
            }
        })
        .collect()
}

fn time(field: &str, raw: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let given = raw.map(str::trim).filter(|text| !text.is_empty());
    let fault = |_| {
        let message = "use a time of RFC 3339 with its offset, for example 2026-11-30T12:00:00Z; a + in an address is written %2B";
        Failure::invalid_field(field, message)
    };
    given.map(|text| text.parse().map_err(fault)).transpose()
}
