//! Where handlers of the host's own lead a browser.

use axum::http::{Request, StatusCode};
use loquet::Refusal;
use loquet_web::{Pages, Problem, Rejection, SessionSource, Settings};

use crate::guards::{PAGE, PROGRAM, get_as};
use crate::site::{HELENE, JULIE, Site, TestHost};

#[tokio::test]
async fn stale_code_leads_to_step_up_and_back() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    site.clock.advance(301);
    for (path, to) in [
        ("/dangerous", "/mfa/step-up?next=%2Fdangerous"),
        (
            "/dangerous?all=1&x=%20",
            "/mfa/step-up?next=%2Fdangerous%3Fall%3D1%26x%3D%2520",
        ),
        (
            "/nested/dangerous",
            "/mfa/step-up?next=%2Fnested%2Fdangerous",
        ),
    ] {
        let answer = get_as(&mut helene, path, PAGE).await;
        assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, to));
    }
    let answer = get_as(&mut helene, "/dangerous", PROGRAM).await;
    assert!(answer.body.contains("NOT_FRESH"), "{}", answer.body);
    helene.open("/mfa/step-up?next=%2Fdangerous").await;
    helene.shows("name=\"next\" value=\"/dangerous\"");
    let code = site.code(&key);
    let fields = [("code", code.as_str()), ("next", "/dangerous")];
    helene.leads("/mfa/step-up", &fields, "/dangerous").await;
    assert_eq!(get_as(&mut helene, "/dangerous", PAGE).await.body, "done");
}

#[tokio::test]
async fn step_up_without_authenticator_leads_to_enrollment() {
    let site = Site::open().await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    let answer = get_as(&mut julie, "/dangerous", PAGE).await;
    assert_eq!(answer.to(), "/mfa/step-up?next=%2Fdangerous");
    let answer = get_as(&mut julie, answer.to(), PAGE).await;
    assert_eq!(answer.to(), "/mfa/enroll");
}

#[tokio::test]
async fn rejection_is_answered_as_a_refusal_is() {
    let site = Site::open().await;
    let mfa = site.operator.mfa().clone();
    let pages = Pages::new(mfa, TestHost::new(site.clock.clone()), &Settings::default());
    let to = |refusal: Refusal| {
        let request = Request::get("/a").header("accept", PAGE).body(()).unwrap();
        let problem = Rejection::Problem(Problem::from(refusal));
        let answer = pages.reject(&request.into_parts().0, problem);
        answer.headers()["location"].to_str().unwrap().to_owned()
    };
    for refusal in [Refusal::NotFresh, Refusal::StepUp] {
        assert_eq!(to(refusal), "/mfa/step-up?next=%2Fa");
    }
    assert_eq!(to(Refusal::PasswordRequired), "/again?next=%2Fa");
    assert_eq!(to(Refusal::StaleLogIn), "/log-in");
}

#[tokio::test]
async fn session_that_an_operation_returned_is_kept() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    let mut copy = site.browser();
    copy.cookies = helene.cookies.clone();
    let answer = helene.post("/password", &[]).await;
    assert_eq!(answer.to(), "/private");
    assert_ne!(helene.cookies, copy.cookies);
    let answer = get_as(&mut helene, "/private", PAGE).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = get_as(&mut copy, "/private", PAGE).await;
    assert_eq!(answer.to(), "/log-in");
}
