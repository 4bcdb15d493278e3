//! A call and how its answer is read. What is done with calls is compiled once for all of them; only the reading knows the type.

use super::http::Call;
use crate::model::failure::ApiError;
use crate::model::json::{Misread, Read, from_value};
use serde_json::Value;
use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

/// An answer of whatever type.
pub(super) type Answer = Arc<dyn Any + Send + Sync>;
pub(super) type Reader = fn(Value) -> Result<Answer, Misread>;

/// A call whose answer is a `T`. Nothing is sent before it is awaited.
pub(crate) struct Ask<T> {
    pub(super) call: Call,
    pub(super) read: Reader,
    of: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Ask<T> {
    pub(super) fn of(call: Call) -> Self
    where
        T: Read,
    {
        Self { call, read: |value| from_value::<T>(value).map(|answer| Arc::new(answer) as Answer), of: PhantomData }
    }

    /// Sends it and reads the answer.
    pub(crate) async fn answer(self) -> Result<Arc<T>, ApiError> {
        answer(self.call, self.read).await.map(typed)
    }
}

pub(super) async fn answer(call: Call, read: Reader) -> Result<Answer, ApiError> {
    read(call.await?).map_err(|error| ApiError::unexpected(200, &error.to_string()))
}

pub(super) fn typed<T: Send + Sync + 'static>(answer: Answer) -> Arc<T> {
    answer.downcast().expect("an answer is what its own reader made")
}
