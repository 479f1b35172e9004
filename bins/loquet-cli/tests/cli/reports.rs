//! Texts as other programs write them: with a byte-order mark, and lines that end in CR LF.

use std::io::Write;
use std::process::Stdio;

use super::loquet;

const URI: &str = "otpauth://totp/Ex:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ex";
const MARK: &str = "a byte-order mark (U+FEFF) in the middle of the text: remove it";

/// The exit code, standard output and standard error of the tool, which reads this.
fn given(stdin: &str, words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = loquet(words);
    let command = command.stdin(Stdio::piped());
    let mut tool = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    tool.stdin
        .take()
        .unwrap()
        .write_all(stdin.as_bytes())
        .unwrap();
    let output = tool.wait_with_output().unwrap();
    let [out, error] = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
    (output.status.code(), out, error)
}

#[test]
fn t44_byte_order_mark_is_ignored_in_every_input() {
    let scenario = "title = \"one\"\r\npeople = [{ name = \"Anne\", roles = [\"administrator\"] }]\r\nstep = [{ who = \"Anne\", does = \"log in\" }]\r\n";
    for (text, words) in [
        (
            "allow 192.0.2.0/24\r\n",
            &["ip", "check", "--rules", "-", "192.0.2.1"][..],
        ),
        ("192.0.2.0/24\r\n192.0.2.9\r\n", &["ip", "import", "-"]),
        (
            "[\"192.0.2.0/24\"]\r\n",
            &["ip", "import", "-", "--format", "json"],
        ),
        (
            "192.0.2.0/24,CA,,,\r\n",
            &["ip", "import", "-", "--format", "geofeed"],
        ),
        (&format!("{URI}\r\n"), &["enrollment", "read", "-"]),
        (&format!("{URI}\r\n"), &["code", "--uri", "-", "--at", "59"]),
        (
            &format!("{URI}\r\n287082\r\n"),
            &["verify", "--uri", "-", "-", "--at", "59"],
        ),
        (
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\r\n",
            &["code", "--secret", "-", "--at", "59"],
        ),
        (scenario, &["policy", "test", "-"]),
    ] {
        let plain = given(&text.replace('\r', ""), words);
        assert_eq!(plain.0, Some(0), "{words:?}: {plain:?}");
        assert_eq!(given(text, words), plain, "{words:?}");
        assert_eq!(given(&format!("\u{feff}{text}"), words), plain, "{words:?}");
    }
}

#[test]
fn t44_byte_order_mark_elsewhere_is_named() {
    let joined = |text: &str| format!("\u{feff}{text}\r\n\u{feff}{text}\r\n");
    for (text, words, place) in [
        (
            "allow 192.0.2.0/24",
            &["ip", "check", "--rules", "-", "192.0.2.1"][..],
            "--rules: -: line 2, column 1: ",
        ),
        ("192.0.2.0/24", &["ip", "import", "-"], "LIST: -: line 2: "),
        (
            "title = \"twice\"",
            &["policy", "test", "-"],
            "FILE: -: line 2: ",
        ),
    ] {
        let (code, out, error) = given(&joined(text), words);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{words:?}");
        let first = error.lines().next();
        assert_eq!(first, Some(format!("error: {place}{MARK}").as_str()));
    }
    // One bad line does not hide the others.
    let (code, out, error) = given(&joined(URI), &["enrollment", "read", "-", "--json"]);
    assert_eq!((code, out.lines().count()), (Some(1), 1));
    assert_eq!(error, format!("error: FILE: line 2: {MARK}\n"));
}

#[test]
fn t43_uri_issuer_with_colons_is_read_whole() {
    let lines = "otpauth://totp/Text%3A%20More:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Text%3A%20More\n\
        otpauth://totp/https%3A%2F%2Fold.example.org:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=https%3A%2F%2Fold.example.org\n";
    let (code, out, _) = given(lines, &["enrollment", "read", "-", "--json"]);
    let read = super::json_lines(out.as_bytes());
    assert_eq!(code, Some(0));
    for (account, issuer) in read.iter().zip(["Text: More", "https://old.example.org"]) {
        assert_eq!(
            (&account["issuer"], &account["account"]),
            (&issuer.into(), &"ann".into())
        );
        let warnings = account["warnings"].as_array().unwrap();
        assert!(
            warnings
                .iter()
                .all(|warning| !warning.as_str().unwrap().contains("differs"))
        );
    }
    assert_eq!(read.len(), 2);
}

#[test]
fn t45_verify_takes_codes_as_typed() {
    let verify = |code: &str| {
        let words = [
            "verify",
            "--secret",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "--at",
            "59",
            "--",
            code,
        ];
        given("", &words)
    };
    for code in [
        "287 082",
        "287\u{a0}082",
        "287\u{2009}082",
        "287–082",
        "\u{200e}287082",
        "\u{202c}287082",
        "287082\u{feff}",
        "287082\t",
    ] {
        assert_eq!(verify(code).0, Some(0), "{code:?}");
    }
    let (code, _, error) = verify("２８７０８２");
    assert_eq!(code, Some(2));
    assert!(error.contains("a digit of another script"), "{error}");
}
