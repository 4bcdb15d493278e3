//! What the server counts of itself, and the text in which Prometheus reads it.
//!
//! Few series, whose number nobody outside can raise: a label is a word of ours, never an id, a title or what a client sent.

use actix_web::http::Method;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The route of a request that no route takes, the page's files among them.
const NO_ROUTE: &str = "other";

/// Counted while the server runs.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<Answer, Answers>>,
    streams: AtomicI64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Answer {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, Copy, Default)]
struct Answers {
    count: u64,
    spent: Duration,
}

/// Commits of the database's writer.
#[derive(Debug, Clone, Default)]
pub(crate) struct WriterLoad {
    pub(crate) waiting: u64,
    /// How many took no longer than so long, rising; the last one without an end has all of them.
    pub(crate) within: Vec<(Option<Duration>, u64)>,
    pub(crate) spent: Duration,
    pub(crate) failures: u64,
}

/// What is looked up when somebody asks.
pub(crate) struct Findings {
    /// By status; `None` where the database does not answer.
    pub(crate) pipelines: Option<BTreeMap<String, u64>>,
    pub(crate) attempts: Option<BTreeMap<String, u64>>,
    pub(crate) opencode_servers: usize,
    pub(crate) writer: WriterLoad,
}

impl Metrics {
    /// Notes an answer. `route` is the pattern that took the request, such as `/api/v1/pipelines/{id}`.
    pub(crate) fn answered(&self, method: &Method, route: Option<String>, status: u16, took: Duration) {
        let answer = Answer { route: route.unwrap_or_else(|| NO_ROUTE.to_owned()), method: word_of(method), status };
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = requests.entry(answer).or_default();
        answers.count += 1;
        answers.spent += took;
    }

    /// A reader of the stream came (1) or went (-1).
    pub(crate) fn streams_changed(&self, by: i64) {
        self.streams.fetch_add(by, Ordering::Relaxed);
    }

    /// Prometheus' text format, version 0.0.4.
    pub(crate) fn render(&self, findings: &Findings) -> String {
        let mut page = Page::default();
        if let Some(pipelines) = &findings.pipelines {
            page.head("agency_pipelines", "gauge", "Pipelines by status.");
            pipelines.iter().for_each(|(status, count)| page.line("agency_pipelines", &[("status", status)], *count));
        }
        if let Some(attempts) = &findings.attempts {
            page.head("agency_attempts", "gauge", "Attempts by status: those that are under way, and how the others ended.");
            attempts.iter().for_each(|(status, count)| page.line("agency_attempts", &[("status", status)], *count));
        }
        page.one("agency_opencode_servers", "gauge", "OpenCode servers that run.", findings.opencode_servers);
        page.one("agency_stream_clients", "gauge", "Readers of GET /events.", self.streams.load(Ordering::Relaxed));
        page.writer(&findings.writer);
        self.render_requests(&mut page);
        page.0
    }

    fn render_requests(&self, page: &mut Page) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let name = "agency_http_request_duration_seconds";
        page.head(name, "summary", "Requests by route and status, and how long they took until the answer began.");
        for (answer, answers) in requests {
            let status = answer.status.to_string();
            let labels = [("method", answer.method), ("route", answer.route.as_str()), ("status", status.as_str())];
            page.line(&format!("{name}_sum"), &labels, answers.spent.as_secs_f64());
            page.line(&format!("{name}_count"), &labels, answers.count);
        }
    }
}

/// The text as it grows.
#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> = labels.iter().map(|(label, word)| format!("{label}=\"{}\"", escaped(word))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, kind, help);
        self.line(name, &[], value);
    }

    fn writer(&mut self, writer: &WriterLoad) {
        self.one("agency_store_waiting_writes", "gauge", "Writes that wait for the database's writer.", writer.waiting);
        self.one("agency_store_failures_total", "counter", "Batches of writes that the database did not take.", writer.failures);
        let name = "agency_store_commit_duration_seconds";
        self.head(name, "histogram", "How long the database took to commit a batch of writes.");
        for (end, count) in &writer.within {
            let end = end.map_or_else(|| "+Inf".to_owned(), |end| end.as_secs_f64().to_string());
            self.line(&format!("{name}_bucket"), &[("le", &end)], count);
        }
        self.line(&format!("{name}_sum"), &[], writer.spent.as_secs_f64());
        self.line(&format!("{name}_count"), &[], writer.within.last().map_or(0, |(_, all)| *all));
    }
}

fn escaped(word: &str) -> String {
    word.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A client may send any word as a method.
fn word_of(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _unusual => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_holds_whatever_it_is_given() {
        let mut page = Page::default();
        page.line("x", &[("a", "q\"b\\s\nn")], 1);
        assert_eq!(page.0, "x{a=\"q\\\"b\\\\s\\nn\"} 1\n");
    }

    #[test]
    fn a_method_that_nobody_knows_makes_no_series_of_its_own() {
        for (method, word) in [("GET", "GET"), ("DELETE", "DELETE"), ("BREW", "other"), ("get", "other")] {
            assert_eq!(word_of(&Method::from_bytes(method.as_bytes()).unwrap()), word);
        }
    }
}
