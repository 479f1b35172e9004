//! What a transcript cannot show: programs that run on, and input that is not text.
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

/// A pipe gets a line for each code; a closed pipe ends the program without a complaint.
#[test]
fn watching_ends_with_its_reader() {
    let mut watch = super::loquet(&[
        "code",
        "--secret",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "--period",
        "1",
        "--watch",
        "--json",
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next =
        || -> serde_json::Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let (first, second) = (next(), next());
    assert_eq!(first["period"], 1);
    if first["next_at"].as_u64().unwrap() + 1 == second["next_at"].as_u64().unwrap() {
        assert_eq!(first["next_code"], second["code"]);
    }
    drop(lines);
    let output = watch.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}

#[test]
fn invalid_utf8_on_stdin_is_named_with_place() {
    let mut code = super::loquet(&["code", "--secret", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    code.stdin.take().unwrap().write_all(b"GEZD\xff\n").unwrap();
    let output = code.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stderr, b"error: --secret: not UTF-8 after byte 4\n");
}

#[test]
fn file_not_utf8_or_too_long_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, why) in [
        ("latin", b"# \xe9".to_vec(), "not UTF-8 after byte 2"),
        (
            "long",
            vec![b'#'; (1 << 20) + 1],
            "longer than 1048576 bytes",
        ),
    ] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let output = super::loquet(&["policy", "test", name])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("error: FILE: {name}: {why}\n"));
    }
}
