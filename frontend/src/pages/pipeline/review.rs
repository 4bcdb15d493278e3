//! Remarks on the lines of a diff. They are written beside their line, kept in this browser, and sent together.

use super::Open;
use super::diff_lines::{choose_row, let_go, line_of, of_chosen, row_of, with_excerpt};
use super::viewed::Viewed;
use crate::api::{Command, send_review};
use crate::model::control::Controls;
use crate::model::review::{Way, end_of, first_line, is_same_place, keep, outdated, place_name, spanning, written};
use crate::ui::{Button, Kept, Kind, Refusal, TextField, effect, keyed, region, store, stored};
use agency_contract::LineComment;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, MouseEvent};

/// What a reader does with a diff. Copies share it.
#[derive(Clone, Copy)]
pub(super) struct Review {
    pub(super) remarks: Remarks,
    pub(super) viewed: Viewed,
}

/// The remarks of one pipeline, and the one that is being written. Copies share them.
#[derive(Clone, Copy)]
pub(super) struct Remarks {
    pipeline: i64,
    all: RwSignal<Vec<LineComment>>,
    open: RwSignal<Option<LineComment>>,
    typed: RwSignal<String>,
    /// The one that is kept and being changed, as it was.
    begun: StoredValue<Option<LineComment>>,
}

fn storage_key(pipeline: i64) -> String {
    format!("agency.remarks.{pipeline}")
}

impl Remarks {
    pub(super) fn of(pipeline: i64) -> Self {
        let all = RwSignal::new(stored(&storage_key(pipeline)).unwrap_or_default());
        Self { pipeline, all, open: RwSignal::new(None), typed: RwSignal::new(String::new()), begun: StoredValue::new(None) }
    }

    /// How many are on a file.
    pub(super) fn count_in(self, file: &str) -> usize {
        self.all.read().iter().filter(|remark| remark.file == file).count()
    }

    /// Opens a remark on the line whose number, or whose row, was pressed. With Shift, the one that is open reaches to there; where rows are chosen, it
    /// is on all of them.
    pub(super) fn pressed(self, file: &str, event: &MouseEvent) {
        let Some(target) = event.target() else { return };
        let Some((table, remark)) = line_of(file, target.unchecked_ref()) else { return };
        let open = self.open.get_untracked().filter(|_| event.shift_key());
        match open.and_then(|open| spanning(&open, &remark)) {
            Some(wider) => self.open.set(Some(with_excerpt(&table, wider))),
            None => self.write(of_chosen(file, &table, target.unchecked_ref()).unwrap_or(remark)),
        }
    }

    fn write(self, remark: LineComment) {
        let before = self.all.with_untracked(|all| all.iter().find(|other| is_same_place(other, &remark)).cloned());
        self.typed.set(before.as_ref().map(|before| before.text.clone()).unwrap_or_default());
        self.begun.set_value(before.clone());
        self.open.set(Some(before.filter(|_| remark.end_line.is_none()).unwrap_or(remark)));
    }

    /// Keeps what was typed; nothing typed is no remark.
    fn done(self, text: String) {
        if let Some(remark) = self.open.get_untracked() {
            let begun = self.begun.get_value();
            self.all.update(|all| {
                // It may begin elsewhere by now.
                all.retain(|other| begun.as_ref().is_none_or(|begun| !is_same_place(begun, other)));
                keep(all, LineComment { text, ..remark });
            });
            self.store();
        }
        self.open.set(None);
    }

    fn clear(self) {
        self.all.set(Vec::new());
        self.open.set(None);
        self.store();
    }

    fn store(self) {
        store(&storage_key(self.pipeline), &written(&self.all.read_untracked()));
    }

    /// Shows the remarks of a file beside their lines in `table`, as long as the view is there that calls this.
    pub(super) fn show_in(self, table: NodeRef<leptos::html::Table>, file: String) {
        let mut shown: Vec<Beside> = Vec::new();
        effect(move || {
            // Gone before others take their places.
            shown.clear();
            let Some(table) = table.get() else { return };
            let open = self.open.get();
            let mut show = |remark: &LineComment, is_open: bool| {
                let beside = (remark.file == file).then(|| Beside::new(&table, self, remark.clone(), is_open));
                shown.extend(beside.flatten());
            };
            for remark in &*self.all.read() {
                if open.as_ref().is_none_or(|open| !is_same_place(open, remark)) {
                    show(remark, false);
                }
            }
            if let Some(open) = &open {
                show(open, true);
            }
        });
    }
}

/// A remark in a row of its own below its line. Dropping it takes the row away.
struct Beside {
    row: Element,
    /// The lines that an open one is on.
    lines: Vec<Element>,
    _view: Box<dyn std::any::Any>,
}

impl Beside {
    /// `None` where the line is not in the table any more; the list of the review still has the remark.
    fn new(table: &Element, remarks: Remarks, remark: LineComment, is_open: bool) -> Option<Self> {
        let lines: Vec<Element> = (remark.line..=end_of(&remark)).filter_map(|line| row_of(table, remark.side, line)).collect();
        let line = lines.last()?;
        let row = document().create_element("tr").ok()?;
        row.set_class_name("remark-row");
        row.set_inner_html("<td colspan=\"4\"></td>");
        line.after_with_node_1(&row).ok()?;
        let cell: HtmlElement = row.first_element_child()?.unchecked_into();
        if is_open {
            lines.iter().for_each(choose_row);
        }
        let was = outdated(&remark, &with_excerpt(table, remark.clone()), lines.len());
        let view = leptos::mount::mount_to(cell, move || remark_view(remarks, remark, is_open, was));
        if is_open && let Ok(Some(field)) = row.query_selector("textarea") {
            let _ = field.unchecked_into::<HtmlElement>().focus();
        }
        Some(Self { row, lines, _view: Box::new(view) })
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.lines.iter().for_each(let_go);
        self.row.remove();
    }
}

/// `was` are the lines that it was written on, where they have changed since.
fn remark_view(remarks: Remarks, remark: LineComment, is_open: bool, was: Option<String>) -> AnyView {
    if !is_open {
        return view! { <Said remarks remark was /> }.into_any();
    }
    let name = place_name(&remark);
    view! {
        <div class="remark card">
            <p class="hint">{name}</p>
            <TextField
                id="remark-text"
                label="Your remark"
                hint="Kept in this browser until you send the review below."
                rows=2
                value=remarks.typed
                on_input=Callback::new(move |text| remarks.typed.set(text))
            />
            <div class="actions">
                <Button kind=Kind::Primary confirms=true on_press=move |()| remarks.done(remarks.typed.get_untracked())>
                    "Keep"
                </Button>
                <Button on_press=move |()| remarks.open.set(None)>"Never mind"</Button>
            </div>
        </div>
    }
    .into_any()
}

/// A remark that is kept.
#[component]
fn Said(remarks: Remarks, remark: LineComment, was: Option<String>) -> impl IntoView {
    let change = remark.clone();
    let text = remark.text.clone();
    let take_away = move |()| {
        remarks.open.set(Some(remark.clone()));
        remarks.done(String::new());
    };
    view! {
        <div class="remark" data-testid="remark">
            {was
                .map(|was| {
                    view! {
                        <p class="hint" data-testid="outdated">
                            "Outdated: these lines have changed. It was written on"
                        </p>
                        <pre class="remark-was">{was}</pre>
                    }
                })}
            <p class="remark-text">{text}</p>
            <div class="actions">
                <Button on_press=move |()| remarks.write(change.clone())>"Change"</Button>
                <Button on_press=take_away>"Remove"</Button>
            </div>
        </div>
    }
}

/// All remarks, those on lines that are gone too, and where they can go.
#[component]
pub(super) fn ReviewBar(open: Open, remarks: Remarks) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let command = Command::new();
    let ways = Kept::new(move || {
        let detail = open.detail.read();
        let looked_at = open.selected.get().and_then(|selected| selected.step_of(&detail).map(|step| step.id));
        Way::all(&detail, &Controls::of(&detail), looked_at)
    });
    let send = Callback::new(move |way: usize| {
        let Some(way) = ways.read_untracked().get(way).cloned() else { return };
        let body = way.body(&words.get_untracked(), &remarks.all.read_untracked());
        command.run(send_review(open.id, &way, body), move |_| {
            remarks.clear();
            words.set(String::new());
            open.query.refresh();
        });
    });
    let places = move || (0..remarks.all.read().len()).filter_map(|place| i64::try_from(place).ok()).collect();
    let entry = move |at: i64| {
        let remark = Signal::derive(move || remarks.all.read().get(usize::try_from(at).unwrap_or_default()).cloned().unwrap_or_default());
        view! {
            <li>
                <span class="mono">{Signal::derive(move || place_name(&remark.read()))}</span>
                " "
                <code class="remark-of">{Signal::derive(move || first_line(&remark.read()))}</code>
                " "
                {Signal::derive(move || remark.read().text.clone())}
            </li>
        }
    };
    let buttons = move || {
        let ways = ways.get();
        let nobody = ways.is_empty().then_some("Nobody can be sent this now. It is kept.");
        let button = |(number, way): (usize, Way)| {
            view! {
                <Button kind=if number == 0 { Kind::Primary } else { Kind::Plain } confirms=number == 0 pending=command.pending on_press=move |()| send.run(number)>
                    {way.label}
                </Button>
            }
        };
        view! {
            {nobody}
            {ways.into_iter().enumerate().map(button).collect_view()}
        }
    };
    region(move || {
        (!remarks.all.read().is_empty()).then(|| {
            view! {
                <section class="card review" aria-label="Your review" data-testid="review">
                    <h3>"Your review, not sent yet"</h3>
                    <ul>{keyed(places, entry)}</ul>
                    <TextField
                        id="review-words"
                        label="Of the whole"
                        hint="Sent with the remarks above."
                        optional=true
                        rows=2
                        value=words
                        on_input=Callback::new(move |text| words.set(text))
                    />
                    <div class="actions">
                        {region(buttons)} <Button on_press=move |()| remarks.clear()>"Discard the remarks"</Button>
                    </div>
                    <Refusal error=command.error />
                </section>
            }
        })
    })
}
