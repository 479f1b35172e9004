//! What owners do with their own account, each by its command.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use loquet::{Client, OrganizationSetting};
use serde_json::{Value, json};

use super::centre::{Centre, HOUR, Phone, enable, enabled, last_group, now, shown};
use super::wait;

/// Enrolls the phone for which `command` shows a key, by two codes of one that julie has. Returns the phone, and what is told.
fn with_new_phone(centre: &Centre, command: &str, old: &mut Phone) -> (Phone, String) {
    let mut child = centre
        .command(&["account", command, "julie", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    writeln!(stdin, "{}\n{}", old.fresh(), old.fresh()).unwrap();
    let offer: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert!(offer["uri"].as_str().unwrap().starts_with("otpauth://"));
    let mut new = Phone::new(offer["key"].as_str().unwrap());
    writeln!(stdin, "{}", new.fresh()).unwrap();
    let told = lines.next().unwrap().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    (new, told)
}

#[test]
fn authenticator_is_replaced() {
    let (centre, _) = enabled();
    let mut old = centre.enroll_ago(4, HOUR);
    let (mut new, told) = with_new_phone(&centre, "replace-authenticator", &mut old);
    assert!(told.contains("\"replaced\":true"));
    let forget = ["account", "forget-devices", "julie"];
    let refused = centre.json(&forget, &old.fresh(), 1);
    assert_eq!(refused[0]["refused"], "WRONG_CODE");
    centre.json(&forget, &new.fresh(), 0);
}

#[test]
fn authenticator_is_added_named_and_removed() {
    let (centre, _) = enabled();
    let mut phone = centre.enroll_ago(4, HOUR);
    let (mut tablet, told) = with_new_phone(&centre, "add-authenticator", &mut phone);
    assert!(told.contains("\"added\":true"));
    let name = ["account", "name-authenticator", "julie", "2", "Tablette"];
    centre.json(&name, &tablet.fresh(), 0);
    let listed = &shown(&centre, "julie")["authenticators"];
    let facts = listed.as_array().unwrap().iter();
    let facts: Vec<_> = facts
        .map(|it| (&it["id"], &it["name"], it["settles"].is_u64()))
        .collect();
    assert_eq!(
        facts,
        [
            (&json!(1), &json!(""), false),
            (&json!(2), &json!("Tablette"), true)
        ]
    );
    let output = centre
        .command(&["account", "show", "julie"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("2 (Tablette) app since ") && text.contains("; only logs in until "),
        "{text}"
    );

    let which = centre.json(&["account", "report-lost", "julie"], "", 1);
    assert_eq!(which[0]["refused"], "NO_SUCH_AUTHENTICATOR");
    // Logged in by the tablet; the phone's code removes it.
    let remove = ["account", "remove-authenticator", "julie", "2"];
    let lines = format!("{}\n{}\n", tablet.fresh(), phone.fresh());
    assert_eq!(centre.json(&remove, &lines, 0), [json!({ "removed": 2 })]);
    let left = &shown(&centre, "julie")["authenticators"];
    assert_eq!(
        (left[0]["id"].as_u64(), left.as_array().unwrap().len()),
        (Some(1), 1)
    );
}

#[test]
fn recovery_codes_are_renewed() {
    const AGO: u64 = 73 * HOUR;
    let centre = Centre::new();
    enable(&centre, last_group);
    let phone = centre.enroll_ago(1, AGO + HOUR);
    let mut julie = centre.enroll_ago(4, HOUR);
    let renew = ["account", "renew-recovery-codes", "julie"];
    let [first, next] = [julie.fresh(), julie.fresh()];
    let none = centre.json(&renew, &format!("{first}\n{next}\n"), 1);
    assert_eq!(none[0]["refused"], "NOT_OFFERED");

    let (before, client) = (centre.operator_ago(AGO), Client::default());
    let code = |more| phone.at((now() - AGO) / 30 + more);
    wait(async {
        let half = before.log_in(1_u64, client).await.unwrap().session;
        let login = before.verify_code(&half, code(0), client).await.unwrap();
        let helene = before.authorize(&login.session, &client).await.unwrap();
        let offered = OrganizationSetting::RecoveryCodes { offered: true };
        let admin = before.admin(&helene);
        admin.update_setting(offered, code(1)).await.unwrap();
    });
    // The first was used up to log in, the next was not looked at.
    let lines = format!("{next}\n{}\n", julie.fresh());
    let told = centre.json(&renew, &lines, 0).remove(0);
    assert_eq!(told["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(shown(&centre, "julie")["recovery_codes_left"], 10);
}

#[test]
fn lost_authenticator_is_suspended_and_found() {
    let (centre, mut phone) = enabled();
    let none = centre.json(&["account", "report-lost", "julie"], "", 1);
    assert_eq!(none[0]["refused"], "NO_AUTHENTICATOR");
    centre.enroll_ago(4, HOUR);
    centre.json(&["account", "report-lost", "julie"], "", 0);
    assert_eq!(shown(&centre, "julie")["authenticator"], "suspended");
    let undo = ["account", "undo-report", "julie", "--as", "helene"];
    let lines = format!("{}\n{}\n", phone.fresh(), phone.fresh());
    centre.json(&undo, &lines, 0);
    assert_eq!(shown(&centre, "julie")["authenticator"], "active");
    let again = centre.json(&["account", "report-lost", "julie"], "", 1);
    assert_eq!(again[0]["refused"], "REPORTS_REFUSED");
}

#[test]
fn phone_with_wrong_clock_is_resynchronized() {
    let (centre, _) = enabled();
    let phone = centre.enroll_ago(4, HOUR);
    let behind = now() / 30 - 3;
    let lines = format!("{}\n{}\n", phone.at(behind), phone.at(behind + 1));
    let told = centre.json(&["account", "resynchronize", "julie"], &lines, 0);
    assert_eq!(told, [json!({ "resynchronized": true })]);
}

#[test]
fn forgetting_devices_ends_every_session() {
    let centre = Centre::new();
    let mfa = centre.operator();
    let client = Client::default();
    let login = wait(mfa.log_in(4_u64, client)).unwrap();
    assert!(wait(mfa.authorize(&login.session, &client)).is_ok());
    let one = ["account", "forget-devices", "julie", "--device", "3"];
    assert_eq!(centre.json(&one, "", 1)[0]["refused"], "UNCHANGED");
    assert!(wait(mfa.authorize(&login.session, &client)).is_ok());
    centre.json(&["account", "forget-devices", "julie"], "", 0);
    assert!(wait(mfa.authorize(&login.session, &client)).is_err());
}
