//! The hand-off tool's MCP endpoint, as small as it can be: four methods over plain POST.
//!
//! Connections stay open: a client may use one again before it has noticed that it was closed, and then its request is lost.

use agency_domain::agents::HandoffTool;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const SECRET: &str = "tool-secret";

pub(crate) struct Tool {
    address: String,
    taken: Arc<Mutex<Vec<Value>>>,
}

impl Tool {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/mcp", listener.local_addr().unwrap());
        let taken = Arc::new(Mutex::new(Vec::new()));
        let records = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((stream, _peer)) = listener.accept().await {
                let records = Arc::clone(&records);
                tokio::spawn(async move {
                    let _client_went_away = serve(stream, &records).await;
                });
            }
        });
        Self { address, taken }
    }

    pub(crate) fn address(&self) -> HandoffTool {
        HandoffTool { url: self.address.clone(), secret: SECRET.into() }
    }

    /// Hand-offs so far.
    pub(crate) fn taken(&self) -> Vec<Value> {
        self.taken.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, records: &Mutex<Vec<Value>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    while stream.read_line(&mut first).await? > 0 {
        answer(&mut stream, &first, records).await?;
        first.clear();
    }
    Ok(())
}

/// Reads the rest of a request and answers it.
async fn answer(stream: &mut BufReader<TcpStream>, first: &str, records: &Mutex<Vec<Value>>) -> std::io::Result<()> {
    let (mut length, mut authorized) = (0, false);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let line = line.trim().to_owned();
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.to_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "authorization" => authorized = value.trim() == format!("Bearer {SECRET}"),
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let answer = if first.starts_with("POST") && authorized {
        serde_json::from_slice(&body).ok().map(|call: Value| (call["id"].clone(), result(&call, records)))
    } else {
        None
    };
    let (status, body) = match answer {
        Some((id, Some(result))) => ("200 OK", json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()),
        Some((_id, None)) => ("202 Accepted", String::new()),
        None => ("405 Method Not Allowed", String::new()),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await
}

fn result(call: &Value, records: &Mutex<Vec<Value>>) -> Option<Value> {
    let schema = json!({"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]});
    Some(match call["method"].as_str()? {
        "initialize" => json!({"protocolVersion": call["params"]["protocolVersion"], "capabilities": {"tools": {}},
            "serverInfo": {"name": "agency", "version": "1"}}),
        "tools/list" => json!({"tools": [{"name": "submit_handoff", "description": "Hand off.", "inputSchema": schema}]}),
        "tools/call" => {
            records.lock().unwrap().push(call["params"]["arguments"].clone());
            json!({"content": [{"type": "text", "text": "accepted, end your turn now"}]})
        }
        "notifications/initialized" => return None,
        _ => json!({}),
    })
}
