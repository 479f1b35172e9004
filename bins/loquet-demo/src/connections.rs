//! Connections: how many there are at once, and how long each may take to say what it wants.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ConnectInfo;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::map_response;
use axum::response::Response;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_layer::Layer as _;

use crate::shares::{Share, Shares};

/// Connections at once: half of the 256 files that some systems let a program open. More wait with the system until one
/// ends.
const AT_ONCE: usize = 128;

/// Connections of one address at once; a further one is closed. A browser opens six.
const OF_ONE_ADDRESS: usize = 32;

/// The head of a request must arrive whole in this time, that of the next one on the same connection too.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// After this time the next answer on a connection says that it is the last: a browser opens another.
const LAST_ANSWER: Duration = Duration::from_secs(10);

/// How long a connection lives at most: a client that does not read its answers holds its place no longer.
const LIFE: Duration = Duration::from_secs(25);

/// The longest head, in bytes: every cookie of ours, many times over.
const HEAD: usize = 16 * 1024;

/// How long to wait for a connection to end when the system has no more files to give.
const NO_FILES: Duration = Duration::from_millis(100);

/// Serves until `end`, and then what is under way.
pub(crate) async fn serve(listener: TcpListener, app: Router, end: impl Future<Output = ()>) {
    let seats = Arc::new(Semaphore::new(AT_ONCE));
    let shares = Shares::new(OF_ONE_ADDRESS);
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD);
    let mut end = pin!(end);
    loop {
        let (place, stream, peer) = tokio::select! {
            () = &mut end => break,
            accepted = accept(&listener, &seats, &shares) => accepted,
        };
        let since = Instant::now();
        let app = app.clone();
        let app = app.layer(map_response(move |response| closing(since, response)));
        let service = TowerToHyperService::new(Extension(ConnectInfo(peer)).layer(app));
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // An error is of the client, which broke off or was too slow; hyper has answered it where it could.
            drop(tokio::time::timeout(LIFE, connection).await);
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Lets a connection end after this answer if it has lived long enough.
async fn closing(since: Instant, mut response: Response) -> Response {
    if since.elapsed() >= LAST_ANSWER {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

/// One of all seats, and one of the share of the client's address.
type Place = (Option<OwnedSemaphorePermit>, Share);

/// The next connection, once there is a seat for it.
async fn accept(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
    shares: &Shares,
) -> (Place, TcpStream, SocketAddr) {
    // `None` only when it was closed, which it never is.
    let seat = Arc::clone(seats).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Some(share) = shares.take(Some(peer.ip())) {
                    return ((seat, share), stream, peer);
                }
            }
            // Broken off already, or no file is left for it.
            Err(_) => tokio::time::sleep(NO_FILES).await,
        }
    }
}
