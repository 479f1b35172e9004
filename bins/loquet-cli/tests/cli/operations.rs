//! Operations on one account and on the access rules, each by its command.

use std::sync::Mutex;

use loquet::{AccountId, Client, Deliver, DeliveryError, Letter};
use serde_json::json;

use super::centre::{Centre, HOUR, enabled, now, shown};
use super::{said, wait};

#[test]
fn roles_are_added_and_removed() {
    let (centre, mut phone) = enabled();
    let add = ["account", "add-role", "julie", "staff", "--as", "helene"];
    let told = centre.json(&add, &phone.fresh(), 0).remove(0);
    assert_eq!(told["added"], "staff");
    assert_eq!(shown(&centre, "julie")["roles"], json!(["member", "staff"]));
    let remove = ["account", "remove-role", "julie", "staff", "--as", "helene"];
    centre.json(&remove, &phone.fresh(), 0);
    assert_eq!(shown(&centre, "julie")["roles"], json!(["member"]));
}

#[test]
fn promotion_needs_a_code_of_its_own() {
    let (centre, mut phone) = enabled();
    centre.enroll_ago(3, HOUR);
    let promote = [
        "account",
        "add-role",
        "sofia",
        "administrator",
        "--as",
        "helene",
    ];
    let lines = format!("{}\n{}\n", phone.fresh(), phone.fresh());
    centre.json(&promote, &lines, 0);
    assert_eq!(
        shown(&centre, "sofia")["roles"],
        json!(["staff", "administrator"])
    );
}

#[test]
fn account_is_deactivated_and_reactivated() {
    let (centre, mut phone) = enabled();
    let deactivate = ["account", "deactivate", "sofia", "--as", "helene"];
    centre.json(&deactivate, &phone.fresh(), 0);
    assert_eq!(shown(&centre, "sofia")["status"], "deactivated");
    let reactivate = [
        "account",
        "reactivate",
        "sofia",
        "--role",
        "member",
        "--role",
        "staff",
        "--as",
        "helene",
    ];
    let lines = format!("{}\n{}\n", phone.fresh(), phone.fresh());
    let issued = centre.json(&reactivate, &lines, 0).remove(0);
    assert!(issued["reset_code"].is_string(), "{issued}");
    let sofia = shown(&centre, "sofia");
    assert_eq!(sofia["status"], "active");
    assert_eq!(sofia["roles"], json!(["member", "staff"]));
}

#[test]
fn renamed_account_is_found_by_its_new_name() {
    let centre = Centre::new();
    let rename = [
        "account",
        "rename",
        "julie",
        "julie.roy",
        "--label",
        "Julie",
    ];
    let told = centre.json(&rename, "", 0).remove(0);
    assert_eq!(told["external_id"], "julie.roy");
    let shown = shown(&centre, "julie.roy");
    assert_eq!(shown["label"], "Julie");
    let taken = centre.json(&["account", "rename", "julie.roy", "sofia"], "", 2);
    assert!(taken.is_empty(), "{taken:?}");
    assert_eq!(centre.json(&["account", "show", "julie"], "", 2).len(), 0);
}

#[test]
fn erased_account_has_no_name() {
    let centre = Centre::new();
    let told = centre.json(&["account", "erase", "julie"], "", 0).remove(0);
    assert_eq!(told["erased"], true);
    let unknown = centre.loquet(&["account", "show", "julie"], "");
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
    let kept = shown(&centre, "00000000000000000000000000000004");
    assert_eq!(kept["status"], "deactivated");
}

#[test]
fn owner_turns_second_factor_on_and_off() {
    let (centre, _) = enabled();
    let mut phone = centre.enroll_ago(4, HOUR);
    let lines = format!("{}\n{}\n", phone.fresh(), phone.fresh());
    let off = centre.json(&["account", "turn-off", "julie"], &lines, 0);
    assert_eq!(off, [json!({ "required": false })]);
    assert_eq!(shown(&centre, "julie")["required"], false);
    let again = centre.json(&["account", "turn-off", "julie"], "", 1);
    assert_eq!(again[0]["refused"], "UNCHANGED");
    let on = centre.json(&["account", "turn-on", "julie"], &phone.fresh(), 0);
    assert_eq!(on, [json!({ "required": true })]);
    assert_eq!(shown(&centre, "julie")["required"], true);
}

#[test]
fn owner_lists_and_ends_sessions() {
    let (centre, _) = enabled();
    assert!(
        centre
            .json(&["account", "sessions", "julie"], "", 0)
            .is_empty()
    );
    let client = Client::default();
    let mfa = centre.operator_ago(0);
    wait(mfa.log_in(AccountId::from(4_u64), client)).unwrap();
    let listed = centre.json(&["account", "sessions", "julie"], "", 0);
    let id = listed[0]["id"].as_u64().unwrap().to_string();
    let end = ["account", "sessions", "julie", "--end", &id];
    assert_eq!(centre.json(&end, "", 0).len(), 1);
    assert_eq!(centre.json(&end, "", 1)[0]["refused"], "UNCHANGED");
    assert!(
        centre
            .json(&["account", "sessions", "julie"], "", 0)
            .is_empty()
    );
}

/// Keeps the code that is sent.
#[derive(Default)]
struct Mail(Mutex<String>);

impl Deliver for Mail {
    async fn deliver(&self, letter: &Letter) -> Result<(), DeliveryError> {
        if let Some(code) = &letter.code {
            code.expose().clone_into(&mut self.0.lock().unwrap());
        }
        Ok(())
    }
}

/// A mail server that refuses every address.
struct Refuses;

impl Deliver for Refuses {
    async fn deliver(&self, _: &Letter) -> Result<(), DeliveryError> {
        Err(DeliveryError::Permanent("550 no such user".into()))
    }
}

#[test]
fn host_sets_an_address() {
    let centre = Centre::new();
    let set = ["account", "set-address", "julie", "julie@example.org"];
    assert_eq!(centre.json(&set, "", 0)[0]["changed"], true);
    assert_eq!(centre.json(&set, "", 0)[0]["changed"], false);
    let other = ["account", "set-address", "julie", "julie@example.com"];
    for changed in [true, false] {
        let told = centre.json(&other, "", 0);
        assert_eq!(told[0]["changed"], changed);
        assert_eq!(told[0]["confirmed"], false);
    }
    let confirm = ["account", "confirm-address", "julie"];
    let wrong = centre.json(&confirm, "00000000\n", 1);
    assert_eq!(wrong[0]["refused"], "WRONG_ADDRESS_CODE");
    let operator = centre.operator_ago(0);
    let mail = Mail::default();
    wait(operator.deliver(&mail)).unwrap();
    let typed = format!("{}\n", mail.0.into_inner().unwrap());
    assert_eq!(
        centre.json(&confirm, &typed, 0)[0]["address"],
        "julie@example.com"
    );
    wait(operator.deliver(&Refuses)).unwrap();
    let shown = centre.json(&["account", "show", "julie"], "", 0);
    let addresses = shown[0]["addresses"].as_array().unwrap();
    let states: Vec<_> = addresses.iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["former", "present"]);
    assert!(addresses.iter().all(|it| it["failure"] == "refused"));
    let said = centre.loquet(&["account", "list"], "").stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("julie@example.com refuses notices since"));
    let faulty = ["account", "set-address", "julie", "julie"];
    assert_eq!(centre.loquet(&faulty, "").status.code(), Some(2));
}

#[test]
fn command_leaves_no_session_behind() {
    let centre = Centre::new();
    let mfa = centre.operator();
    let client = Client::default();
    let login = wait(mfa.log_in(1_u64, client)).unwrap();
    // More than an account keeps.
    for _ in 0..40 {
        let denied = ["mfa", "cancel-mandate", "--as", "helene"];
        assert_eq!(centre.loquet(&denied, "").status.code(), Some(1));
    }
    assert!(wait(mfa.authorize(&login.session, &client)).is_ok());
}

#[test]
fn settings_say_which_change_weakens() {
    let (centre, mut phone) = enabled();
    let shown = centre.json(&["mfa", "settings"], "", 0);
    assert_eq!(shown[0]["setting"], "recovery_codes");
    assert_eq!(shown[0]["value"], "off");
    assert_eq!(shown[0]["weakens"], "turning it on");
    let shorter = [
        "mfa",
        "update-setting",
        "--reset-code-life",
        "3600",
        "--as",
        "helene",
    ];
    let told = centre.json(&shorter, &phone.fresh(), 0).remove(0);
    assert_eq!(told, json!({ "in_force": true, "weakens": false }));
    let devices = [
        "mfa",
        "update-setting",
        "--remembered-devices",
        "on",
        "--as",
        "helene",
    ];
    let told = centre.json(&devices, &phone.fresh(), 0).remove(0);
    assert_eq!(told["in_force"], true);
    let longer = [
        "mfa",
        "update-setting",
        "--reset-code-life",
        "7200",
        "--as",
        "helene",
    ];
    let lines = format!("{}\n{}\n", phone.fresh(), phone.fresh());
    let told = centre.json(&longer, &lines, 0).remove(0);
    assert_eq!(told["weakens"], true);
    let shown = centre.json(&["mfa", "settings"], "", 0);
    assert_eq!(shown[1]["value"], "3600");
    assert_eq!(shown[1]["waiting_until"], told["due"]);
}

#[test]
fn access_rules_are_set_shown_and_undone() {
    let centre = Centre::new();
    let by = ["--as", "helene"];
    let path = |name: &str, text: &str| {
        let path = centre.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let run = |words: &[&str], code| {
        let words = [&["access-rules"], words, &by[..]].concat();
        centre.json(&words, "", code).remove(0)
    };
    let local = path("local.rules", "default deny\nallow 127.0.0.0/8\n");
    let elsewhere = path("elsewhere.rules", "default deny\nallow 203.0.113.0/24\n");
    assert_eq!(run(&["set", &elsewhere], 1)["refused"], "WOULD_LOCK_OUT");
    assert_eq!(run(&["set", &local], 0)["in_force"], true);
    let shown = run(&["show"], 0);
    assert_eq!(shown["rules"], "default deny\nallow 127.0.0.0/8\n");
    assert!(shown["undoable_until"].as_u64().unwrap() > now());
    let told = centre.loquet(&["access-rules", "show", "--as", "helene"], "");
    assert_eq!(said(&told), (Some(0), "default deny\nallow 127.0.0.0/8\n"));
    assert_eq!(run(&["undo"], 0)["in_force"], true);
    assert!(!run(&["show"], 0)["rules"].as_str().unwrap().contains("127"));
    let empty = path("empty.rules", "");
    assert_eq!(run(&["set", &empty], 0)["in_force"], true);
}

#[test]
fn what_if_names_users_kept_out() {
    let centre = Centre::new();
    let mfa = centre.operator();
    let client = Client::at("203.0.113.7".parse().unwrap());
    wait(mfa.log_in(3_u64, client)).unwrap();
    let rules = centre.folder.path().join("local.rules");
    std::fs::write(&rules, "default deny\nallow 127.0.0.0/8\n").unwrap();
    let words = [
        "access-rules",
        "what-if",
        rules.to_str().unwrap(),
        "--as",
        "helene",
    ];
    let told = centre.json(&words, "", 0);
    let sofia = json!({ "account": "sofia", "lost": ["203.0.113.7"], "everywhere": true });
    // The administrator's own log-in, to ask, is seen too.
    let total = json!({ "locked_out": 1, "seen": 2, "accounts": 4 });
    assert_eq!(told, [sofia, total]);
}

#[test]
fn faulty_access_rules_cost_no_code() {
    let centre = Centre::new();
    let rules = centre.folder.path().join("bad.rules");
    std::fs::write(&rules, "default deny\npermit 203.0.113.0/28\n").unwrap();
    let rules = rules.to_str().unwrap();
    let output = centre.loquet(&["access-rules", "set", rules, "--as", "helene"], "");
    let (code, told) = said(&output);
    assert_eq!(code, Some(2));
    assert!(
        told.contains("bad.rules: line 2, column 1: expected `allow`"),
        "{told}"
    );
    let stdin = centre.loquet(&["access-rules", "set", "-", "--as", "helene"], "");
    assert_eq!(said(&stdin).0, Some(2));
}
