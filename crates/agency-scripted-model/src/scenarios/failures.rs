//! HTTP failures: what providers answer when they do not stream.

use super::Entry;
use crate::script::{Fault, HttpReply, Step};
use serde_json::json;

pub(super) const SCENARIOS: &[Entry] = &[
    ("err400", || always(HttpReply::error(400, "invalid_request_error", "bad", "the scripted model refuses the request"))),
    ("err401", || always(HttpReply::error(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided"))),
    ("err429", || always(rate_limited())),
    ("err429once", || recovers(2, rate_limited())),
    ("quota", || always(HttpReply::error(429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota"))),
    ("err500", || always(server_error())),
    ("err500once", || recovers(1, server_error())),
    ("err503html", || always(html(503, "<html>Service Unavailable</html>"))),
    ("html200", || always(html(200, "<html>Please log in</html>"))),
    ("overflow", || always(HttpReply::error(400, "invalid_request_error", "context_length_exceeded", TOO_LONG))),
];

const TOO_LONG: &str = "This model's maximum context length is 8192 tokens. However, your messages resulted in 99999 tokens.";

fn always(reply: HttpReply) -> Vec<Step> {
    vec![Step::fault(Fault::Http(reply))]
}

fn recovers(after: u32, reply: HttpReply) -> Vec<Step> {
    vec![Step::text("Recovered.").failing_first(after, Step::fault(Fault::Http(reply)))]
}

fn rate_limited() -> HttpReply {
    let mut reply = HttpReply::error(429, "requests", "rate_limit_exceeded", "Rate limit reached");
    reply.headers.insert("retry-after".into(), "1".into());
    reply
}

fn server_error() -> HttpReply {
    HttpReply::error(500, "server_error", "server_error", "The server had an error")
}

fn html(status: u16, page: &str) -> HttpReply {
    HttpReply { status, headers: [].into(), content_type: Some("text/html".into()), body: json!(page) }
}
