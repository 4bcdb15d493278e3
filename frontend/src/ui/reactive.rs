//! Reactive views of few types. Each closure that stands in a view by itself makes a renderer of its own, about a kilobyte each, and so does each
//! type that is memoised; through these, all of them share one.

use leptos::children::ChildrenFn;
use leptos::prelude::*;
use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

type Show = Arc<dyn Fn() -> AnyView + Send + Sync>;

/// A part of a view that is made anew whenever what it reads changes.
pub(crate) fn region<V: IntoView + 'static>(show: impl Fn() -> V + Send + Sync + 'static) -> AnyView {
    rendered(Arc::new(move || show().into_any()))
}

// A closure has the type parameters of the function that it stands in, used or not: so the renderers stand in functions without any.
fn rendered(show: Show) -> AnyView {
    (move || show()).into_any()
}

/// Its children, while `when` holds.
#[component]
pub(crate) fn When(#[prop(into)] when: Signal<bool>, children: ChildrenFn) -> impl IntoView {
    let holds = Memo::new(move |_| when.get());
    region(move || holds.get().then(|| children()))
}

/// Runs at once, and again whenever what it reads changes.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    effect_of(Box::new(run));
}

fn effect_of(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_: Option<()>| run());
}

/// Runs `then` after each change of what `track` reads; `then` itself follows nothing.
pub(crate) fn after_change(track: impl Fn() + 'static, then: impl Fn() + 'static) {
    let mut is_first = true;
    effect(move || {
        track();
        if !std::mem::take(&mut is_first) {
            untrack(&then);
        }
    });
}

/// A value that is computed anew when what it reads changes, and counts as changed only where it differs: a memo, of one type for all values.
pub(crate) struct Kept<T> {
    memo: Memo<Erased>,
    of: PhantomData<fn() -> T>,
}

#[derive(Clone)]
struct Erased {
    value: Arc<dyn Any + Send + Sync>,
    is_same: fn(&(dyn Any + Send + Sync), &(dyn Any + Send + Sync)) -> bool,
}

impl PartialEq for Erased {
    fn eq(&self, other: &Self) -> bool {
        (self.is_same)(&*self.value, &*other.value)
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kept<T> {}

impl<T: PartialEq + Send + Sync + 'static> Kept<T> {
    pub(crate) fn new(compute: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let memo = kept(Arc::new(move || Erased { value: Arc::new(compute()), is_same: is_same::<T> }));
        Self { memo, of: PhantomData }
    }

    /// The value; whoever reads it follows it.
    pub(crate) fn read(self) -> Arc<T> {
        typed(self.memo.get().value)
    }

    pub(crate) fn read_untracked(self) -> Arc<T> {
        typed(self.memo.get_untracked().value)
    }
}

impl<T> Kept<T> {
    /// Calls `then` after each change.
    pub(crate) fn on_change(self, then: impl Fn() + 'static) {
        watch_changes(self.memo, Box::new(then));
    }
}

fn watch_changes(memo: Memo<Erased>, then: Box<dyn Fn()>) {
    // Read, and not only tracked: what was never computed follows nothing.
    after_change(move || memo.with(|_| ()), then);
}

impl<T: PartialEq + Clone + Send + Sync + 'static> Kept<T> {
    /// A copy of the value; whoever asks for it follows it.
    pub(crate) fn get(self) -> T {
        (*self.read()).clone()
    }
}

fn kept(compute: Arc<dyn Fn() -> Erased + Send + Sync>) -> Memo<Erased> {
    Memo::new(move |_| compute())
}

fn typed<T: Send + Sync + 'static>(value: Arc<dyn Any + Send + Sync>) -> Arc<T> {
    value.downcast().expect("a kept value is what its own computation made")
}

fn is_same<T: PartialEq + 'static>(one: &(dyn Any + Send + Sync), other: &(dyn Any + Send + Sync)) -> bool {
    one.downcast_ref::<T>() == other.downcast_ref::<T>()
}
