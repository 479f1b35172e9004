//! Imports of many lines with faults among them: each is named, and nothing else is refused.

use serde_json::{Value, json};

use super::json_lines;
use super::shop::Shop;

/// A faulty line for NAME, whose key would be KEY; which name is told, and how the reason begins.
type Fault = (&'static str, &'static str, &'static str);

/// Files of a format.
struct Files {
    format: &'static str,
    header: &'static str,
    /// The name of a line, and the column in which it is told.
    named: fn(u32) -> String,
    told: &'static str,
    /// A good line.
    good: &'static str,
    faults: &'static [Fault],
}

const JSONL: Files = Files {
    format: "jsonl",
    header: "",
    named: user,
    told: "account",
    good: r#"{"account":"NAME","secret":"KEY","encoding":"hex"}"#,
    faults: &JSONL_FAULTS,
};

const CSV: Files = Files {
    format: "csv",
    header: "account,secret,encoding,algorithm,digits,period,last_step\n",
    named: user,
    told: "account",
    good: "NAME,KEY,hex,,,,",
    faults: &CSV_FAULTS,
};

const TOKEN_CSV: Files = Files {
    format: "token-csv",
    header: "serial number,seed,encoding,time interval,algorithm,digits\n",
    named: serial,
    told: "serial",
    good: "NAME,KEY,,60,,",
    faults: &TOKEN_FAULTS,
};

fn user(number: u32) -> String {
    format!("user {number}")
}

fn serial(number: u32) -> String {
    format!("T-{number}")
}

const JSONL_FAULTS: [Fault; 15] = [
    (
        r#"{"account":"stranger","secret":"KEY","encoding":"hex"}"#,
        "",
        "no account has the name on this line",
    ),
    (r#"{"account":"NAME","secret":"KEY""#, "", "column "),
    (r#"{"secret":"KEY","encoding":"hex"}"#, "", "column "),
    (
        r#"{"account":"NAME","secret":"KEY","digits":"6"}"#,
        "",
        "column ",
    ),
    (
        "{\"account\":\"NAME\u{feff}\",\"secret\":\"KEY\"}",
        "",
        "a byte-order mark (U+FEFF)",
    ),
    (
        r#"{"account":"NAME","secret":"KEY","encoding":"base16"}"#,
        "NAME",
        "secret: the encoding is",
    ),
    (
        r#"{"account":"NAME","secret":"0KEY","encoding":"hex"}"#,
        "NAME",
        "secret: not pairs of hexadecimal",
    ),
    (
        r#"{"account":"NAME","secret":"MFRGGZDF"}"#,
        "NAME",
        "secret: ",
    ),
    (
        r#"{"account":"NAME","secret":"KEY","encoding":"hex","algorithm":"MD5"}"#,
        "NAME",
        "algorithm: unknown algorithm",
    ),
    (
        r#"{"account":"NAME","secret":"KEY","encoding":"hex","digits":9}"#,
        "NAME",
        "digits: 9 digits asked for",
    ),
    (
        r#"{"account":"NAME","secret":"KEY","encoding":"hex","period":5}"#,
        "NAME",
        "the period of an imported",
    ),
    (
        r#"{"account":"NAME","secret":"KEY","encoding":"hex","last_step":99999999999}"#,
        "NAME",
        LAST_STEP,
    ),
    (
        r#"{"account":"NAME","secret":"0000000000000000000000000000000000000001","encoding":"hex"}"#,
        "NAME",
        "KEY_OF_ANOTHER",
    ),
    (
        r#"{"account":"user 1","secret":"KEY","encoding":"hex"}"#,
        "user 1",
        "DIFFERENT_KEY",
    ),
    (
        r#"{"account":"person 1","secret":"00000000000000000001","encoding":"hex"}"#,
        "person 1",
        "WEAK_KEY",
    ),
];

const CSV_FAULTS: [Fault; 20] = [
    (
        "stranger,KEY,hex,,,,",
        "",
        "no account has the name on this line",
    ),
    (",KEY,hex,,,,", "", "no account has the name on this line"),
    (
        "NAME ,KEY,hex,,,,",
        "",
        "no account has the name on this line",
    ),
    (
        "NAME,KEY,hex",
        "",
        "expected 7 fields as in the first line, found 3",
    ),
    (
        "NAME,KEY,hex,,,,,",
        "",
        "expected 7 fields as in the first line, found 8",
    ),
    ("NAME\u{feff},KEY,hex,,,,", "", "a byte-order mark (U+FEFF)"),
    ("NAME,KEY,base16,,,,", "NAME", "secret: the encoding is"),
    (
        "NAME,0KEY,hex,,,,",
        "NAME",
        "secret: not pairs of hexadecimal",
    ),
    ("NAME,MFRGGZDF,,,,,", "NAME", "secret: "),
    ("NAME,,hex,,,,", "NAME", "secret: "),
    (
        "NAME,KEY,hex,MD5,,,",
        "NAME",
        "algorithm: unknown algorithm",
    ),
    ("NAME,KEY,hex,,9,,", "NAME", "digits: 9 digits asked for"),
    (
        "NAME,KEY,hex,,six,,",
        "NAME",
        "digits: expected a whole number",
    ),
    ("NAME,KEY,hex,,,5,", "NAME", "the period of an imported"),
    (
        "NAME,KEY,hex,,,30.0,",
        "NAME",
        "period: expected a whole number",
    ),
    (
        "NAME,KEY,hex,,,,-1",
        "NAME",
        "last_step: expected a whole number",
    ),
    ("NAME,KEY,hex,,,,99999999999", "NAME", LAST_STEP),
    (
        "NAME,0000000000000000000000000000000000000001,hex,,,,",
        "NAME",
        "KEY_OF_ANOTHER",
    ),
    ("user 1,KEY,hex,,,,", "user 1", "DIFFERENT_KEY"),
    (
        "person 1,00000000000000000001,hex,,,,",
        "person 1",
        "WEAK_KEY",
    ),
];

/// A serial number is told once its line can be read: in a file whose columns are swapped it is a key.
const TOKEN_FAULTS: [Fault; 16] = [
    (",KEY,,60,,", "", "serial number: it is missing"),
    (
        "KEYKEY,KEY,,60,,",
        "",
        "serial number: expected at most 64 bytes",
    ),
    (
        "NAME,KEY,,60",
        "",
        "expected 6 fields as in the first line, found 4",
    ),
    (
        "NAME,KEY,,60,,,",
        "",
        "expected 6 fields as in the first line, found 7",
    ),
    ("NAME\u{feff},KEY,,60,,", "", "a byte-order mark (U+FEFF)"),
    ("NAME,KEY,base16,60,,", "", "seed: the encoding is"),
    ("NAME,0KEY,,60,,", "", "seed: not pairs of hexadecimal"),
    ("NAME,00112233445566778899,,60,,", "", "key: "),
    ("NAME,,,60,,", "", "the key is missing"),
    ("NAME,KEY,,60,MD5,", "", "algorithm: unknown algorithm"),
    ("NAME,KEY,,60,,9", "", "digits: 9 digits asked for"),
    ("NAME,KEY,,60,,six", "", "digits: expected a whole number"),
    ("NAME,KEY,,5,,", "", "period: 5 s, where a token has"),
    (
        "NAME,KEY,,a minute,,",
        "",
        "period: expected a whole number",
    ),
    (
        "NAME,0000000000000000000000000000000000000001,,60,,",
        "NAME",
        "KEY_OF_ANOTHER",
    ),
    (
        "T-1,KEY,,60,,",
        "T-1",
        "the pool has a token with this serial number",
    ),
];

/// This reason has the time in it.
const LAST_STEP: &str = "the last accepted step";

impl Files {
    /// The fault on this line, if there is one: on one of a hundred.
    fn fault(&self, number: u32) -> Option<Fault> {
        let which = number as usize / 100 % self.faults.len();
        (number % 100 == 50).then(|| self.faults[which])
    }

    /// A file of so many lines, beside its header.
    fn text(&self, count: u32) -> String {
        let lines = (1..=count).map(|number| {
            let line = self.fault(number).map_or(self.good, |(line, ..)| line);
            let line = line.replace("NAME", &(self.named)(number));
            line.replace("KEY", &format!("{number:040x}")) + "\n"
        });
        self.header.to_owned() + &lines.collect::<String>()
    }

    /// What is told of a line that has this reason.
    fn expected(&self, number: u32, reason: &Value) -> Value {
        let (name, outcome) = match self.fault(number) {
            None => ("NAME", "imported"),
            Some((_, name, _)) => (name, "refused"),
        };
        let name = name.replace("NAME", &(self.named)(number));
        let line = number + u32::from(!self.header.is_empty());
        json!({ "line": line, self.told: name, "outcome": outcome, "reason": reason })
    }

    /// Imports so many lines, one of a hundred of them faulty, after a dry run.
    fn name_faults(&self, count: u32) {
        assert!(self.faults.len() * 100 <= count as usize);
        let has_accounts = self.told == "account";
        let shop = Shop::crowded(if has_accounts { count } else { 0 });
        let file = shop.file("lines", &self.text(count));
        let words = [
            "import",
            &file,
            "--format",
            self.format,
            "--json",
            "--dry-run",
        ];
        let [dry, run] = [&words[..], &words[..5]].map(|words| {
            let output = shop.loquet(words, None);
            assert_eq!(output.status.code(), Some(1));
            json_lines(&output.stdout)
        });
        assert_eq!((dry.len(), run.len()), (count as usize, count as usize));
        for ((number, told), dry) in (1..).zip(&run).zip(&dry) {
            let start = self.fault(number).map(|(.., start)| start);
            let reason = &told["reason"];
            let is_right = match start {
                None => reason.is_null(),
                Some(start) => reason.as_str().unwrap().starts_with(start),
            };
            assert!(is_right && *told == self.expected(number, reason), "{told}");
            assert!(told == dry || start == Some(LAST_STEP), "{dry}");
        }
    }
}

#[test]
fn each_fault_of_5_000_lines_is_named() {
    JSONL.name_faults(5000);
}

#[test]
fn each_fault_of_2_000_lines_of_csv_is_named() {
    CSV.name_faults(2000);
}

#[test]
fn each_fault_of_2_000_tokens_is_named() {
    TOKEN_CSV.name_faults(2000);
}

#[test]
#[ignore = "two minutes; `cargo xtask long` runs it"]
fn each_fault_of_100_000_lines_is_named() {
    JSONL.name_faults(100_000);
}
