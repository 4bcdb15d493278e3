//! Plays the actions of an answer as a response body. Called by the handlers.

use crate::answer::Action;
use crate::journal::{Ending, Exchange};
use actix_web::rt::net::TcpStream;
use bytes::Bytes;
use futures::stream::{Stream, unfold};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

/// The longest silence. Clients give up within minutes; this only keeps a forgotten connection from living for ever.
const HANG_MAX: Duration = Duration::from_secs(60 * 60);

/// A second handle of a connection's socket. It is closed with the connection.
#[derive(Clone)]
pub(crate) struct Connection(Option<Arc<OwnedFd>>);

impl Connection {
    pub(crate) fn of(socket: &TcpStream) -> Self {
        Self(socket.as_fd().try_clone_to_owned().ok().map(Arc::new))
    }

    pub(crate) fn unknown() -> Self {
        Self(None)
    }

    /// Makes the socket answer its closing with RST. Where that fails the client sees the body end too early all the same.
    fn reset_on_close(&self) -> io::Result<()> {
        let Some(socket) = &self.0 else { return Ok(()) };
        let copy = std::net::TcpStream::from(socket.try_clone()?);
        tokio::net::TcpSocket::from_std_stream(copy).set_zero_linger()
    }
}

/// Silence, with a limit.
pub(crate) async fn hang() {
    tokio::time::sleep(HANG_MAX).await;
}

struct Playing {
    actions: VecDeque<Action>,
    connection: Connection,
    exchange: Exchange,
}

/// The body: what is sent, in its time. An error cuts the connection. Dropped early, it records that the client went away.
pub(crate) fn body(actions: Vec<Action>, connection: Connection, exchange: Exchange) -> impl Stream<Item = io::Result<Bytes>> {
    unfold(Playing { actions: actions.into(), connection, exchange }, |mut playing| async move {
        let next = playing.next().await;
        next.map(|bytes| (bytes, playing))
    })
}

impl Playing {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        while let Some(action) = self.actions.pop_front() {
            match action {
                Action::Send(bytes) => {
                    // What is sent last ends the exchange here: the client may hang up as soon as it has read it.
                    if self.actions.is_empty() {
                        self.exchange.end(Ending::Answered);
                    }
                    return Some(Ok(bytes));
                }
                Action::Wait(pause) => tokio::time::sleep(pause).await,
                Action::Hang => hang().await,
                Action::Reset => {
                    self.exchange.end(Ending::Reset);
                    let reset = self.connection.reset_on_close();
                    return Some(Err(reset.err().unwrap_or_else(|| io::ErrorKind::ConnectionReset.into())));
                }
            }
        }
        self.exchange.end(Ending::Answered);
        None
    }
}
