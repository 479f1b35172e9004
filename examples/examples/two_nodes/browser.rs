//! Browsers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use loquet_web::BoxError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What the users saw.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) answered: AtomicU32,
    /// The connection broke.
    pub(crate) broken: AtomicU32,
    pub(crate) refused: AtomicU32,
}

/// A browser with one cookie.
#[derive(Default)]
pub(crate) struct Browser {
    cookie: String,
}

impl Browser {
    pub(crate) async fn log_in(&mut self, to: SocketAddr, name: &str) -> Result<String, BoxError> {
        let form = format!("name={name}&password=password");
        self.ask(to, "POST /log-in", &form).await
    }

    pub(crate) async fn give(&mut self, to: SocketAddr, code: &str) -> Result<String, BoxError> {
        self.ask(to, "POST /code", &format!("code={code}")).await
    }

    pub(crate) async fn get(&mut self, to: SocketAddr) -> Result<String, BoxError> {
        self.ask(to, "GET /", "").await
    }

    /// Returns the text of the answer.
    async fn ask(&mut self, to: SocketAddr, what: &str, form: &str) -> Result<String, BoxError> {
        let (cookie, length) = (&self.cookie, form.len());
        let request = format!(
            "{what} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        );
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, text) = answer
            .split_once("\r\n\r\n")
            .ok_or("the connection broke")?;
        if let Some((_, set)) = head.split_once("set-cookie: ") {
            let pair = set.split(';').next();
            pair.unwrap_or_default().clone_into(&mut self.cookie);
        }
        Ok(text.to_owned())
    }

    /// Asks for the page for two seconds.
    pub(crate) async fn click(mut self, to: SocketAddr, seen: Arc<Seen>) -> Self {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            let count = match self.get(to).await {
                Ok(text) if text.contains("Hello") => &seen.answered,
                Ok(_) => &seen.refused,
                // What changes nothing may be asked for again.
                Err(_) => &seen.broken,
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
        self
    }
}
