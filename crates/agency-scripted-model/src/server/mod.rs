//! The HTTP server on a thread of its own, so that it can be started from any runtime or from none. Called by tests, the demo and the binary.

mod handlers;
mod playing;

use crate::choice::Memory;
use crate::journal::{Journal, RecordedRequest};
use crate::opencode;
use crate::script::Script;
use actix_web::dev::{Extensions, ServerHandle};
use actix_web::rt::System;
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use playing::Connection;
use std::any::Any;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// Larger than any prompt that OpenCode is known to send (3 MB), with room.
const REQUEST_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The server's thread only has to build its listener before it reports.
const START_WITHIN: Duration = Duration::from_secs(10);

/// How a scripted model is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What is played. An empty script leaves directives and model ids.
    pub script: Script,
    /// 0 takes any free port.
    pub port: u16,
    /// Appends a line of JSON per request and per end of one.
    pub request_log: Option<PathBuf>,
}

/// A scripted model that is serving on 127.0.0.1. It stops when it is dropped.
pub struct ScriptedModel {
    address: SocketAddr,
    stage: Arc<Stage>,
    running: Option<Running>,
}

/// What the handlers share.
pub(crate) struct Stage {
    script: Mutex<Arc<Script>>,
    memory: Mutex<Memory>,
    journal: Arc<Journal>,
}

struct Running {
    server: ServerHandle,
    thread: JoinHandle<()>,
}

impl ScriptedModel {
    /// Starts serving; when this returns, requests are answered.
    ///
    /// # Errors
    /// The port is taken, the request log cannot be opened, or the thread does not come up.
    pub fn start(options: Options) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
            .with_context(|| format!("the scripted model cannot listen on 127.0.0.1:{}", options.port))?;
        let address = listener.local_addr().context("reading the scripted model's port")?;
        let journal = Journal::open(options.request_log.as_deref()).context("opening the request log")?;
        let stage = Arc::new(Stage { script: Mutex::new(Arc::new(options.script)), memory: Mutex::default(), journal: Arc::new(journal) });
        let running = run(listener, Arc::clone(&stage))?;
        Ok(Self { address, stage, running: Some(running) })
    }

    /// `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// `http://127.0.0.1:PORT/_scripted`: `health`, `requests`, `reset`, `script`.
    pub fn control_url(&self) -> String {
        format!("http://{}/_scripted", self.address)
    }

    /// What was asked, oldest first; the newest thousand.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.stage.journal.requests()
    }

    /// Waits until the requests are as `wanted` says, at most `limit`.
    ///
    /// # Errors
    /// The limit has passed; the message lists what was asked until then.
    pub async fn wait_for(&self, limit: Duration, wanted: impl Fn(&[RecordedRequest]) -> bool) -> anyhow::Result<Vec<RecordedRequest>> {
        let mut changes = self.stage.journal.changes();
        let waiting = async {
            loop {
                // Marked as seen before the look, so that no change between the two is missed.
                changes.mark_unchanged();
                let requests = self.requests();
                if wanted(&requests) || changes.changed().await.is_err() {
                    return requests;
                }
            }
        };
        let waited = tokio::time::timeout(limit, waiting).await;
        waited.map_err(|_elapsed| anyhow::anyhow!("not within {limit:?}; so far the model was asked: {}", summary(&self.requests())))
    }

    /// Plays another script from the next request on. What was remembered of the old one is forgotten.
    pub fn set_script(&self, script: Script) {
        self.stage.set_script(script);
    }

    /// An OpenCode configuration with the provider `scripted`, see [`opencode::config`].
    pub fn opencode_config(&self) -> serde_json::Value {
        opencode::config(&self.base_url())
    }

    /// Stops serving and closes all connections. Stopping twice does nothing.
    pub fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        self.stage.journal.stop();
        // The command is sent by the call; the future only waits, which joining the thread does too.
        drop(running.server.stop(false));
        if running.thread.join().is_err() {
            eprintln!("scripted model: the server's thread panicked");
        }
        self.stage.journal.close();
    }

    /// Waits until the server ends, which it does when the process is interrupted.
    pub fn wait(mut self) {
        if let Some(running) = self.running.take() {
            let _panicked = running.thread.join();
        }
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Stage {
    fn set_script(&self, script: Script) {
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(script);
        self.forget();
    }

    fn forget(&self) {
        *self.memory.lock().unwrap_or_else(PoisonError::into_inner) = Memory::default();
    }

    fn script(&self) -> Arc<Script> {
        Arc::clone(&self.script.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs the server on a thread with a system of its own and waits until it is up.
fn run(listener: TcpListener, stage: Arc<Stage>) -> anyhow::Result<Running> {
    let (started, starting) = mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name("scripted-model".into()).spawn(move || {
        System::new().block_on(async move {
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(web::Data::from(Arc::clone(&stage)))
                    .app_data(web::PayloadConfig::new(REQUEST_BYTES_MAX))
                    .configure(handlers::routes)
            })
            .workers(1)
            // A client that goes away must be noticed while the script is silent.
            .h1_allow_half_closed(false)
            .disable_signals()
            .on_connect(remember_connection)
            .listen(listener);
            match server.map(HttpServer::run) {
                Ok(server) => {
                    let _nobody_waits = started.send(Ok(server.handle()));
                    if let Err(error) = server.await {
                        eprintln!("scripted model: the server ended: {error}");
                    }
                }
                Err(error) => {
                    let _nobody_waits = started.send(Err(error));
                }
            }
        });
    })?;
    let server = starting.recv_timeout(START_WITHIN).context("the scripted model's thread does not come up")??;
    Ok(Running { server, thread })
}

/// Keeps a handle of the socket beside the connection, for scripts that reset it.
fn remember_connection(socket: &dyn Any, extensions: &mut Extensions) {
    if let Some(socket) = socket.downcast_ref::<TcpStream>() {
        // A script's pace is lost when the kernel gathers small writes. Where it cannot be set the script still plays.
        let _unpaced = socket.set_nodelay(true);
        extensions.insert(Connection::of(socket));
    }
}

fn summary(requests: &[RecordedRequest]) -> String {
    let lines = requests.iter().map(|request| format!("{} {} turn {} {:?}", request.model, request.scenario, request.turn, request.ending));
    lines.collect::<Vec<_>>().join("; ")
}
