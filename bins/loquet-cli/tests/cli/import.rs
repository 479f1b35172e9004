//! Authenticators that people already have, from a file.

use loquet::{
    Client, Error, ImportedAuthenticator, NewAccount, NextStep, Refusal, RoleId, Secret, Totp, wait,
};
use serde_json::{Value, json};

use super::shop::Shop;
use super::{moving, said, shop};

const WEAK: &str = "its key has fewer than 128 bits; the owner is advised to replace it";

const FIRST: [u64; 8] = [100, 101, 102, 103, 104, 105, 106, 107];

/// A shop with more users, none of whom has anything bound.
fn shop() -> Shop {
    let shop = Shop::new();
    let mfa = shop.operator();
    wait(async {
        for number in FIRST {
            let name = format!("user {number}");
            let new = NewAccount::new(number, &name);
            mfa.provision().ensure_account(new).await.unwrap();
        }
    });
    shop
}

fn import(shop: &Shop, file: &str, format: &str, more: &[&str]) -> (Option<i32>, Vec<Value>) {
    let words = ["import", file, "--format", format, "--json"];
    let words: Vec<&str> = words.iter().chain(more).copied().collect();
    let output = shop.loquet(&words, None);
    (output.status.code(), super::json_lines(&output.stdout))
}

fn line(line: u64, account: &str, outcome: &str, reason: Option<&str>) -> Value {
    json!({ "line": line, "account": account, "outcome": outcome, "reason": reason })
}

/// The authenticator of the shop's user of this number asks for a code, and takes that of this secret.
fn log_in(shop: &Shop, number: u64, secret: &[u8], totp: Totp) {
    let mfa = shop.operator();
    let secret = Secret::weak(secret).unwrap();
    wait(async {
        let login = mfa.log_in(number, Client::default()).await.unwrap();
        assert_eq!(login.next, NextStep::SecondFactor);
        let key = secret.key(totp.algorithm);
        // The last step was given as 1, so that the present code is good.
        let code = totp.generate(&key, mfa.now().0).to_string();
        let given = mfa.verify_code(&login.session, code.as_str(), Client::default());
        given.await.unwrap();
        let again = mfa.log_in(number, Client::default()).await.unwrap().session;
        let used = mfa.verify_code(&again, code.as_str(), Client::default());
        assert!(used.await.is_err());
    });
}

#[test]
fn each_format_binds_what_people_have() {
    let shop = shop();
    let csv = shop.file(
        "users.csv",
        "\u{feff}account,secret,encoding,algorithm,digits,period,last_step,name\r\n\
         \"user 100\",GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,,,,,1,\r\n\
         \r\n\
         user 101,31323334353637383930313233343536,hex,sha256,8,60,1,phone\r\n",
    );
    let (code, lines) = import(&shop, &csv, "csv", &[]);
    let imported = |number, account| line(number, account, "imported", None);
    assert_eq!(lines, [imported(2, "user 100"), imported(4, "user 101")]);
    assert_eq!(code, Some(0));
    log_in(&shop, 100, b"12345678901234567890", Totp::default());
    let totp = Totp {
        algorithm: loquet::Algorithm::Sha256,
        digits: loquet::Digits::Eight,
        period: loquet::Period::new(60).unwrap(),
        t0: 0,
    };
    log_in(&shop, 101, b"1234567890123456", totp);

    let objects = shop.file("users.jsonl",
        "{\"account\":\"user 102\",\"secret\":\"_-8wMDAwMDAwMDAwMDAwMDAwMDA\",\"encoding\":\"base64\",\"last_step\":1}\n\n",
    );
    assert_eq!(
        import(&shop, &objects, "jsonl", &[]).1,
        [imported(1, "user 102")]
    );
    log_in(&shop, 102, b"\xff\xef000000000000000000", Totp::default());

    let uris = "otpauth://totp/Old:user%20103?secret=NBSWY3DPNBSWY3DPNBSWY3DPNBSWY3DP&issuer=Old\n";
    let uris = shop.file("uris.txt", uris);
    assert_eq!(
        import(&shop, &uris, "uris", &[]).1,
        [imported(1, "user 103")]
    );
    // Again, whole: nothing is bound twice.
    let again = import(&shop, &uris, "uris", &[]);
    let there = line(1, "user 103", "already_there", None);
    assert_eq!(again, (Some(0), vec![there]));
}

const HOSTILE: &str = "\
account,secret,encoding,algorithm,digits,period,last_step,name
user 100,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,,,,,,
user 101,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,,,,,,
user 100,NBSWY3DPNBSWY3DPNBSWY3DPNBSWY3DP,,,,,,
user 100,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,,,,,,
nobody,MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U,,,,,,
user 102,MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U,base64url,,,,,
user 102,M1FRGGZDFMZTWQ2LKNNWG23TPOBYXE43U,,,,,,
user 102,616,hex,,,,,
user 102,MFRGGZDFMZTWQ2LK,,MD5,,,,
user 102,MFRGGZDFMZTWQ2LK,,,9,,,
user 102,MFRGGZDFMZTWQ2LK,,,six,,,
user 102,MFRGGZDFMZTWQ2LK,,,,5,,
user 102,MFRGGZDFMZTWQ2LK,,,,,99999999999,
user 102,MFRGGZDF,,,,,,
user 102
person 1,MFRGGZDFMZTWQ2LK,,,,,,
user 103,MFRGGZDFMZTWQ2LK,,,,,,
";

/// Of which line, how the reason begins.
const REASONS: [(usize, &str); 11] = [
    (7, "secret: the encoding is base32, hex or base64"),
    (8, "secret: "),
    (9, "secret: not pairs of hexadecimal digits"),
    (10, "algorithm: unknown algorithm"),
    (11, "digits: 9 digits asked for"),
    (12, "digits: expected a whole number"),
    (
        13,
        "the period of an imported authenticator or a hardware token",
    ),
    (14, "the last accepted step, 99999999999, lies ahead"),
    (15, "secret: "),
    (16, "expected 8 fields as in the first line, found 1"),
    (17, "WEAK_KEY"),
];

#[test]
fn each_faulty_line_is_named_and_shows_no_secret() {
    let shop = shop();
    let users = shop.file("users.csv", HOSTILE);
    let before = shop.json(&["account", "list"]);
    let (code, dry) = import(&shop, &users, "csv", &["--dry-run"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        shop.json(&["account", "list"]),
        before,
        "a dry run changes nothing"
    );
    let (code, lines) = import(&shop, &users, "csv", &[]);
    assert_eq!(
        (code, &lines),
        (Some(1), &dry),
        "a dry run says what a run does"
    );

    let refused = |number, account, why| line(number, account, "refused", Some(why));
    let reason = |number: usize| lines[number - 2]["reason"].as_str().unwrap();
    assert_eq!(lines[0], line(2, "user 100", "imported", None));
    assert_eq!(lines[1], refused(3, "user 101", "KEY_OF_ANOTHER"));
    assert_eq!(lines[2], refused(4, "user 100", "DIFFERENT_KEY"));
    assert_eq!(lines[3], line(5, "user 100", "already_there", None));
    assert!(reason(6).starts_with("no account has the name on this line"));
    assert_eq!(
        lines[4]["account"], "",
        "where columns are swapped it is a secret"
    );
    for (number, column) in REASONS {
        assert!(
            reason(number).starts_with(column),
            "{}: {}",
            number,
            reason(number)
        );
    }
    assert_eq!(lines[16], line(18, "user 103", "imported", Some(WEAK)));
    assert_eq!(lines.len(), 17);
    for (more, sum) in [
        (vec![], "0 imported, 3 there already, 14 refused\n"),
        (
            vec!["--dry-run"],
            "0 would be imported, 3 there already, 14 refused\n",
        ),
        (vec!["--json"], ""),
    ] {
        let words = ["import", users.as_str(), "--format", "csv"];
        let words: Vec<&str> = words.into_iter().chain(more).collect();
        let output = shop.loquet(&words, None);
        let (code, told) = said(&output);
        assert_eq!(code, Some(1));
        for secret in ["GEZD", "MFRG", "NBSW", "M1FR", "616"] {
            assert!(!told.contains(secret), "{told}");
        }
        assert!(told.ends_with(sum), "{told}");
    }
}

/// The field would take in all that follows.
#[test]
fn unclosed_quote_is_refused() {
    let shop = shop();
    let key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let users = format!("account,secret,name\nuser 100,{key},\"phone\nuser 101,{key},phone\n");
    let users = shop.file("users.csv", &users);
    let (code, lines) = import(&shop, &users, "csv", &[]);
    assert_eq!((code, lines.len()), (Some(1), 1));
    assert_eq!(
        (&lines[0]["line"], &lines[0]["outcome"]),
        (&2.into(), &"refused".into())
    );
    let why = lines[0]["reason"].as_str().unwrap();
    assert!(why.starts_with("a field goes on in the next line"), "{why}");
}

/// A secret in the wrong place is quoted in no message.
#[test]
fn misplaced_secrets_are_not_shown() {
    let shop = shop();
    let objects = shop.file(
        "users.jsonl",
        "{\"account\":\"user 100\",\"secret\":31415926535897932384}\n\
         {\"account\":\"user 100\",\"secret\":\"MFRGGZDFMZTWQ2LK\",\"digits\":\"31415926\"}\n\
         {\"account\":\"user 100\",\"31415926\":\"MFRGGZDFMZTWQ2LK\"}\n\
         {\"account\":\"user 100\",\"secret\":\"MFRGGZDFMZTWQ2LK\",\"encoding\":\"31415926\"}\n\
         31415926\n{31415926\n[\"user 100\",\"31415926MFRGGZDFMZTWQ2LK\"]\n",
    );
    let uris = shop.file("uris.txt", "otpauth://totp/a?secret=31415926!\n31415926\n");
    for (file, format, lines) in [(&objects, "jsonl", 7), (&uris, "uris", 2)] {
        let (code, told) = import(&shop, file, format, &[]);
        assert_eq!((code, told.len()), (Some(1), lines));
        for line in told {
            assert_eq!(line["outcome"], "refused");
            assert!(!line.to_string().contains("31415926"), "{line}");
        }
    }
}

/// An 80-bit key is taken, and said to be weak; an account that awaits its import is made by `account sync`.
#[test]
fn weak_key_is_said_to_be_weak() {
    let shop = shop();
    let users = shop.file("sync.csv", "external_id,awaiting_import\nada,true\nbob,\n");
    let report = shop.json(&["account", "sync", &users]);
    assert_eq!(report[0]["created"], 2);
    let keys = shop.file("users.csv", "account,secret\nada,MFRGGZDFMZTWQ2LK\n");
    let (code, told) = import(&shop, &keys, "csv", &[]);
    assert_eq!(code, Some(0));
    assert_eq!(told[0]["outcome"], "imported");
    assert!(told[0]["reason"].as_str().unwrap().contains("128 bits"));
}

#[test]
fn unreadable_file_imports_nothing() {
    let shop = shop();
    for (content, why) in [
        ("name,secret\n", "line 1: the column `account` is missing"),
        (
            "account,secret,seed\n",
            "line 1: unknown column `seed`; the columns are account, secret",
        ),
        (
            "[\n{}\n]\n",
            "this is one JSON array; write an object a line",
        ),
    ] {
        let users = shop.file("users", content);
        let format = if content.starts_with('[') {
            "jsonl"
        } else {
            "csv"
        };
        let output = shop.loquet(&["import", &users, "--format", format], None);
        let (code, told) = said(&output);
        assert_eq!(code, Some(2));
        assert!(
            told.contains(why) && told.contains("nothing was imported"),
            "{told}"
        );
    }
    let output = shop.loquet(&["import", "no-such-file", "--format", "csv"], None);
    assert_eq!(output.status.code(), Some(3));
}

/// A user whose name only looks like another's, with a blank at its end or a colon in it, binds nothing to the other's
/// account.
#[test]
fn t71_names_that_look_alike_are_not_taken_for_each_other() {
    let shop = shop();
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let blank = format!("account,secret\n\"user 100 \",{secret}\n");
    let blank = shop.file("blank.csv", &blank);
    let (code, lines) = import(&shop, &blank, "csv", &[]);
    assert_eq!((code, &lines[0]["outcome"]), (Some(1), &json!("refused")));

    for (label, why) in [
        (
            "evil:user%20100?issuer=Shop&",
            "the issuer in the label differs",
        ),
        (
            "Shop:evil:user%20100?issuer=Shop&",
            "several colons in the label",
        ),
        ("evil:x:user%20100?", "several colons in the label"),
        ("user%20100%20?", "the label has blanks or a colon"),
        ("%20user%20100?", "the label has blanks or a colon"),
        (
            "Shop:user%20100%C2%A0?issuer=Shop&",
            "the label has blanks or a colon",
        ),
        (
            "Shop%20:user%20100?issuer=Shop&",
            "the label has blanks or a colon",
        ),
        (":user%20100?", "the label has blanks or a colon"),
        (
            "%3Auser%20100?issuer=Shop&",
            "the label has blanks or a colon",
        ),
    ] {
        let uri = format!("otpauth://totp/{label}secret={secret}\n");
        let uris = shop.file("uris.txt", &uri);
        let (code, lines) = import(&shop, &uris, "uris", &[]);
        let reason = lines[0]["reason"].as_str().unwrap();
        assert!(code == Some(1) && reason.contains(why), "{reason}");
    }
    let honest = format!("otpauth://totp/Shop:user%20101?secret={secret}\n");
    for (one, other) in [
        ("evil:user%20100?", "user%20102?"),
        ("user%20102?", "evil:user%20100?"),
        // A service that does not name itself in labels, and one that does so without a blank.
        ("user%20102?issuer=Shop&", "Shop:user%20100?issuer=Shop&"),
        ("Shop%3A%20user%20100?", "Shop%3Auser%20102?"),
    ] {
        let uris = [one, other].map(|label| format!("otpauth://totp/{label}secret={secret}\n"));
        for uris in [uris.concat(), [honest.as_str(), uris[0].as_str()].concat()] {
            let uris = shop.file("uris.txt", &uris);
            let output = shop.loquet(&["import", &uris, "--format", "uris"], None);
            let (code, told) = said(&output);
            assert!(code == Some(2) && told.contains("another issuer"), "{told}");
        }
    }
    assert!(
        shop.json(&["account", "list"])
            .iter()
            .all(|user| user["authenticator"] != "active")
    );
}

/// Where all labels are written so.
#[test]
fn blank_after_the_issuer_belongs_to_no_name() {
    let shop = shop();
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let uri = format!("otpauth://totp/Shop:%20user%20101?secret={secret}\n");
    let uris = shop.file("uris.txt", &uri);
    assert_eq!(import(&shop, &uris, "uris", &[]).0, Some(0));
}

/// As the guide says of weak keys: who awaits the import of one can do nothing; who does not, enables and enrolls.
#[test]
fn only_administrator_has_a_weak_key() {
    for (waits, reason) in [(true, Some("ENROLL_FIRST")), (false, None)] {
        let folder = tempfile::tempdir().unwrap();
        let mfa = moving::service(folder.path(), moving::now());
        wait(async {
            let mut ada = NewAccount::new(1_u64, "ada").role(RoleId::ADMINISTRATOR);
            if waits {
                ada = ada.awaiting_import();
            }
            mfa.provision().ensure_account(ada).await.unwrap();
            let weak = ImportedAuthenticator::new(Secret::weak(b"1234567890").unwrap());
            let imported = mfa.provision().import_authenticator(1_u64, weak).await;
            assert!(matches!(imported, Err(Error::Refused(Refusal::WeakKey))));
            let session = shop::log_in(&mfa, 1).await;
            let client = Client::default();
            let user = mfa.authorize(&session, &client).await.unwrap();
            let admin = mfa.admin(&user);
            let shown = admin.propose_break_glass().await.unwrap().expose();
            let last_group = shown.rsplit('-').next().unwrap();
            let enabled = match admin.enable(last_group).await {
                Ok(_) => None,
                Err(Error::Refused(why)) => Some(why.code()),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(enabled, reason);
            let session = shop::log_in(&mfa, 1).await;
            let begun = mfa.begin_enrollment(&session, "", client).await;
            assert_eq!(begun.is_ok(), reason.is_none());
        });
    }
}
