//! What administrators and the operator decide, and what waits first.

use loquet::flow::{LogIn, OpenBreakGlass};
use loquet::{AccountId, Request};
use loquet_policy::Access;
use serde_json::json;

use super::centre::{Centre, enable, last_group, now, run};
use super::{said, wait};

#[test]
fn the_operator_suspends_rules_that_lock_everybody_out_and_rolls_back() {
    let centre = Centre::new();
    let nothing = centre.json(&["ip", "suspend"], "", 1).remove(0);
    assert_eq!(nothing["refused"], "UNCHANGED");
    let from_elsewhere = || {
        let service = centre.service();
        wait(async {
            let address = Some("198.51.100.9".parse().unwrap());
            service.may_try(1_u64.into(), address).await.unwrap() == Access::Allowed
        })
    };
    let service = centre.service();
    wait(async {
        let request = || Request::new(Some("203.0.113.7".parse().unwrap())).unwrap();
        let account = AccountId::from(1_u64);
        let entered = service.run(LogIn { account }, &request()).await.unwrap();
        let stamp = entered.granted().unwrap().stamp;
        let rules = service
            .read_rules(stamp, "allow 203.0.113.0/24", "")
            .unwrap();
        assert!(
            service
                .run(rules, &request())
                .await
                .unwrap()
                .granted()
                .is_ok()
        );
    });
    drop(service);
    // The command line is on this machine, which these rules do not let in: `mfa` is shut, `ip suspend` is not.
    assert_eq!(
        centre.json(&["mfa", "enable", "--as", "helene"], "", 1)[0]["refused"],
        "ACCESS_DENIED"
    );
    assert!(!from_elsewhere());
    assert_eq!(
        centre.json(&["ip", "suspend"], "", 0),
        [json!({ "suspended": true })]
    );
    assert!(from_elsewhere());
    let told = centre.loquet(&["ip", "rollback", "--as", "marc"], "");
    let told = said(&told).1;
    assert!(told.contains("hold again") && told.contains("all administrators are told"));
    assert!(!from_elsewhere());
    let parent = centre
        .json(&["ip", "suspend", "--as", "julie"], "", 1)
        .remove(0);
    assert_eq!(parent["refused"], "NOT_ADMIN");
}

const HOUR: u64 = 3600;

#[test]
fn what_weakens_waits_and_is_stopped_by_an_administrator() {
    let centre = Centre::new();
    enable(&centre, last_group);
    let mut phone = centre.enroll_ago(1, HOUR);
    let set = ["mfa", "set", "--recovery-codes", "on", "--as", "helene"];
    let lines = format!("{}\n{}\n", phone.fresh(), phone.fresh());
    let told = centre.json(&set, &lines, 0).remove(0);
    assert_eq!(told["in_force"], false);
    let waits = told["due"].as_u64().unwrap() - now();
    assert!((72 * HOUR - 60..=72 * HOUR).contains(&waits), "{told}");
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["waiting"][0]["setting"]["offered"], true);
    assert_eq!(status["options"]["recovery_codes"], false);
    assert_eq!(
        centre.json(&["mfa", "tick"], "", 0),
        [json!({ "settled": 0 })]
    );

    let stop = ["mfa", "stop", "recovery-codes", "--as", "helene"];
    let told = centre.json(&stop, &phone.fresh(), 0);
    assert_eq!(told, [json!({ "stopped": true })]);
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["waiting"], json!([]));
}

#[test]
fn the_latch_is_strict_for_ever_and_the_break_glass_code_renewed_with_a_fresh_code() {
    let centre = Centre::new();
    enable(&centre, last_group);
    let mut phone = centre.enroll_ago(1, HOUR);
    let strict = ["mfa", "strict-latch", "--as", "helene"];
    assert_eq!(
        centre.json(&strict, &phone.fresh(), 0),
        [json!({ "preset": "strict_latch" })]
    );
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["preset"], "strict_latch");
    let renew = ["mfa", "renew-break-glass-code", "--as", "helene"];
    let lines = format!("{}\nWRONG\n{}\n", phone.fresh(), phone.fresh());
    let told = centre.json(&renew, &lines, 1);
    assert_eq!(told[1]["refused"], "BREAK_GLASS_CODE_NOT_CONFIRMED");
}

#[test]
fn an_announced_date_is_moved_and_cancelled() {
    let centre = Centre::new();
    enable(&centre, last_group);
    let mut phone = centre.enroll_ago(1, HOUR);
    let date = (now() + 30 * 24 * HOUR).to_string();
    let announce = ["mfa", "schedule-mandate", "--at", &date, "--as", "helene"];
    centre.json(&announce, &phone.fresh(), 0);
    let later = (now() + 40 * 24 * HOUR).to_string();
    let shift = ["mfa", "move", "--at", &later, "--as", "helene"];
    let moved = centre.json(&shift, &phone.fresh(), 0).remove(0);
    assert_eq!(moved["from"].to_string(), later);
    let cancel = ["mfa", "cancel", "--as", "helene"];
    centre.json(&cancel, &phone.fresh(), 0);
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["mandates"], json!([]));
}

#[test]
fn the_envelope_lets_one_administrator_in_after_a_day() {
    let centre = Centre::new();
    let mut break_glass = String::new();
    enable(&centre, |shown| {
        shown.clone_into(&mut break_glass);
        last_group(shown)
    });
    centre.enroll_ago(1, 26 * HOUR);
    let open = ["break-glass", "open", "helene"];
    let collect = ["break-glass", "collect", "helene"];
    let refused = |words: &[&str], lines: &str| {
        let told = centre.json(words, lines, 1).remove(0);
        told["refused"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(&open, "AAAAA-AAAAA\n"), "WRONG_BREAK_GLASS_CODE");
    assert_eq!(
        refused(&["break-glass", "open", "sofia"], &break_glass),
        "NOT_ADMIN"
    );
    assert_eq!(refused(&collect, &break_glass), "NO_BREAK_GLASS_CODE");

    let service = centre.service_ago(25 * HOUR);
    wait(async {
        let begun = OpenBreakGlass {
            account: 1_u64.into(),
            typed: break_glass.clone().into(),
        };
        run(&service, begun).await;
    });
    assert_eq!(refused(&open, &break_glass), "ALREADY_OPEN");
    assert_eq!(
        refused(&["break-glass", "collect", "marc"], &break_glass),
        "ALREADY_OPEN"
    );
    let handed = centre.json(&collect, &break_glass, 0).remove(0);
    let lives = handed["expires"].as_u64().unwrap() - now();
    assert!((590..=600).contains(&lives), "{handed}");
    assert_eq!(refused(&collect, &break_glass), "ALREADY_OPEN", "one use");
    let shown = centre.json(&["account", "show", "helene"], "", 0);
    assert_eq!(shown[0]["authenticator"], "reset-due");
}

#[test]
fn the_wait_of_the_envelope_is_a_day() {
    let centre = Centre::new();
    let mut break_glass = String::new();
    enable(&centre, |shown| {
        shown.clone_into(&mut break_glass);
        last_group(shown)
    });
    let opened = centre
        .json(&["break-glass", "open", "marc"], &break_glass, 0)
        .remove(0);
    let waits = opened["ready"].as_u64().unwrap() - now();
    assert!((24 * HOUR - 60..=24 * HOUR).contains(&waits), "{opened}");
    let early = centre
        .json(&["break-glass", "collect", "marc"], &break_glass, 1)
        .remove(0);
    assert_eq!(early["refused"], "TOO_EARLY");
    let output = centre.loquet(&["break-glass", "open", "nobody"], &break_glass);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
