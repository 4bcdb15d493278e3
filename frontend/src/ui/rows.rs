//! A list whose rows keep their place, their state and their focus while others come, go and move around them.
//!
//! Of Leptos' own list, rows that stay where they are lose the focus: wherever two others come before them at once, it takes all of them out of the
//! document and puts them in again.

use crate::model::order::{places_before, stay};
use leptos::prelude::*;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::reactive_graph::{OwnedView, OwnedViewState};
use leptos::tachys::renderer::Rndr;
use leptos::tachys::renderer::types::{Element, Node, Placeholder};
use leptos::tachys::view::any_view::AnyViewState;
use leptos::tachys::view::{Mountable, Position, PositionState, Render, RenderHtml};
use std::sync::Arc;

type Ids = Arc<dyn Fn() -> Vec<i64> + Send + Sync>;
type RowOf = Arc<dyn Fn(i64) -> AnyView + Send + Sync>;

/// `row` is called once for each id, as long as the id stays in the list. No id may be there twice.
pub(crate) fn keyed<V: IntoView + 'static>(
    ids: impl Fn() -> Vec<i64> + Send + Sync + 'static,
    row: impl Fn(i64) -> V + Send + Sync + 'static,
) -> AnyView {
    listed(Arc::new(ids), Arc::new(move |id| row(id).into_any()))
}

fn listed(ids: Ids, row: RowOf) -> AnyView {
    let owner = Owner::current().expect("a list stands in a view");
    (move || Rows { ids: ids(), row: Arc::clone(&row), owner: owner.clone() }).into_any()
}

/// The list as it shall be.
struct Rows {
    ids: Vec<i64>,
    row: RowOf,
    /// What the rows belong to: not the run that made them, which ends with the next change.
    owner: Owner,
}

/// The list as it is.
struct RowsState {
    parent: Option<Element>,
    /// Behind the last row.
    end: Placeholder,
    ids: Vec<i64>,
    rows: Vec<OwnedViewState<AnyViewState>>,
}

impl Rows {
    fn build_row(&self, id: i64) -> OwnedViewState<AnyViewState> {
        let owner = self.owner.with(Owner::new);
        let view = owner.with(|| (self.row)(id));
        OwnedView::new_with_owner(view, owner).build()
    }
}

impl Render for Rows {
    type State = RowsState;

    fn build(self) -> RowsState {
        let rows = self.ids.iter().map(|id| self.build_row(*id)).collect();
        RowsState { parent: None, end: Rndr::create_placeholder(), ids: self.ids, rows }
    }

    fn rebuild(self, state: &mut RowsState) {
        let before = places_before(&state.ids, &self.ids);
        let stays = stay(&before);
        let mut old: Vec<_> = std::mem::take(&mut state.rows).into_iter().map(Some).collect();
        let kept: Vec<_> = before.iter().map(|place| old[(*place)?].take()).collect();
        for mut gone in old.into_iter().flatten() {
            gone.unmount();
        }
        // From the end: what comes behind a row is in its place already.
        let mut rows = Vec::with_capacity(kept.len());
        for ((id, kept), stays) in self.ids.iter().zip(kept).zip(stays).rev() {
            let mut row = kept.unwrap_or_else(|| self.build_row(*id));
            if !stays {
                state.put(&mut row, rows.last());
            }
            rows.push(row);
        }
        rows.reverse();
        state.rows = rows;
        state.ids = self.ids;
    }
}

impl RowsState {
    /// Before the row behind it.
    fn put(&self, row: &mut OwnedViewState<AnyViewState>, behind: Option<&OwnedViewState<AnyViewState>>) {
        // Not in the document yet: then all are put there together.
        let Some(parent) = &self.parent else { return };
        let end = Some(self.end.as_ref());
        match behind {
            Some(behind) => behind.insert_before_this_or_marker(parent, row, end),
            None => row.mount(parent, end),
        }
    }
}

impl Mountable for RowsState {
    fn unmount(&mut self) {
        self.rows.iter_mut().for_each(Mountable::unmount);
        self.end.unmount();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.parent = Some(parent.clone());
        for row in &mut self.rows {
            row.mount(parent, marker);
        }
        self.end.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.rows.iter().any(|row| row.insert_before_this(child)) || self.end.insert_before_this(child)
    }

    fn elements(&self) -> Vec<Element> {
        self.rows.iter().flat_map(Mountable::elements).collect()
    }
}

leptos::tachys::no_attrs!(Rows);

/// The page is never rendered anywhere but in the browser.
impl RenderHtml for Rows {
    type AsyncOutput = Self;
    type Owned = Self;
    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}

    fn hydrate<const FROM_SERVER: bool>(self, _: &Cursor, _: &PositionState) -> RowsState {
        self.build()
    }

    fn into_owned(self) -> Self {
        self
    }
}
