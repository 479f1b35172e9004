//! Decisions of administrators and of the operator, and those that wait first.

use loquet::{Access, Client};

use serde_json::json;

use super::centre::{Centre, HOUR, enable, last_group, now};
use super::{said, wait};

#[test]
fn operator_suspends_and_rolls_back_access_rules() {
    let centre = Centre::new();
    let nothing = centre.json(&["access-rules", "suspend"], "", 1).remove(0);
    assert_eq!(nothing["refused"], "UNCHANGED");
    let from_elsewhere = || {
        let mfa = centre.operator();
        let client = Client::at("198.51.100.9".parse().unwrap());
        wait(mfa.may_try(&client)).unwrap() == Access::Allowed
    };
    let mfa = centre.operator();
    wait(async {
        let client = Client::at("203.0.113.7".parse().unwrap());
        let login = mfa.log_in(1_u64, client).await.unwrap();
        let user = mfa.authorize(&login.session, &client).await.unwrap();
        let admin = mfa.admin(&user);
        let set = admin.set_access_rules("allow 203.0.113.0/24", "");
        set.await.unwrap();
    });
    drop(mfa);
    // The command line is on this machine, which these rules do not let in: `mfa` is shut, `suspend` is not.
    assert_eq!(
        centre.json(&["mfa", "enable", "--as", "helene"], "", 1)[0]["refused"],
        "ACCESS_DENIED"
    );
    assert!(!from_elsewhere());
    assert_eq!(
        centre.json(&["access-rules", "suspend"], "", 0),
        [json!({ "suspended": true })]
    );
    assert!(from_elsewhere());
    let told = centre.loquet(&["access-rules", "roll-back", "--as", "marc"], "");
    let told = said(&told).1;
    assert!(told.contains("in force again") && told.contains("all administrators are told"));
    assert!(!from_elsewhere());
    let parent = centre
        .json(&["access-rules", "suspend", "--as", "julie"], "", 1)
        .remove(0);
    assert_eq!(parent["refused"], "NOT_ADMIN");
}

#[test]
fn weakening_change_waits_and_can_be_cancelled() {
    let centre = Centre::new();
    enable(&centre, last_group);
    let mut phone = centre.enroll_ago(1, HOUR);
    let set = [
        "mfa",
        "update-setting",
        "--recovery-codes",
        "on",
        "--as",
        "helene",
    ];
    let lines = format!("{}\n{}\n", phone.fresh(), phone.fresh());
    let told = centre.json(&set, &lines, 0).remove(0);
    assert_eq!(told["in_force"], false);
    let waits = told["due"].as_u64().unwrap() - now();
    assert!((72 * HOUR - 60..=72 * HOUR).contains(&waits), "{told}");
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["waiting"][0]["setting"]["offered"], true);
    assert_eq!(status["recovery_codes"], false);
    assert_eq!(
        centre.json(&["mfa", "apply-due"], "", 0),
        [json!({ "applied": 0 })]
    );

    let cancel = ["mfa", "cancel-change", "recovery-codes", "--as", "helene"];
    let told = centre.json(&cancel, &phone.fresh(), 0);
    assert_eq!(told, [json!({ "cancelled": true })]);
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["waiting"], json!([]));
}

#[test]
fn hardening_holds_and_renewal_needs_last_group() {
    let centre = Centre::new();
    enable(&centre, last_group);
    let mut phone = centre.enroll_ago(1, HOUR);
    let harden = ["mfa", "harden", "--as", "helene"];
    assert_eq!(
        centre.json(&harden, &phone.fresh(), 0),
        [json!({ "strict_latch": true })]
    );
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["strict_latch"], true);
    let renew = ["mfa", "renew-break-glass-code", "--as", "helene"];
    let lines = format!("{}\nWRONG\n{}\n", phone.fresh(), phone.fresh());
    let told = centre.json(&renew, &lines, 1);
    assert_eq!(told[1]["refused"], "BREAK_GLASS_CODE_NOT_CONFIRMED");
}

#[test]
fn mandate_is_moved_and_cancelled() {
    let centre = Centre::new();
    enable(&centre, last_group);
    let mut phone = centre.enroll_ago(1, HOUR);
    let date = (now() + 30 * 24 * HOUR).to_string();
    let announce = ["mfa", "schedule-mandate", "--at", &date, "--as", "helene"];
    centre.json(&announce, &phone.fresh(), 0);
    let later = (now() + 40 * 24 * HOUR).to_string();
    let shift = ["mfa", "move-mandate", "--at", &later, "--as", "helene"];
    let moved = centre.json(&shift, &phone.fresh(), 0).remove(0);
    assert_eq!(moved["from"].to_string(), later);
    assert_eq!(moved["demands"], "second-factor");
    let cancel = ["mfa", "cancel-mandate", "--as", "helene"];
    centre.json(&cancel, &phone.fresh(), 0);
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["mandates"], json!([]));
}

/// It takes a passkey, for which this tool has no browser.
#[test]
fn mandate_of_passkeys_is_left_to_the_service() {
    let centre = Centre::new();
    enable(&centre, last_group);
    let mut phone = centre.enroll_ago(1, HOUR);
    let act = |command: &'static str| ["mfa", command, "--demands", "passkey", "--as", "helene"];
    let announce = [&act("schedule-mandate")[..], &["--now"]].concat();
    let refused = centre.json(&announce, &phone.fresh(), 1);
    assert_eq!(refused[0]["refused"], "PASSKEY_REQUIRED");
    let refused = centre.json(&act("cancel-mandate"), &phone.fresh(), 1);
    assert_eq!(refused[0]["refused"], "NOTHING_ANNOUNCED");
}

#[test]
fn break_glass_lets_administrator_in_after_a_day() {
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

    let operator = centre.operator_ago(25 * HOUR);
    wait(operator.open_break_glass(1_u64.into(), break_glass.as_str())).unwrap();
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
    assert_eq!(shown[0]["authenticator"], "break-glass");
}

#[test]
fn break_glass_waits_for_a_day() {
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
    let output = centre.loquet(&["break-glass", "open", "paul"], &break_glass);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
