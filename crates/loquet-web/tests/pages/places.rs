//! Places to log in from, planned without CIDR notation.

use axum::http::StatusCode;
use loquet::CompileLimits;

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

/// A step that keeps the address of [`log_in_elsewhere`] out.
fn denied<'t>(draft: &'t str, name: &'t str) -> [(&'static str, &'t str); 5] {
    [
        ("draft", draft),
        ("do", "typed"),
        ("answer", "deny"),
        ("name", name),
        ("network", "198.51.100.1"),
    ]
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
    for made_up in ["allow any", "default allow\nallow 0.0.0.0/0", "# nothing"] {
        let made_up = [("draft", made_up), ("do", "apply")];
        let answer = helene.submit(PLAN, &made_up).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        helene.complains("ne se lit pas");
        helene.shows("data-testid=\"everywhere\"");
    }
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

/// Hélène's place is put in force: all others are kept out.
async fn restricted(helene: &mut Browser<'_>) -> String {
    let (planned, key) = planned(helene).await;
    let code = helene.site.code(&key);
    let apply = [
        ("draft", planned.as_str()),
        ("do", "apply"),
        ("code", &code),
    ];
    let saved = "/mfa/admin/access?done=saved";
    helene.leads(PLAN, &apply, saved).await;
    helene.open("/mfa/admin/access").await;
    assert_eq!(draft(helene), planned);
    key
}

const MARKS: [char; 9] = [
    '\u{feff}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202c}', '\u{202e}', '\u{2066}', '\u{2069}',
    '\u{7f}',
];

/// Such a name was taken, the page showed the place, and its draft was empty: put in force, it let everyone in.
#[tokio::test]
async fn t105_place_name_never_empties_the_rules() {
    for is_restricted in [false, true] {
        let site = Site::open().await;
        let mut helene = site.browser();
        let key = match is_restricted {
            true => restricted(&mut helene).await,
            false => helene.enable(HELENE).await,
        };
        for (language, said) in [
            ("en", "This name holds an invisible character"),
            ("fr", "Ce nom contient un caractère invisible"),
        ] {
            helene.speak(language).await;
            let within = MARKS.map(|mark| format!("Vi{mark}lain"));
            let before = ["\u{feff}Vilain", "\u{202e}Laval"].map(str::to_owned);
            for name in within.into_iter().chain(before) {
                helene.open("/mfa/admin/access").await;
                let before = draft(&helene);
                let answer = helene.submit(PLAN, &denied(&before, &name)).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
                helene.shows("id=\"name-error\"");
                helene.complains(said);
                assert_eq!(draft(&helene), before, "{name:?}");
                assert!(!helene.page.contains("data-testid=\"apply\""));
            }
        }
        // The same place by a name that the filter reads.
        let before = draft(&helene);
        helene.submit(PLAN, &denied(&before, "Vilain")).await;
        let planned = draft(&helene);
        assert!(planned.contains("deny place \"Vilain\""), "{planned}");
        let code = site.code(&key);
        let apply = [
            ("draft", planned.as_str()),
            ("do", "apply"),
            ("code", &code),
        ];
        let saved = "/mfa/admin/access?done=saved";
        helene.leads(PLAN, &apply, saved).await;
        assert_eq!(log_in_elsewhere(&site).await, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn blank_draft_is_never_put_in_force() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = restricted(&mut helene).await;
    let code = site.code(&key);
    for (language, said) in [
        ("en", "No choice arrived"),
        ("fr", "Aucun choix n’est arrivé"),
    ] {
        helene.speak(language).await;
        for step in ["apply", "typed", "remove 0"] {
            let rest = [
                ("do", step),
                ("answer", "allow"),
                ("name", "x"),
                ("code", &code),
            ];
            for sent in [None, Some(""), Some(" \r\n ")] {
                helene.open("/mfa/admin/access").await;
                let in_force = draft(&helene);
                let fields: Vec<_> = sent
                    .map(|sent| ("draft", sent))
                    .into_iter()
                    .chain(rest)
                    .collect();
                let answer = helene.submit(PLAN, &fields).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{step}");
                helene.complains(said);
                assert_eq!(draft(&helene), in_force);
            }
        }
    }
    assert!(!helene.page.contains("data-testid=\"waiting\""));
    assert_eq!(log_in_elsewhere(&site).await, StatusCode::FORBIDDEN);
    // Who takes all places out is shown what that comes to, and sends just that.
    let in_force = draft(&helene);
    let removed = [("draft", in_force.as_str()), ("do", "remove 0")];
    helene.submit(PLAN, &removed).await;
    helene.shows("data-testid=\"everywhere\"");
    let everywhere = draft(&helene);
    assert_eq!(everywhere, "precedence deny-overrides\ndefault allow\n");
    let apply = [
        ("draft", everywhere.as_str()),
        ("do", "apply"),
        ("code", &code),
    ];
    helene.submit(PLAN, &apply).await;
    helene.shows("elles prendront effet le");
}

/// Where it is not known who would lose access, the page does not say it, and has no button.
#[tokio::test]
async fn plan_beyond_a_limit_cannot_be_put_in_force() {
    let limits = CompileLimits {
        networks: 2,
        ..CompileLimits::default()
    };
    for (is_long, site) in [
        (false, Site::built(false, |it| it.rules_cost(limits)).await),
        (true, Site::built(false, |it| it.rules_limit(140)).await),
    ] {
        let mut helene = site.browser();
        let (planned, key) = planned(&mut helene).await;
        helene.shows("data-testid=\"what-if-count\"");
        helene.shows("data-testid=\"apply\"");
        let answer = helene.submit(PLAN, &denied(&planned, "Ailleurs")).await;
        if is_long {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            helene.complains("beaucoup d’endroits");
            assert_eq!(draft(&helene), planned);
            continue;
        }
        helene.shows("data-testid=\"what-if-fault\"");
        assert!(!helene.page.contains("data-testid=\"what-if-count\""));
        assert!(!helene.page.contains("data-testid=\"apply\""));
        let (long, code) = (draft(&helene), site.code(&key));
        let apply = [("draft", long.as_str()), ("do", "apply"), ("code", &code)];
        let answer = helene.submit(PLAN, &apply).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        helene.complains("rien n’a été changé");
        assert_eq!(log_in_elsewhere(&site).await, StatusCode::SEE_OTHER);
    }
}
