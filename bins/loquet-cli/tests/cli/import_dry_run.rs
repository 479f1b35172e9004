//! A dry run says what the run then says.

use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, proptest};
use proptest::sample::select;

use super::shop::Shop;
use super::{loquet, write_key};

/// Users 1 to 4, whom each file imports anew.
static SHOP: LazyLock<Shop> = LazyLock::new(|| Shop::crowded(4));

/// Of strangers, of an administrator, and of one name that looks like another.
const ACCOUNTS: [&str; 8] = [
    "user 1", "user 2", "user 3", "user 4", "user 1 ", "person 1", "stranger", "",
];

/// Good ones, a weak one, one that is too short, in other letters, and none at all.
const SECRETS: [&str; 8] = [
    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "NBSWY3DPNBSWY3DPNBSWY3DPNBSWY3DP",
    "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U",
    "nbsw y3dp nbsw y3dp nbsw y3dp nbsw y3dp",
    "MFRGGZDFMZTWQ2LK",
    "MFRGGZDF",
    "M1FRGGZDF",
    "",
];

/// What a line gives beside the two: encoding, algorithm, digits, period and last step.
const OTHERS: [[&str; 5]; 8] = [
    ["", "", "", "", ""],
    ["", "", "", "", "1"],
    ["base32", "sha256", "8", "60", ""],
    ["hex", "", "", "", ""],
    ["base16", "", "", "", ""],
    ["", "MD5", "", "", ""],
    ["", "", "9", "", ""],
    ["", "", "", "5", "-1"],
];

/// Lines that are none of a format.
const BROKEN: [&str; 6] = ["", "  ", "{", "a,b,c", "\"", "\u{feff}"];

/// A line of a format, or none of any.
fn line(format: &'static str) -> impl Strategy<Value = String> {
    let parts = (
        select(&ACCOUNTS),
        select(&SECRETS),
        select(&OTHERS),
        0..8_u8,
        select(&BROKEN),
    );
    parts.prop_map(move |(account, secret, others, broken, other)| {
        if broken == 0 {
            return other.to_owned();
        }
        let [encoding, algorithm, digits, period, step] = others;
        match format {
            "csv" => format!("\"{account}\",{secret},{encoding},{algorithm},{digits},{period},{step}"),
            "jsonl" => {
                let numbers = [("digits", digits), ("period", period), ("last_step", step)];
                let numbers = numbers.iter().filter(|(_, number)| !number.is_empty());
                let numbers: String = numbers.map(|(name, it)| format!(",\"{name}\":{it}")).collect();
                format!(
                    "{{\"account\":\"{account}\",\"secret\":\"{secret}\",\"encoding\":\"{encoding}\",\
                     \"algorithm\":\"{algorithm}\"{numbers}}}"
                )
            }
            _ => {
                let (account, secret) = (account.replace(' ', "%20"), secret.replace(' ', ""));
                let all = [("algorithm", algorithm), ("digits", digits), ("period", period)];
                let all = all.iter().filter(|(_, value)| !value.is_empty());
                let all: String = all.map(|(name, value)| format!("&{name}={value}")).collect();
                format!("otpauth://totp/{account}?secret={secret}{all}")
            }
        }
    })
}

/// A small file, and its format.
fn file() -> impl Strategy<Value = (&'static str, String)> {
    let format = select(&["uris", "csv", "jsonl"]);
    let whole = (any::<bool>(), any::<bool>(), any::<bool>());
    let all = format.prop_flat_map(move |format| (vec(line(format), 0..12), whole, Just(format)));
    all.prop_map(|(mut lines, (marked, crlf, ended), format)| {
        if format == "csv" {
            lines.insert(
                0,
                "account,secret,encoding,algorithm,digits,period,last_step".to_owned(),
            );
        }
        let end = if crlf { "\r\n" } else { "\n" };
        let text = lines.join(end) + if ended { end } else { "" };
        (
            format,
            if marked {
                format!("\u{feff}{text}")
            } else {
                text
            },
        )
    })
}

fn import(db: &Path, file: &Path, words: &[&str]) -> Output {
    let mut command = loquet(&["import"]);
    command.arg(file).arg("--db").arg(db).args(words);
    command.output().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dry_run_says_what_the_run_says((format, text) in file(), json in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (db, file) = (path("shop.db"), path("file"));
        loquet_sqlite::backup(SHOP.db(), &db).unwrap();
        write_key(&path("shop.db.key"), &std::fs::read_to_string(SHOP.key()).unwrap());
        std::fs::write(&file, &text).unwrap();
        let words: Vec<&str> = ["--format", format].into_iter().chain(json.then_some("--json")).collect();
        let dry = import(&db, &file, &[&words[..], &["--dry-run"]].concat());
        let run = import(&db, &file, &words);
        let told = String::from_utf8(dry.stdout).unwrap().replace(" would be imported, ", " imported, ");
        assert_eq!(told, String::from_utf8(run.stdout).unwrap());
        assert_eq!((dry.status, dry.stderr), (run.status, run.stderr));
    }
}
