//! A server from its start to its end, in the order that keeps promises: first the lock, then the address, then the database, then work.

use crate::data_dir::{DataDir, DataDirError};
use crate::diff::DiffRows;
use crate::http::guard::{self, Allowed};
use crate::http::requests;
use crate::markdown::Markdown;
use crate::metrics::Metrics;
use crate::settings::{Settings, SettingsError};
use crate::state::State;
use crate::supervisor::Supervisor;
use crate::verified::VerifiedLog;
use crate::webhook::Webhook;
use crate::wiring::{self, Parts, WiringError};
use actix_cors::Cors;
use actix_web::dev::ServerHandle;
use actix_web::http::header;
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::{App, HttpServer, web};
use agency_contract::SIGN_IN_FRAGMENT;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Threads that answer requests. Each has its own caches; a server on loopback has one user and few scripts.
const WORKERS_MAX: usize = 4;
/// How long an answer that is under way may take once the server stops. Streams end at once.
const ANSWERS_WITHIN_SECONDS: u64 = 5;
/// How long agents have to end, each confirmed, once the server stops.
const ENGINE_WITHIN: Duration = Duration::from_secs(30);
/// How long a browser may remember what it is allowed across origins.
const CORS_SECONDS: usize = 600;
/// How long a client may take to send its headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection may be idle. Longer than clients keep one, so that it is they who close it: a request into a connection that is just being
/// closed gets no answer.
const KEPT_ALIVE: Duration = Duration::from_secs(75);

/// Why the server did not start, or broke down.
#[derive(Debug, Error)]
pub enum StartError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error("{address} cannot be listened on: {cause}. Set AGENCY_SERVER__PORT to another port, or stop what uses it")]
    Listen { address: String, cause: io::Error },
    #[error(transparent)]
    Wiring(#[from] WiringError),
    #[error("the server broke down: {0}")]
    Broken(String),
}

/// A server.
#[derive(Debug, Clone, Copy)]
pub struct Server;

/// A server that runs. Dropping it leaves it running; [`Running::stop`] ends it.
#[derive(Debug)]
pub struct Running {
    /// Where it answers; the port is the real one where 0 was asked for.
    pub address: SocketAddr,
    /// Where the first browser signs in, by a code that is good once; `None` where the server does not ask.
    pub sign_in_link: Option<String>,
    stop: CancellationToken,
    end: JoinHandle<Result<(), StartError>>,
}

impl Running {
    /// Where this machine reaches it: `http://127.0.0.1:8000`.
    pub fn base_url(&self) -> String {
        base_url(self.address)
    }

    /// Stops accepting, closes streams, ends agents, closes the database, and lets go of the data directory.
    ///
    /// # Errors
    /// Where the server had broken down before.
    pub async fn stop(self) -> Result<(), StartError> {
        self.stop.cancel();
        self.ended().await
    }

    /// A token that stops it from elsewhere.
    pub fn stopper(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// Where the server broke down.
    pub async fn ended(self) -> Result<(), StartError> {
        self.end.await.unwrap_or_else(|error| Err(StartError::Broken(error.to_string())))
    }
}

impl Server {
    /// Starts a server; when this returns, requests are answered. Needs a tokio runtime with more than one thread.
    ///
    /// # Errors
    /// Where the settings do not fit, the data directory or the address is taken, or the database cannot be used.
    pub async fn start(settings: Settings) -> Result<Running, StartError> {
        settings.check()?;
        let addresses = settings.addresses()?;
        let wanted = format!("{}:{}", settings.server.host, settings.server.port);
        let data_dir = DataDir::take(&settings.data_dir, &wanted)?;
        let listener = TcpListener::bind(addresses.as_slice()).map_err(|cause| StartError::Listen { address: wanted.clone(), cause })?;
        let address = listener.local_addr().map_err(|cause| StartError::Listen { address: wanted, cause })?;
        let parts = wiring::connect(&settings, &data_dir.path, &base_url(address)).await?;
        let stop = CancellationToken::new();
        let state = web::Data::new(State {
            engine: parts.engine.clone(),
            access: wiring::access(&settings, &parts).await?,
            log: parts.log.clone(),
            verified: VerifiedLog::default(),
            own_files: parts.own_files.clone(),
            markdown: Markdown::default(),
            diff_rows: DiffRows::default(),
            metrics: Metrics::default(),
            writer_load: parts.writer_load.clone(),
            sample: parts.sample.clone(),
            demo: parts.demo.clone(),
            data_dir: data_dir.path.clone(),
            stop: stop.clone(),
            changes: Handle::current(),
        });
        let code =
            state.access.asks().then(|| state.access.new_code()).transpose().map_err(|error| StartError::Broken(error.to_string()))?;
        let sign_in_link = code.map(|code| format!("{}/{SIGN_IN_FRAGMENT}{code}", base_url(address)));
        let webhook = Webhook::new(&settings.webhook, state.clone(), &base_url(address));
        let (server, handle) = listen(&settings, listener, address, state)?;
        let supervisor = Supervisor::default();
        if let Some(webhook) = webhook {
            supervisor.spawn("webhook", webhook.run(supervisor.token()));
        }
        let (engine, token) = (parts.engine.clone(), supervisor.token());
        supervisor.spawn("engine", async move {
            // Asking OpenCode for its version takes seconds the first time: nobody's first request shall wait for it.
            let look = token.run_until_cancelled(engine.ports().runtime.state());
            futures::join!(look, engine.run(token.clone()));
        });
        tracing::info!(%address, data_dir = %data_dir.path.display(), "theAgency is at {}", base_url(address));
        let life = Life { parts, supervisor, data_dir, handle };
        let end = tokio::spawn(life.live(server, stop.clone()));
        Ok(Running { address, sign_in_link, stop, end })
    }
}

/// What lives as long as the server.
struct Life {
    parts: Parts,
    supervisor: Supervisor,
    data_dir: DataDir,
    handle: ServerHandle,
}

impl Life {
    async fn live(self, server: actix_web::dev::Server, stop: CancellationToken) -> Result<(), StartError> {
        let mut serving = tokio::spawn(server);
        let broken = tokio::select! {
            () = stop.cancelled() => None,
            ended = &mut serving => Some(format!("it stopped listening: {ended:?}")),
        };
        // Streams end on this token too, where it was not what brought us here.
        stop.cancel();
        if broken.is_none() {
            self.handle.stop(true).await;
        }
        self.supervisor.shut_down(ENGINE_WITHIN).await;
        self.parts.close().await;
        self.data_dir.release();
        tracing::info!("stopped");
        broken.map_or(Ok(()), |cause| Err(StartError::Broken(cause)))
    }
}

pub(crate) fn listen(
    settings: &Settings,
    listener: TcpListener,
    address: SocketAddr,
    state: web::Data<State>,
) -> Result<(actix_web::dev::Server, ServerHandle), StartError> {
    let allowed = web::Data::new(Allowed::new(&settings.server, address));
    let origins = settings.server.cors_origins.clone();
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(allowed.clone())
            // The last one wrapped is the first to see a request.
            .wrap(Compress::default())
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            .wrap(from_fn(guard::guard))
            .wrap(from_fn(requests::observe))
            .configure(crate::http::configure)
    })
    .workers(workers)
    .shutdown_timeout(ANSWERS_WITHIN_SECONDS)
    .client_request_timeout(HEADERS_WITHIN)
    .keep_alive(KEPT_ALIVE)
    // Otherwise a stream whose client has gone is held for ever.
    .h1_allow_half_closed(false)
    .disable_signals()
    .listen(listener)
    .map_err(|cause| StartError::Listen { address: address.to_string(), cause })?
    .run();
    let handle = server.handle();
    Ok((server, handle))
}

/// The configured origins and no other; without one, no header at all.
fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "DELETE"])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            header::IF_MATCH,
            header::HeaderName::from_static("idempotency-key"),
            header::HeaderName::from_static("last-event-id"),
            header::HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER, header::HeaderName::from_static("x-request-id")])
        .max_age(CORS_SECONDS);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// Where this machine reaches an address: one that means "everywhere" is reached on loopback.
fn base_url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// Serves until SIGINT or SIGTERM. `started` hears once that requests are answered.
///
/// # Errors
/// Where the server does not start, or breaks down.
pub async fn run(settings: Settings, started: impl FnOnce(&Running)) -> Result<(), StartError> {
    let broken = |error: io::Error| StartError::Broken(format!("signals cannot be heard: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(broken)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(broken)?;
    let running = Server::start(settings).await?;
    started(&running);
    let stop = running.stopper();
    let mut end = std::pin::pin!(running.ended());
    tokio::select! {
        ended = &mut end => return ended,
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping; agents are ended first");
    stop.cancel();
    tokio::select! {
        ended = &mut end => ended,
        // A second signal does not wait.
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}
