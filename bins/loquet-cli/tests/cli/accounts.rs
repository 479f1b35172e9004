//! What `loquet account` and `loquet mfa` tell and refuse.

use std::path::Path;

use loquet::{NewAccount, RoleId};
use serde_json::json;

use super::centre::{Centre, enable, last_group};
use super::said;

#[test]
fn accounts_are_listed_before_mfa_is_enabled() {
    let centre = Centre::new();
    let people = centre.json(&["account", "list"], "", 0);
    let names: Vec<&str> = people
        .iter()
        .map(|person| person["account"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["helene", "marc", "sofia", "julie"]);
    assert!(
        people
            .iter()
            .all(|person| person["required"] == false && person["enrolled"] == false)
    );

    let sofia = centre.json(&["account", "show", "sofia"], "", 0);
    assert_eq!(sofia, [people[2].clone()]);
    assert_eq!(
        centre.json(
            &["account", "show", sofia[0]["id"].as_str().unwrap()],
            "",
            0
        ),
        sofia
    );
    let shown = centre.loquet(&["account", "show", "sofia"], "");
    assert!(
        said(&shown).1.contains("staff") && said(&shown).1.contains("not enrolled"),
        "{shown:?}"
    );

    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(
        (
            &status["enabled"],
            &status["accounts"],
            &status["break_glass"]
        ),
        (&json!(false), &json!(4), &json!("unset"))
    );
}

#[test]
fn refusals_are_named_with_exit_code_one() {
    let centre = Centre::new();
    for (words, refused) in [
        (["mfa", "reset", "helene", "--as", "helene"], "SELF_RESET"),
        (["mfa", "reset", "sofia", "--as", "julie"], "NOT_ADMIN"),
        (["mfa", "reset", "sofia", "--as", "marc"], "NOT_ENABLED"),
    ] {
        assert_eq!(
            centre.json(&words, "", 1),
            [json!({ "refused": refused })],
            "{words:?}"
        );
    }
    let output = centre.loquet(&["mfa", "schedule-mandate", "--now", "--as", "marc"], "");
    assert_eq!(said(&output), (Some(1), "refused: NOT_ENABLED\n"));
}

#[test]
fn unknown_names_are_bad_input() {
    let centre = Centre::new();
    let long = "x".repeat(300);
    for words in [
        vec!["account", "show", "paul"],
        vec!["account", "show", &long],
        vec!["account", "show", "00000000000000000000000000000009"],
        vec!["mfa", "reset", "sofia", "--as", "paul"],
        vec!["mfa", "reset", "paul", "--as", "helene"],
        vec!["mfa", "status", "--org", "Another"],
    ] {
        let output = centre.loquet(&words, "");
        assert_eq!(output.status.code(), Some(2), "{words:?}: {output:?}");
        assert!(output.stderr.starts_with(b"error: "), "{output:?}");
    }
}

#[test]
fn wrong_files_are_bad_input_and_left_alone() {
    let centre = Centre::new();
    let refuse = |db: &Path, key: &Path| {
        let output = super::loquet(&["account", "list", "--db"])
            .arg(db)
            .arg("--key")
            .arg(key)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
    };
    let key = centre.db().with_extension("db.key");
    let other = centre.folder.path().join("other");
    std::fs::write(&other, "not a database, nor a key").unwrap();
    refuse(&other, &key);
    refuse(&centre.db(), &other);
    assert_eq!(std::fs::read(&other).unwrap(), b"not a database, nor a key");
    std::fs::write(&other, "").unwrap();
    refuse(&centre.db(), &other);
}

#[test]
fn administrator_enables_requires_and_resets() {
    let centre = Centre::new();

    let (told, code) = enable(&centre, |_| "WRONG".to_owned());
    assert_eq!(
        (told, code),
        (
            vec![json!({ "refused": "BREAK_GLASS_CODE_NOT_CONFIRMED" })],
            Some(1)
        )
    );
    let (told, code) = enable(&centre, last_group);
    assert_eq!((told[0]["enabled"].clone(), code), (json!(true), Some(0)));
    let again = centre.json(&["mfa", "enable", "--as", "helene"], "X\n", 1);
    assert_eq!(again.last().unwrap()["refused"], "ALREADY_ENABLED");

    // An administrator enrolls before requiring it of others.
    let announce = ["mfa", "schedule-mandate", "--now", "--as", "helene"];
    assert_eq!(
        centre.json(&announce, "", 1),
        [json!({ "refused": "ENROLL_FIRST" })]
    );
    let mut phone = centre.enroll(1);

    let wrong = centre.json(&announce, &phone.wrong(), 1);
    assert_eq!(wrong[0]["refused"], "WRONG_CODE");
    assert_eq!(
        centre.loquet(&announce, "").status.code(),
        Some(2),
        "no code on standard input"
    );
    let given = phone.fresh();
    let imposed = centre.json(&announce, &given, 0);
    assert_eq!(imposed[0]["role"], "staff");
    let replayed = centre.json(&announce, &given, 1);
    assert_eq!(replayed[0]["refused"], "ALREADY_USED");

    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["mandates"][0]["role"], "staff");
    // Two administrators and an employee; the parent is free.
    assert_eq!(
        (&status["required"], &status["enrolled"]),
        (&json!(3), &json!(1))
    );

    // The first code logs in, the second is the fresh one that a reset consumes.
    let reset = ["mfa", "reset", "sofia", "--as", "helene"];
    let lines = format!("{}\n{}\n", phone.fresh(), phone.fresh());
    let reset_code = centre.json(&reset, &lines, 0);
    assert_eq!(
        reset_code[0]["reset_code"]
            .as_str()
            .unwrap()
            .replace(['-', ' '], "")
            .len(),
        26
    );
    let sofia = centre.json(&["account", "show", "sofia"], "", 0);
    assert_eq!(sofia[0]["authenticator"], "reset-due");
}

#[test]
fn id_comes_before_a_name_like_one() {
    let centre = Centre::new();
    // The host names a fifth account as the third is numbered, and a sixth as none is.
    let (marc, none) = (format!("{:032x}", 2), format!("{:032x}", 99));
    let operator = centre.operator();
    super::wait(async {
        for (number, name) in [(5_u64, &marc), (6, &none)] {
            let new = NewAccount::new(number, name).role(RoleId::MEMBER);
            operator.provision().ensure_account(new).await.unwrap();
        }
    });
    drop(operator);
    let show = |name: &str| centre.loquet(&["account", "show", name, "--json"], "");
    for (name, account, told) in [
        (&marc, "marc", "the one with the id was taken"),
        (&none, &*none, "the one of this name was taken"),
    ] {
        let output = show(name);
        let found = &super::json_lines(&output.stdout)[0];
        assert_eq!(found["account"], account, "{output:?}");
        let notes = String::from_utf8_lossy(&output.stderr);
        assert!(
            notes.starts_with("note: ") && notes.contains(told),
            "{notes}"
        );
    }
    // Operations read it alike, and one reading is no news.
    let reset = centre.loquet(&["mfa", "reset", &marc, "--as", "marc"], "");
    assert!(said(&reset).1.contains("refused: SELF_RESET"), "{reset:?}");
    let helene = show(&format!("{:032x}", 1));
    assert!(helene.stderr.is_empty(), "{helene:?}");
}

/// The operator's last resort: no administrator is asked.
#[test]
fn operator_appoints_an_administrator() {
    let centre = Centre::new();
    let early = centre
        .json(&["account", "appoint", "julie"], "", 1)
        .remove(0);
    assert_eq!(early["refused"], "NOT_ENABLED");
    enable(&centre, last_group);
    centre.enroll(3);
    let kept = centre
        .json(&["account", "appoint", "sofia"], "", 0)
        .remove(0);
    assert_eq!(kept["administrator"], true);
    let issued = centre
        .json(&["account", "appoint", "julie"], "", 0)
        .remove(0);
    assert!(issued["reset_code"].is_string(), "{issued}");
    for name in ["sofia", "julie"] {
        let shown = centre.json(&["account", "show", name], "", 0).remove(0);
        let roles = shown["roles"].to_string();
        assert!(roles.contains("administrator"), "{name}: {roles}");
    }
    let again = centre
        .json(&["account", "appoint", "sofia"], "", 1)
        .remove(0);
    assert_eq!(again["refused"], "UNCHANGED");
}
