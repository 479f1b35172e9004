//! Random authenticators from a file of each format, whose codes another implementation makes: `oathtool`, of Debian.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use loquet::{AccountId, Algorithm, Client, Digits, Error, Mfa, NextStep, Period, Totp, wait};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use serde_json::json;

use super::json_lines;
use super::moving::now;
use super::shop::{Shop, log_in};
use super::sources::service;

/// Authenticators of each format in the suite, and in the long tests.
const FEW: u32 = 200;
const MANY: u32 = 1000;

/// An account's or a token's.
struct Authenticator {
    number: u32,
    secret: Vec<u8>,
    totp: Totp,
    /// How the secret is written, where the format lets one choose.
    encoding: &'static str,
    /// How long ago the last code was accepted, in steps; the next code may be used up.
    last: Option<u64>,
}

/// The same ones in each run.
fn authenticators(count: u32) -> Vec<Authenticator> {
    let mut runner = TestRunner::deterministic();
    let any = (
        vec(any::<u8>(), 16..=64),
        select(&Algorithm::ALL),
        select(&Digits::ALL),
        15..=300_u64,
        select(&["base32", "hex", "base64", "base64 for URLs"]),
        proptest::option::of(-1..100_000_i64),
    );
    let mut draw = |number| {
        let tree = any.new_tree(&mut runner).unwrap();
        let (secret, algorithm, digits, period, encoding, last) = tree.current();
        let totp = Totp {
            algorithm,
            digits,
            period: Period::new(period).unwrap(),
            t0: 0,
        };
        let last = last.map(|ago| totp.step(now()).checked_add_signed(-ago).unwrap());
        Authenticator {
            number,
            secret,
            totp,
            encoding,
            last,
        }
    };
    (1..=count).map(&mut draw).collect()
}

fn base32(secret: &[u8]) -> String {
    totp_rs::Secret::from(secret.to_vec()).to_base32()
}

fn hex(secret: &[u8]) -> String {
    secret.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Authenticator {
    fn account(&self) -> AccountId {
        AccountId::from(u64::from(1000 + self.number))
    }

    fn period(&self) -> u64 {
        self.totp.period.seconds()
    }

    /// The secret in its encoding, and the name of that.
    fn encoded(&self) -> (String, &'static str) {
        match self.encoding {
            "base32" => (base32(&self.secret), "base32"),
            "hex" => (hex(&self.secret), "hex"),
            "base64" => (STANDARD.encode(&self.secret), "base64"),
            _ => (URL_SAFE_NO_PAD.encode(&self.secret), "base64"),
        }
    }

    /// So many codes one after the other, the first of them from this time, by `oathtool`.
    fn codes(&self, time: u64, count: u64) -> Vec<String> {
        let (key, encoding) = match self.encoded() {
            (_, "base64") => (hex(&self.secret), "hex"),
            encoded => encoded,
        };
        let mut tool = Command::new("oathtool");
        tool.arg(format!("--totp={}", self.totp.algorithm.name()))
            .arg(format!("--digits={}", self.totp.digits.count()))
            .arg(format!("--time-step-size={}s", self.period()))
            .arg(format!("--now=@{time}"))
            .arg(format!("--window={}", count - 1));
        if encoding == "base32" {
            tool.arg("--base32");
        }
        let tool = tool.arg("-").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut tool = tool.spawn().expect(
            "these tests need the program oathtool: `cargo xtask test` or `apt-get install oathtool` installs it",
        );
        tool.stdin
            .take()
            .unwrap()
            .write_all(key.as_bytes())
            .unwrap();
        let output = tool.wait_with_output().unwrap();
        assert!(output.status.success());
        let codes = String::from_utf8(output.stdout).unwrap();
        codes.lines().map(str::to_owned).collect()
    }
}

/// Imports a file that has a line, or an element, for each of so many, all of which are good.
fn import(shop: &Shop, content: &str, format: &str, count: u32) {
    let file = shop.file("import", content);
    let output = shop.loquet(&["import", &file, "--format", format, "--json"], None);
    let lines = json_lines(&output.stdout);
    for line in &lines {
        assert!(
            line["outcome"] == "imported" && line["reason"].is_null(),
            "{line}"
        );
    }
    assert_eq!(
        (output.status.code(), lines.len()),
        (Some(0), count as usize)
    );
}

async fn give(mfa: &Mfa, account: AccountId, code: &str) -> Result<(), Error> {
    let login = mfa.log_in(account, Client::default()).await?;
    assert_eq!(login.next, NextStep::SecondFactor);
    let given = mfa.verify_code(&login.session, code, Client::default());
    given.await.map(drop)
}

/// A code is good, once.
async fn accepts(mfa: &Mfa, of: &Authenticator, code: &str) {
    let given = give(mfa, of.account(), code).await;
    assert!(given.is_ok(), "{}: {given:?}", of.number);
    refuses(mfa, of, code).await;
}

async fn refuses(mfa: &Mfa, of: &Authenticator, code: &str) {
    match give(mfa, of.account(), code).await {
        Err(Error::Refused(why)) => assert_eq!(why.code(), "ALREADY_USED"),
        other => panic!("{}: {other:?}", of.number),
    }
}

/// When the codes are given: by then the present code is fresh also where no last one was known.
fn later() -> u64 {
    now() + 900
}

/// Imports random authenticators, written by `line` after `header`, and logs each account in.
fn log_in_after(format: &str, count: u32, header: &str, line: fn(&Authenticator) -> String) {
    let shop = Shop::crowded(count);
    let all = authenticators(count);
    let lines: String = all.iter().map(line).collect();
    import(&shop, &format!("{header}{lines}"), format, count);
    let time = later();
    let mfa = service(&shop, time);
    for one in &all {
        wait(accepts(&mfa, one, &one.codes(time, 1)[0]));
    }
}

fn uris(count: u32) {
    log_in_after("uris", count, "", |one| {
        let Authenticator {
            number,
            secret,
            totp,
            ..
        } = one;
        let (secret, period) = (base32(secret), one.period());
        let (algorithm, digits) = (totp.algorithm, totp.digits.count());
        format!(
            "otpauth://totp/Old:user%20{number}?secret={secret}&issuer=Old&algorithm={algorithm}&digits={digits}&period={period}\n"
        )
    });
}

fn csv(count: u32) {
    let header = "account,secret,encoding,algorithm,digits,period,last_step,name\n";
    log_in_after("csv", count, header, |one| {
        let (secret, encoding) = one.encoded();
        let (algorithm, digits) = (one.totp.algorithm, one.totp.digits.count());
        let last = one.last.map_or(String::new(), |step| step.to_string());
        let (number, period) = (one.number, one.period());
        format!("user {number},{secret},{encoding},{algorithm},{digits},{period},{last},phone\n")
    });
}

fn jsonl(count: u32) {
    log_in_after("jsonl", count, "", |one| {
        let (secret, encoding) = one.encoded();
        let object = json!({
            "account": format!("user {}", one.number),
            "secret": secret,
            "encoding": encoding,
            "algorithm": one.totp.algorithm.name(),
            "digits": one.totp.digits.count(),
            "period": one.period(),
            "last_step": one.last,
        });
        format!("{object}\n")
    });
}

/// Imports random tokens, assigns each to an account, and confirms it with two codes.
fn confirm_after(
    format: &str,
    count: u32,
    [start, end]: [&str; 2],
    one: fn(&Authenticator) -> String,
) {
    let shop = Shop::crowded(count);
    let all = authenticators(count);
    let tokens: String = all.iter().map(one).collect();
    import(&shop, &format!("{start}{tokens}{end}"), format, count);
    let time = later();
    let mfa = service(&shop, time);
    for one in &all {
        let (serial, account) = (format!("T-{}", one.number), format!("user {}", one.number));
        shop.json(&["token", "assign", &serial, &account]);
        let codes = one.codes(time - one.period(), 3);
        wait(async {
            let session = log_in(&mfa, 1000 + u64::from(one.number)).await;
            let offer = mfa
                .begin_token(&session, "", Client::default())
                .await
                .unwrap();
            assert_eq!(offer.serial, serial);
            let typed = [codes[0].as_str().into(), codes[1].as_str().into()];
            let confirmed = mfa.confirm_token(&session, typed, Client::default()).await;
            assert!(confirmed.is_ok(), "{serial}: {confirmed:?}");
            refuses(&mfa, one, &codes[1]).await;
            accepts(&mfa, one, &codes[2]).await;
        });
    }
}

fn pskc(count: u32) {
    let start = "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">\n";
    confirm_after("pskc", count, [start, "</KeyContainer>\n"], |one| {
        let Authenticator {
            number,
            secret,
            totp,
            ..
        } = one;
        let (secret, period) = (STANDARD.encode(secret), one.period());
        let (algorithm, digits) = (totp.algorithm, totp.digits.count());
        format!(
            "<KeyPackage><DeviceInfo><SerialNo>T-{number}</SerialNo></DeviceInfo>\
             <Key Id=\"{number}\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><AlgorithmParameters>\
             <Suite>Hmac{algorithm}</Suite><ResponseFormat Length=\"{digits}\" Encoding=\"DECIMAL\"/></AlgorithmParameters>\
             <Data><Secret><PlainValue>{secret}</PlainValue></Secret>\
             <TimeInterval><PlainValue>{period}</PlainValue></TimeInterval></Data></Key></KeyPackage>\n"
        )
    });
}

fn token_csv(count: u32) {
    let header =
        "upn,serial number,secret key,encoding,time interval,algorithm,digits,manufacturer,model\n";
    confirm_after("token-csv", count, [header, ""], |one| {
        let (secret, encoding) = one.encoded();
        let (algorithm, digits) = (one.totp.algorithm, one.totp.digits.count());
        let (number, period) = (one.number, one.period());
        format!(",T-{number},{secret},{encoding},{period},{algorithm},{digits},Example,One\n")
    });
}

#[test]
fn codes_of_oathtool_are_accepted_after_uris() {
    uris(FEW);
}

#[test]
fn codes_of_oathtool_are_accepted_after_csv() {
    csv(FEW);
}

#[test]
fn codes_of_oathtool_are_accepted_after_jsonl() {
    jsonl(FEW);
}

#[test]
fn codes_of_oathtool_confirm_tokens_of_pskc() {
    pskc(FEW);
}

#[test]
fn codes_of_oathtool_confirm_tokens_of_csv() {
    token_csv(FEW);
}

#[test]
#[ignore = "three minutes; `cargo xtask long` runs it"]
fn codes_of_oathtool_are_accepted_for_thousands() {
    for format in [uris, csv, jsonl, pskc, token_csv] {
        format(MANY);
    }
}
