//! What every answer carries, and which requests are not answered at all.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Nothing but our own files, no inline script or style, no frame around the page, forms to ourselves only. The QR code is
/// part of the page; `data:` is for hosts that show it as a picture.
const POLICY: &str = "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(&str, &str); 8] = [
    ("cache-control", "no-store"),
    ("content-security-policy", POLICY),
    // Not `no-referrer`: browsers would then send `Origin: null` with every form, and the check below needs the origin.
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// A year, the least that browsers' preload lists and ASVS 3.4.1 ask for.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// How browsers reach a service, which may differ from how its proxy reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// For every service that others can reach.
    Https,
    /// For a demonstration on the loopback address.
    Http,
}

impl Scheme {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Https => "https://",
            Self::Http => "http://",
        }
    }
}

/// Middleware for every route of a host that shows these pages, its log-in form too:
/// `from_fn_with_state(pages.scheme(), guard)`, or with [`Scheme::Https`]. [`Pages::router`](crate::Pages::router) has it
/// already; twice does no harm.
///
/// # Security
/// A request that can change something must come from a page of the same origin, as `Sec-Fetch-Site` says or, in older
/// browsers, as `Origin` says, scheme included (OWASP CSRF Prevention Cheat Sheet). A request that has neither header, or
/// has one of them or `Host` twice, is refused: no browser sends such a request.
///
/// Each answer gets the headers of the table that it has not set itself:
///
/// | header | value |
/// |---|---|
/// | `Cache-Control` | `no-store` |
/// | `Content-Security-Policy` | own files alone: no inline script or style, no frame around the page, forms to this site |
/// | `Referrer-Policy` | `same-origin` |
/// | `X-Content-Type-Options` | `nosniff` |
/// | `X-Frame-Options` | `DENY` |
/// | `Cross-Origin-Opener-Policy`, `Cross-Origin-Resource-Policy` | `same-origin` |
/// | `Permissions-Policy` | no camera, microphone or location |
/// | `Strict-Transport-Security` | one year, with [`Scheme::Https`]; a host that speaks for its whole domain sets its own with `includeSubDomains` |
///
/// A page of the host's own that needs more sets a policy of its own.
pub async fn guard(State(scheme): State<Scheme>, request: Request, next: Next) -> Response {
    let changes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let mut response = if changes && !is_same_origin(request.headers(), scheme) {
        let text = "Cette demande ne vient pas d’une page de ce site.\nThis request does not come from a page of this site.\n";
        (StatusCode::FORBIDDEN, text).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if scheme == Scheme::Https {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HSTS);
    }
    response
}

fn is_same_origin(headers: &HeaderMap, scheme: Scheme) -> bool {
    // A proxy that appends a header leaves the client's in front of it.
    let is_repeated = |name| headers.get_all(name).iter().nth(1).is_some();
    if ["sec-fetch-site", "origin", "host"]
        .into_iter()
        .any(is_repeated)
    {
        return false;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else {
        return false;
    };
    origin
        .strip_prefix(scheme.prefix())
        .is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(pairs: &[(&'static str, &'static str)]) -> bool {
        same_over(Scheme::Http, pairs)
    }

    fn same_over(scheme: Scheme, pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for &(name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        is_same_origin(&headers, scheme)
    }

    #[test]
    fn only_same_origin_requests_change_anything() {
        let host = ("host", "creche.example:8080");
        assert!(same(&[host, ("origin", "http://creche.example:8080")]));
        assert!(same(&[host, ("origin", "http://CRECHE.example:8080")]));
        assert!(same(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(!same(&[host]));
        assert!(!same(&[("origin", "http://creche.example:8080")]));
        for (scheme, is_same) in [("https", true), ("http", false), ("HTTPS", false)] {
            let origin = format!("{scheme}://creche.example:8080").leak();
            let over_https = same_over(Scheme::Https, &[host, ("origin", origin)]);
            assert_eq!(over_https, is_same, "{origin}");
        }
        assert!(!same(&[host, ("origin", "https://creche.example:8080")]));
        assert!(!same(&[host, ("origin", "null")]));
        assert!(!same(&[host, ("origin", "http://creche.example")]));
        assert!(!same(&[
            host,
            ("origin", "http://creche.example:8080.evil.example")
        ]));
        for site in ["cross-site", "same-site", "none", ""] {
            let origin = ("origin", "http://creche.example:8080");
            assert!(!same(&[host, origin, ("sec-fetch-site", site)]), "{site}");
        }
        let origin = ("origin", "http://creche.example:8080");
        assert!(!same(&[host, host, origin]));
        assert!(!same(&[host, origin, ("origin", "http://evil.example")]));
        let site = ("sec-fetch-site", "same-origin");
        assert!(!same(&[host, site, ("sec-fetch-site", "cross-site")]));
    }
}
