//! A proxy on loopback between a store and its server: it counts round trips, and cuts connections at any byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What the proxy has seen, and what it shall do.
#[derive(Debug)]
struct Watch {
    /// Whether the last bytes came from the server.
    answered: AtomicBool,
    round_trips: AtomicU64,
    /// How many bytes, of both directions, still pass until all connections are cut.
    left: AtomicI64,
    /// Connections of an earlier generation are cut.
    generation: AtomicU64,
    was_cut: AtomicBool,
}

/// A proxy; it ends with its runtime.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    watch: Arc<Watch>,
}

impl Proxy {
    pub(crate) async fn before(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let watch = Arc::new(Watch {
            answered: AtomicBool::new(true),
            round_trips: AtomicU64::new(0),
            left: AtomicI64::new(i64::MAX),
            generation: AtomicU64::new(0),
            was_cut: AtomicBool::new(false),
        });
        let proxy = Self {
            port,
            watch: Arc::clone(&watch),
        };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = SocketAddr::from(([127, 0, 0, 1], server));
                let Ok(server) = TcpStream::connect(server).await else {
                    continue;
                };
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let generation = watch.generation.load(Ordering::SeqCst);
                tokio::spawn(pass(
                    from_client,
                    to_server,
                    Arc::clone(&watch),
                    generation,
                    false,
                ));
                tokio::spawn(pass(
                    from_server,
                    to_client,
                    Arc::clone(&watch),
                    generation,
                    true,
                ));
            }
        });
        proxy
    }

    /// How often the client has spoken after an answer since the last call.
    pub(crate) fn round_trips(&self) -> u64 {
        self.watch.round_trips.swap(0, Ordering::SeqCst)
    }

    /// Cuts all connections after so many more bytes; connections made after the cut pass.
    pub(crate) fn cut_after(&self, bytes: i64) {
        self.watch.left.store(bytes, Ordering::SeqCst);
    }

    /// Lets everything pass, and says whether a cut has happened.
    pub(crate) fn heal(&self) -> bool {
        self.watch.left.store(i64::MAX, Ordering::SeqCst);
        self.watch.was_cut.swap(false, Ordering::SeqCst)
    }
}

/// With which sqlx asks a connection that is given back whether it is alive, after the answer.
const SYNC: &[u8] = b"S\0\0\0\x04";

/// Passes bytes on one by one direction until the cut.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    watch: Arc<Watch>,
    generation: u64,
    is_answer: bool,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length) = from.read(&mut buffer).await {
        if length == 0 || watch.generation.load(Ordering::SeqCst) != generation {
            break;
        }
        if is_answer {
            watch.answered.store(true, Ordering::SeqCst);
        } else if &buffer[..length] != SYNC && watch.answered.swap(false, Ordering::SeqCst) {
            watch.round_trips.fetch_add(1, Ordering::SeqCst);
        }
        let size = i64::try_from(length).unwrap();
        let left = watch.left.fetch_sub(size, Ordering::SeqCst);
        let passes = usize::try_from(left.clamp(0, size)).unwrap();
        if to.write_all(&buffer[..passes]).await.is_err() {
            break;
        }
        if passes < length {
            // What is cut stays cut; later connections are of the next generation.
            watch.generation.fetch_add(1, Ordering::SeqCst);
            watch.left.store(i64::MAX, Ordering::SeqCst);
            watch.was_cut.store(true, Ordering::SeqCst);
            break;
        }
    }
}
