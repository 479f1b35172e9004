//! What holds for every page and every form.

use crate::browser::post_request;
use crate::site::{HELENE, JULIE, Site, code_at};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use loquet::Clock;

/// Every page there is.
const PAGES: [&str; 17] = [
    "/mfa/code",
    "/mfa/step-up",
    "/mfa/enroll",
    "/mfa/enroll/key",
    "/mfa/account",
    "/mfa/account/on",
    "/mfa/account/off",
    "/mfa/account/replace",
    "/mfa/account/lost",
    "/mfa/account/authenticators/add",
    "/mfa/account/authenticators/1",
    "/mfa/admin",
    "/mfa/admin/enable",
    "/mfa/admin/mandate",
    "/mfa/admin/people",
    "/mfa/admin/access",
    "/mfa/admin/devices",
];

/// Every form there is.
const FORMS: [&str; 28] = [
    "/mfa/code",
    "/mfa/step-up",
    "/mfa/log-out",
    "/mfa/enroll",
    "/mfa/enroll/confirm",
    "/mfa/account/on",
    "/mfa/account/off",
    "/mfa/account/replace",
    "/mfa/account/lost",
    "/mfa/account/authenticators/add",
    "/mfa/account/authenticators/1",
    "/mfa/account/authenticators/1/remove",
    "/mfa/account/log-out-everywhere",
    "/mfa/admin/enable",
    "/mfa/admin/mandate/announce",
    "/mfa/admin/mandate/move",
    "/mfa/admin/mandate/cancel",
    "/mfa/admin/people/00000000000000000000000000000003/reset",
    "/mfa/admin/access",
    "/mfa/admin/access/plan",
    "/mfa/admin/access/undo",
    "/mfa/admin/access/cancel",
    "/mfa/account/recovery-codes",
    "/mfa/account/sessions/end",
    "/mfa/account/devices/forget",
    "/mfa/account/devices/forget-all",
    "/mfa/admin/devices",
    "/mfa/language",
];

#[tokio::test]
async fn every_answer_carries_security_headers() {
    let site = Site::open().await;
    let mut stranger = site.browser();
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    let other = [
        "/mfa/static/loquet.css",
        "/mfa/static/none",
        "/mfa/language",
        "/mfa/admin/people/x/reset",
        "/log-in",
    ];
    for path in PAGES.iter().chain(&other) {
        for browser in [&mut stranger, &mut helene] {
            let answer = browser
                .send(Request::get(*path).body(Body::empty()).unwrap())
                .await;
            let policy = answer
                .headers
                .get("content-security-policy")
                .unwrap()
                .to_str()
                .unwrap();
            assert!(
                policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"),
                "{path}"
            );
            assert_eq!(
                answer.headers.get("referrer-policy").unwrap(),
                "same-origin",
                "{path}"
            );
            let cache = answer.headers.get(header::CACHE_CONTROL).unwrap();
            assert_eq!(
                cache == "no-store",
                *path != "/mfa/static/loquet.css",
                "{path}"
            );
            for inline in [" style=", "<style", "<script>", "javascript:", " onclick="] {
                assert!(!answer.body.contains(inline), "{inline} in {path}");
            }
        }
    }
}

#[tokio::test]
async fn opening_pages_changes_nothing() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.log_in(HELENE).await;
    let (commits, cookies) = (site.commits(), helene.cookies.clone());
    for path in PAGES {
        helene
            .send(Request::get(path).body(Body::empty()).unwrap())
            .await;
    }
    assert_eq!((site.commits(), &helene.cookies), (commits, &cookies));
    let mut enabled = site.browser();
    enabled.enable(HELENE).await;
    let (commits, cookies) = (site.commits(), enabled.cookies.clone());
    for path in PAGES.iter().chain(&FORMS) {
        // A refused form is shown under its own path, and a log-in can lead on to it: it opens as a page.
        let status = enabled.open(path).await.status;
        assert!(
            status.is_success() || status.is_redirection(),
            "{path}: {status}"
        );
    }
    assert_eq!((site.commits(), &enabled.cookies), (commits, &cookies));
}

#[tokio::test]
async fn cross_origin_form_is_refused() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    let commits = site.commits();
    for path in FORMS {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "null"),
        ] {
            let attempt = "ab".repeat(16);
            let mut request =
                post_request(path, format!("attempt={attempt}&code=123456&language=en"));
            request.headers_mut().insert(name, value.parse().unwrap());
            let answer = helene.send(request).await;
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "{path} {name}: {value}"
            );
            assert!(answer.headers.get(header::SET_COOKIE).is_none());
        }
    }
    assert_eq!(site.commits(), commits);
}

#[tokio::test]
async fn malformed_form_is_refused_in_a_sentence() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    let commits = site.commits();
    let attempt = format!("attempt={}", "ab".repeat(16));
    for path in FORMS.iter().filter(|path| **path != "/mfa/language") {
        for (body, status) in [
            (String::new(), StatusCode::BAD_REQUEST),
            ("attempt=zz".to_owned(), StatusCode::BAD_REQUEST),
            (format!("{attempt}&{attempt}"), StatusCode::BAD_REQUEST),
            (
                format!("{attempt}{}", "&a=1".repeat(20)),
                StatusCode::BAD_REQUEST,
            ),
            (
                format!("{attempt}&code={}", "1".repeat(70_000)),
                StatusCode::PAYLOAD_TOO_LARGE,
            ),
        ] {
            let answer = helene.send(post_request(path, body.clone())).await;
            assert_eq!(answer.status, status, "{path} with {} bytes", body.len());
            assert!(
                answer.body.contains("<p class=\"soft\">Ce formulaire"),
                "{}",
                answer.body
            );
        }
        let mut json = post_request(path, "{}");
        json.headers_mut()
            .insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        assert_eq!(
            helene.send(json).await.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{path}"
        );
    }
    assert_eq!(site.commits(), commits);
}

#[tokio::test]
async fn cookie_changes_with_each_step() {
    let site = Site::with(true).await;
    let mut helene = site.browser();
    helene.log_in(HELENE).await;
    let first = helene.cookies.clone();
    assert_eq!(first.keys().collect::<Vec<_>>(), ["__Host-loquet"]);
    let key = helene.enable(HELENE).await;
    assert_ne!(helene.cookies, first);
    let mut thief = site.browser();
    thief.cookies = first;
    let answer = thief
        .send(Request::get("/mfa/account").body(Body::empty()).unwrap())
        .await;
    assert_eq!(answer.to(), "/log-in");

    let mut half = site.browser();
    half.log_in(HELENE).await;
    let before = half.cookies.clone();
    let code = site.code(&key);
    let attempt = half.attempt("/mfa/code").unwrap();
    let fields = [("attempt", attempt.as_str()), ("code", code.as_str())];
    let answer = half.post("/mfa/code", &fields).await;
    let line = answer
        .headers
        .get(header::SET_COOKIE)
        .unwrap()
        .to_str()
        .unwrap();
    assert!(
        line.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/"),
        "{line}"
    );
    // The same form again, by the browser and by a holder of the earlier cookie: no session for either.
    let commits = site.commits();
    let again = half.post("/mfa/code", &fields).await;
    assert!(again.headers.get(header::SET_COOKIE).is_none());
    assert_eq!(half.open("/mfa/account").await.status, StatusCode::OK);
    thief.cookies = before;
    let stolen = thief.post("/mfa/code", &fields).await;
    assert_eq!(
        (stolen.to(), stolen.headers.get(header::SET_COOKIE)),
        ("/log-in", None)
    );
    assert_eq!(site.commits(), commits);
}

#[tokio::test]
async fn bound_secret_is_on_no_page() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    let grouped = key
        .as_bytes()
        .chunks(4)
        .map(|group| std::str::from_utf8(group).unwrap())
        .collect::<Vec<_>>()
        .join(" ");
    for path in PAGES {
        for browser in [&mut helene, &mut julie] {
            let answer = browser
                .send(Request::get(path).body(Body::empty()).unwrap())
                .await;
            for secret in [&key, &grouped, &code_at(&key, site.clock.now())] {
                assert!(!answer.body.contains(secret.as_str()), "{path}");
            }
            assert!(!answer.body.contains("id=\"break-glass\""), "{path}");
        }
    }
}

#[tokio::test]
async fn administration_requires_an_administrator() {
    let site = Site::open().await;
    site.browser().enable(HELENE).await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    let commits = site.commits();
    for path in PAGES.iter().filter(|path| path.starts_with("/mfa/admin")) {
        let answer = julie.open(path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(
            answer.body.contains("réservé aux administrateurs")
                && !answer.body.contains("Tremblay"),
            "{path}"
        );
    }
    for path in FORMS.iter().filter(|path| path.starts_with("/mfa/admin")) {
        let fields = [
            ("attempt", &*"ab".repeat(16)),
            ("code", "123456"),
            ("rules", ""),
            ("start", "now"),
            ("group", "X"),
        ];
        assert_eq!(
            julie.post(path, &fields).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    assert_eq!(site.commits(), commits);
    // A stranger is sent to log in.
    for path in PAGES {
        let answer = site
            .browser()
            .send(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.to(), "/log-in", "{path}");
    }
}

#[tokio::test]
async fn administration_requires_the_code() {
    let site = Site::open().await;
    let key = site.browser().enable(HELENE).await;
    let mut half = site.browser();
    half.log_in(HELENE).await;
    for path in PAGES
        .iter()
        .filter(|path| path.starts_with("/mfa/admin") || path.starts_with("/mfa/enroll"))
    {
        let answer = half.open(path).await;
        assert!(answer.body.contains("data-testid=\"code-page\""), "{path}");
    }
    let answer = half
        .post(
            "/mfa/step-up",
            &[("attempt", &"cd".repeat(16)), ("code", &site.code(&key))],
        )
        .await;
    assert_eq!(answer.to(), "/log-in");
}
