//! A defence against DNS rebinding: a page elsewhere whose name begins to resolve to this machine would be of this origin.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses a request that names the demo otherwise than by an IP address or as `localhost`, which no stranger can make
/// resolve to another machine. The port is not compared, because a tunnel or a container changes it.
pub(crate) async fn refuse_names(request: Request, next: Next) -> Response {
    if is_own(request.headers()) {
        return next.run(request).await;
    }
    let text = "Ouvrez la démonstration par son adresse IP ou sous le nom localhost.\n\
                Open the demo by its IP address or under the name localhost.\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

fn is_own(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let Ok(authority) = Authority::try_from(host.as_bytes()) else {
        return false;
    };
    let name = authority.host();
    // `Authority` takes user names too, and ports that are none.
    let port = authority.as_str().strip_prefix(name);
    let is_plain = port.is_some_and(|port| {
        let number = port.strip_prefix(':').map(str::parse::<u16>);
        port.is_empty() || matches!(number, Some(Ok(_)))
    });
    if !is_plain {
        return false;
    }
    let address = name.trim_start_matches('[').trim_end_matches(']');
    address.parse::<IpAddr>().is_ok() || name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_own() {
        let is_own_host = |hosts: &[&str]| {
            let hosts = hosts.iter().map(|host| (HOST, host.parse().unwrap()));
            is_own(&hosts.collect())
        };
        for host in [
            "127.0.0.1:8080",
            "[::1]:8080",
            "192.0.2.7",
            "LocalHost:9000",
        ] {
            assert!(is_own_host(&[host]), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "localhost@evil.example",
            "evil@127.0.0.1",
            "127.0.0.1:abc",
            "127.0.0.1:99999",
            "[::1]evil",
            "",
        ] {
            assert!(!is_own_host(&[host]), "{host}");
        }
        assert!(!is_own_host(&[]));
        assert!(!is_own_host(&["localhost", "localhost"]));
    }
}
