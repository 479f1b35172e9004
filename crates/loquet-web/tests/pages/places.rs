//! Places to log in from, planned without CIDR notation.

use axum::http::StatusCode;

use crate::browser::{Browser, between};
use crate::site::{HELENE, JULIE, Site};

const PLAN: &str = "/mfa/admin/access/plan";

fn draft(helene: &Browser<'_>) -> String {
    between(&helene.page, "name=\"draft\" value=\"", "\"").replace("&quot;", "\"")
}

/// Hélène has planned that people log in from where she is. Returns the draft and her key.
async fn planned(helene: &mut Browser<'_>) -> (String, String) {
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/access").await;
    let before = draft(helene);
    let here = [
        ("draft", before.as_str()),
        ("do", "here"),
        ("name", "Bureau Laval"),
        ("answer", "allow"),
    ];
    assert_eq!(helene.submit(PLAN, &here).await.status, StatusCode::OK);
    (draft(helene), key)
}

async fn log_in_elsewhere(site: &Site) -> StatusCode {
    let mut elsewhere = site.browser();
    elsewhere.address = "198.51.100.1".parse().ok();
    elsewhere.page = elsewhere.open("/log-in").await.body;
    let julie = JULIE.to_string();
    let answer = elsewhere.submit("/log-in", &[("login", &julie)]).await;
    answer.status
}

#[tokio::test]
async fn plan_holds_once_applied_and_until_undone() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let (planned, key) = planned(&mut helene).await;
    let place = "place \"Bureau Laval\" = 203.0.113.7/32";
    assert!(planned.contains(place), "{planned}");
    helene.shows("Personne ne perdrait");
    assert_eq!(log_in_elsewhere(&site).await, StatusCode::SEE_OTHER);
    let apply = [("draft", planned.as_str()), ("do", "apply")];
    let without = helene.submit(PLAN, &apply).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    helene.complains("Confirmez avec un nouveau code");
    assert_eq!(log_in_elsewhere(&site).await, StatusCode::SEE_OTHER);
    let code = site.code(&key);
    let apply = [apply[0], apply[1], ("code", code.as_str())];
    let saved = "/mfa/admin/access?done=saved";
    helene.leads(PLAN, &apply, saved).await;
    assert_eq!(log_in_elsewhere(&site).await, StatusCode::FORBIDDEN);
    helene.open("/mfa/admin/access").await;
    let undone = "/mfa/admin/access?done=undone";
    helene.leads("/mfa/admin/access/undo", &[], undone).await;
    assert_eq!(log_in_elsewhere(&site).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn faulty_step_keeps_plan_and_typed_text() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let (planned, _) = planned(&mut helene).await;
    let locks_out = planned.replace("203.0.113.7", "198.51.100.9");
    let long = "é".repeat(65);
    for (draft_sent, step, name, network, complaint) in [
        (
            &planned,
            "typed",
            "x",
            "203.0.113",
            "Ce n’est pas une adresse",
        ),
        (&planned, "here", &long, "", "trop long"),
        (&locks_out, "apply", "Le parc", "", "enfermeraient dehors"),
    ] {
        let fields = [
            ("draft", draft_sent.as_str()),
            ("do", step),
            ("name", name),
            ("network", network),
        ];
        let answer = helene.submit(PLAN, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        helene.complains(complaint);
        assert_eq!(draft(&helene), *draft_sent);
        helene.shows(&format!("value=\"{name}\""));
        helene.shows(&format!("value=\"{network}\""));
    }
    let removed = [("draft", planned.as_str()), ("do", "remove 0")];
    helene.submit(PLAN, &removed).await;
    assert!(draft(&helene).contains("default allow"));
}

#[tokio::test]
async fn rules_of_another_shape_are_no_plan() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let (_, key) = planned(&mut helene).await;
    let made_up = [("draft", "allow 0.0.0.0/0"), ("do", "apply")];
    helene.leads(PLAN, &made_up, "/mfa/admin/access").await;
    helene.open("/mfa/admin/access").await;
    let code = site.code(&key);
    let rules = ("rules", "allow 203.0.113.0/24");
    for wrong in ["", "12", "000000"] {
        helene
            .submit("/mfa/admin/access", &[rules, ("code", wrong)])
            .await;
        helene.shows("id=\"rules-code-error\"");
        helene.shows("<details class=\"more\" open>");
        assert!(helene.page.contains(rules.1), "what was typed is kept");
    }
    let by_hand = [rules, ("code", code.as_str())];
    helene.submit("/mfa/admin/access", &by_hand).await;
    helene.open("/mfa/admin/access").await;
    helene.shows("data-testid=\"by-hand\"");
    assert!(!helene.page.contains("name=\"draft\""));
}
