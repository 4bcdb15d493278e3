//! A plain sentence whose names in backticks are shown as code.

use crate::model::inline::{Piece, pieces};
use leptos::prelude::*;

#[component]
#[expect(clippy::needless_pass_by_value, reason = "a component owns its properties")]
pub(crate) fn Inline(#[prop(into)] text: String) -> impl IntoView {
    let piece = |piece| match piece {
        Piece::Words(words) => words.into_any(),
        Piece::Code(code) => view! { <code class="inline-code">{code}</code> }.into_any(),
    };
    pieces(&text).into_iter().map(piece).collect_view()
}
