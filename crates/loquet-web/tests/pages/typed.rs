//! What is said of a field that cannot be taken.

use axum::http::StatusCode;

use crate::site::{HELENE, SOFIA, Site};

#[tokio::test]
async fn faulty_field_is_explained_and_not_counted() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.log_in(HELENE).await;
    helene.open("/mfa/admin/enable").await;
    let long = "x".repeat(300);
    helene
        .submit("/mfa/admin/enable", &[("group", &long)])
        .await;
    assert_eq!(
        helene.error(),
        "Ce champ est trop long\u{a0}: 32\u{a0}caractères au plus."
    );
    helene.submit("/mfa/admin/enable", &[("group", "  ")]).await;
    assert_eq!(helene.error(), "Ce champ est vide.");
    helene.enable(HELENE).await;
    let commits = site.commits();
    let codes = [
        "/mfa/account/on",
        "/mfa/account/off",
        "/mfa/account/replace",
        "/mfa/step-up",
    ];
    let reset = format!("/mfa/admin/people/{SOFIA:032x}/reset");
    for path in codes.into_iter().chain([reset.as_str()]) {
        helene.open(path).await;
        for (code, expected) in [
            ("", "Ce champ est vide."),
            (
                long.as_str(),
                "Ce champ est trop long\u{a0}: 32\u{a0}caractères au plus.",
            ),
            (
                "123\u{0}456",
                "Ce champ contient un caractère invisible (en position 4).",
            ),
        ] {
            let answer = helene.submit(path, &[("code", code)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
            assert_eq!(helene.error(), expected, "{path}");
            assert!(
                helene
                    .page
                    .contains("aria-describedby=\"code-error code-hint\""),
                "{path}"
            );
            assert!(helene.page.contains("aria-invalid=\"true\""), "{path}");
        }
    }
    assert_eq!(site.commits(), commits);
}

#[tokio::test]
async fn faulty_date_and_rules_are_explained() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    let commits = site.commits();
    let long = "x".repeat(300);
    for date in ["", "tomorrow", "2027-02-30", "99999-01-01", &long] {
        helene.open("/mfa/admin/mandate").await;
        helene
            .submit_mandate(
                "/mfa/admin/mandate/announce",
                &[("start", "date"), ("date", date)],
            )
            .await;
        assert!(
            helene.page.contains("id=\"date-error\""),
            "{date}: {}",
            helene.page
        );
    }
    helene
        .submit_mandate("/mfa/admin/mandate/announce", &[("start", "later")])
        .await;
    helene.shows("data-testid=\"error\"");
    helene.open("/mfa/admin/access").await;
    let long = "#".repeat(17_000);
    helene
        .submit("/mfa/admin/access", &[("rules", &long), ("code", "")])
        .await;
    assert!(helene.page.contains(&long), "what was typed is kept");
    assert_eq!(
        helene.error(),
        "Ce champ est trop long\u{a0}: 16384\u{a0}caractères au plus."
    );
    assert_eq!(site.commits(), commits);
}

#[tokio::test]
async fn date_that_lies_too_far_ahead_is_told_the_days() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    for (language, said) in [
        ("en", "This date is too far ahead: choose "),
        ("fr", "Cette date est trop éloignée"),
    ] {
        helene.speak(language).await;
        helene.open("/mfa/admin/mandate").await;
        let far = [("start", "date"), ("date", "9999-12-31")];
        helene
            .submit_mandate("/mfa/admin/mandate/announce", &far)
            .await;
        helene.shows("id=\"date-error\"");
        helene.complains(said);
        let error = helene.error();
        let mut numbers = error.split(|c: char| !c.is_ascii_digit());
        // Years, and no seconds since 1970.
        assert!(numbers.all(|number| number.len() <= 4), "{error}");
    }
}
