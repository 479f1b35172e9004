//! What the tool tells of passkeys, and what it leaves to the service's pages: it has no browser to ask.

use loquet::{Client, Keyring, Mfa, PasskeyAnswer};
use loquet_sqlite::SqliteStore;
use loquet_testkit::pretend::Pretend;
use serde_json::{Value, json};

use super::centre::{Ago, Centre, HOUR, KEY, Phone, enabled, now, shown};
use super::wait;

/// Julie registers a passkey in the browser so many seconds ago, as it were, with codes of her phone.
async fn register(centre: &Centre, phone: &Phone, ago: u64) {
    let (client, code) = (Client::default(), |more| {
        phone.at((now() - ago) / 30 + more)
    });
    let mfa = Mfa::builder(SqliteStore::open(centre.db()).unwrap())
        .keyring(Keyring::single(1, KEY))
        .issuer("À petits pas")
        .clock(Ago(ago))
        .passkeys(Pretend("example.org"))
        .open()
        .await
        .unwrap();
    let half = mfa.log_in(4_u64, client).await.unwrap().session;
    let login = mfa.verify_code(&half, code(0), client).await.unwrap();
    let julie = mfa.authorize(&login.session, &client).await.unwrap();
    let added = mfa.account(&julie).add_authenticator(code(1)).await;
    added.unwrap();
    let progress = mfa.login_progress(&login.session, &client).await.unwrap();
    let asked = progress.passkey_creation().unwrap();
    let answer = PasskeyAnswer::new(format!("create {asked} 7 0"));
    let confirmed = mfa.confirm_enrollment(&login.session, answer, client).await;
    mfa.log_out(&confirmed.unwrap().session).await.unwrap();
}

#[test]
fn kind_of_each_authenticator_is_told() {
    let (centre, _) = enabled();
    let phone = centre.enroll_ago(4, HOUR);
    wait(register(&centre, &phone, HOUR / 2));

    let listed = shown(&centre, "julie")["authenticators"].clone();
    let facts = |entry: &Value| [entry["kind"].clone(), entry["backed_up"].clone()];
    assert_eq!(facts(&listed[0]), [json!("app"), Value::Null]);
    assert_eq!(facts(&listed[1]), [json!("passkey"), json!(true)]);
    for entry in listed.as_array().unwrap() {
        let used = entry["last_used"].as_u64().unwrap();
        assert!(now() - used < HOUR, "{entry}");
    }
    let shown = centre.command(&["account", "show", "julie"]).output();
    let text = String::from_utf8(shown.unwrap().stdout).unwrap();
    assert!(
        text.contains(" 1 app since ")
            && text.contains(" 2 passkey, backed up, since ")
            && text.matches("; last used ").count() == 2,
        "{text}"
    );
}

/// A code must not bind another authenticator beside a passkey that has settled.
#[test]
fn authenticator_beside_a_passkey_is_left_to_the_service() {
    let (centre, _) = enabled();
    let four_days = 4 * 24 * HOUR;
    let mut phone = centre.enroll_ago(4, four_days + HOUR);
    wait(register(&centre, &phone, four_days));
    let add = ["account", "add-authenticator", "julie"];
    let lines = format!("{}\n{}\n", phone.fresh(), phone.fresh());
    let refused = centre.json(&add, &lines, 1);
    assert_eq!(refused[0]["refused"], "PASSKEY_REQUIRED");
}
