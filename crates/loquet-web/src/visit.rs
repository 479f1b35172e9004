//! What the pages need to know of a request.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OriginalUri, Path};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};

use loquet::devices::DeviceId;

use crate::Language;
use crate::cookie::{self, Marking, SessionKey, SessionToken};

/// One request, as far as the pages look at it: an extractor that never fails, for a host's own handlers too.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The language that the person chose, or else the first one of `Accept-Language` that these pages speak.
    pub language: Language,
    /// The path and the query, to come back to after the language was changed.
    pub(crate) place: String,
    pub(crate) query: String,
    /// The part of the path that names an account or a link, where there is one.
    pub(crate) named: Option<String>,
    pub(crate) extensions: Extensions,
    /// Whether `Accept` names `text/html`, as a browser's does and a program's does not.
    pub(crate) wants_page: bool,
    headers: HeaderMap,
}

impl Visit {
    /// The key of the session cookie, if the browser sent one of ours.
    pub(crate) fn key(&self, marking: Marking) -> Option<SessionKey> {
        cookie::values(&self.headers, marking.session_name()).find_map(SessionToken::key_of)
    }

    /// The cookie of this name, if it can be a device's.
    pub(crate) fn device(&self, name: &str) -> Option<DeviceId> {
        cookie::values(&self.headers, name).find_map(|value| value.parse().ok())
    }

    /// Returns a parameter of the query.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let named = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self {
            named: named.ok().map(|Path(named)| named),
            ..Self::of(parts)
        })
    }
}

impl Visit {
    /// The same without the part of the path that names something.
    pub(crate) fn of(parts: &Parts) -> Self {
        let mut headers = HeaderMap::new();
        for line in parts.headers.get_all(header::COOKIE) {
            headers.append(header::COOKIE, line.clone());
        }
        let language = cookie::values(&headers, cookie::LANGUAGE).find_map(Language::from_code);
        let language = language.or_else(|| preferred(&parts.headers));
        let language = language.unwrap_or_default();
        let wants_page = parts.headers.get_all(header::ACCEPT).iter().any(|line| {
            let kinds = line.to_str();
            kinds.is_ok_and(|kinds| kinds.contains("text/html"))
        });
        // In a nested router `parts.uri` is the rest of the path.
        let whole = parts.extensions.get::<OriginalUri>();
        let uri = whole.map_or(&parts.uri, |OriginalUri(uri)| uri);
        Self {
            language,
            wants_page,
            place: uri
                .path_and_query()
                .map_or("/", |place| place.as_str())
                .to_owned(),
            named: None,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            extensions: parts.extensions.clone(),
            headers,
        }
    }
}

/// The first language of `Accept-Language` (RFC 9110 §12.5.4) that there is; browsers list the preferred one first.
fn preferred(headers: &HeaderMap) -> Option<Language> {
    let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter();
    let tags = lines.filter_map(|line| line.to_str().ok());
    let mut tags = tags.flat_map(|line| line.split(','));
    tags.find_map(|tag| Language::from_code(tag.trim().split(['-', ';']).next()?))
}

/// A path of this site, to go on to: begins with one slash, and holds nothing that a browser would read as another host
/// (`//evil.example`, `/\evil.example`, a tab between the slashes).
pub(crate) fn own_path(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('/')?;
    let plain = text.len() <= 512 && text.bytes().all(|c| c.is_ascii_graphic() && c != b'\\');
    (plain && !rest.starts_with('/')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_known_language_is_preferred() {
        for (sent, language) in [
            ("fr-CA,fr;q=0.9,en;q=0.8", Some(Language::French)),
            ("de, en-CA;q=0.7, fr;q=0.5", Some(Language::English)),
            ("en", Some(Language::English)),
            ("enm, frr;q=0.5, *", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, sent.parse().unwrap());
            assert_eq!(preferred(&headers), language, "{sent}");
        }
    }

    #[test]
    fn only_own_paths_are_redirect_targets() {
        for good in ["/", "/mfa/admin?x=1", "/a//b"] {
            assert_eq!(own_path(good), Some(good));
        }
        for bad in [
            "",
            "a",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "https://evil.example",
            "/é",
        ] {
            assert_eq!(own_path(bad), None, "{bad}");
        }
        assert_eq!(own_path(&format!("/{}", "a".repeat(512))), None);
    }
}
