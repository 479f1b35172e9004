//! Hardware tokens, from the vendor's file to the log-in.

use loquet::{Client, Digits, NextStep, Period, Secret, Totp, wait};
use serde_json::{Value, json};

use super::said;
use super::shop::{Shop, log_in};

/// The key of the RFC's file, as a token that shows a code for half a minute.
const PSKC: &str = include_str!("../pskc/figure6.xml");
const PSK: &str = "12345678901234567890123456789012\n";
const RFC_KEY: &[u8] = b"12345678901234567890";

const CSV: &str = "\
upn,serial number,secret key,time interval,manufacturer,model
,2001,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJA,60,Example,One
,2002,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJB,60,Example,One
,2003,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJA,60,Example,One
,,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJC,60,Example,One
,2005,MFRGGZDF,60,Example,One
";

fn states(shop: &Shop) -> Vec<(String, String, Value)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let tokens = shop.json(&["token", "list"]).into_iter();
    tokens
        .map(|token| {
            (
                text(&token["serial"]),
                text(&token["state"]),
                token["account"].clone(),
            )
        })
        .collect()
}

#[test]
fn tokens_are_imported_assigned_and_confirmed() {
    let shop = Shop::new();
    let pskc = PSKC.replace("pskc:hotp", "pskc:totp");
    let (pskc, psk) = (shop.file("tokens.xml", &pskc), shop.file("psk", PSK));
    let words = ["import", pskc.as_str(), "--format", "pskc", "--json"];
    let keyed: Vec<&str> = words.into_iter().chain(["--psk", psk.as_str()]).collect();
    let without = shop.loquet(&words, None);
    assert_eq!(without.status.code(), Some(2), "{without:?}");
    for outcome in ["imported", "already_there"] {
        let output = shop.loquet(&keyed, None);
        let expected =
            json!({ "line": 20, "serial": "987654321", "outcome": outcome, "reason": null });
        assert_eq!(super::json_lines(&output.stdout), [expected]);
    }
    let csv = shop.file("tokens.csv", CSV);
    let output = shop.loquet(&["import", &csv, "--format", "token-csv"], None);
    let (code, told) = said(&output);
    assert_eq!(code, Some(1));
    let expected = "line 4: 2003: refused: KEY_OF_ANOTHER\n\
                    line 5: refused: serial number: it is missing\n\
                    line 6: refused: key: ";
    assert!(told.starts_with(expected), "{told}");
    assert!(
        told.ends_with("2 imported, 0 there already, 3 refused\n"),
        "{told}"
    );

    let assigned = shop.json(&["token", "assign", "987654321", "person 3"]);
    assert_eq!(assigned[0]["assigned"], true);
    let free = |serial: &str| (serial.to_owned(), "free".to_owned(), Value::Null);
    let third = |state: &str| ("987654321".to_owned(), state.to_owned(), json!("person 3"));
    assert_eq!(
        states(&shop),
        [free("2001"), free("2002"), third("assigned")]
    );
    for (words, code, why) in [
        (
            ["token", "assign", "987654321", "person 2"],
            1,
            "KEY_OF_ANOTHER",
        ),
        (["token", "assign", "2001", "person 3"], 1, "TOKEN_ASSIGNED"),
        (
            ["token", "assign", "4711", "person 2"],
            2,
            "no hardware token \"4711\"",
        ),
    ] {
        let output = shop.loquet(&words, None);
        let (ended, told) = said(&output);
        assert!(ended == Some(code) && told.contains(why), "{told}");
    }
    confirm(&shop, 3);
    assert_eq!(states(&shop)[2], third("in use"));
    let confirmed = shop.loquet(&["token", "withdraw", "987654321"], None);
    assert_eq!(confirmed.status.code(), Some(1), "{confirmed:?}");
    shop.json(&["token", "assign", "2001", "person 2"]);
    shop.json(&["token", "withdraw", "2001"]);
    assert_eq!(states(&shop)[0], free("2001"));
}

/// A clock that is five minutes fast.
fn confirm(shop: &Shop, account: u64) {
    let mfa = shop.operator();
    let totp = Totp {
        digits: Digits::Eight,
        period: Period::new(30).unwrap(),
        ..Totp::default()
    };
    let key = Secret::new(RFC_KEY).unwrap().key(totp.algorithm);
    wait(async {
        let session = log_in(&mfa, account).await;
        let client = Client::default();
        let offer = mfa.begin_token(&session, "", client).await.unwrap();
        assert_eq!((offer.serial.as_str(), offer.digits), ("987654321", 8));
        let now = mfa.now().0 + 300;
        let code = |at| totp.generate(&key, at).to_string().into();
        let codes = [code(now - 30), code(now)];
        let confirmed = mfa.confirm_token(&session, codes, client).await.unwrap();
        assert_eq!(confirmed.next, NextStep::Done);
    });
}
