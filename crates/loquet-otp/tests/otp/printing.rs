//! Nothing that can be printed shows a secret, a key or a typed code.

use loquet_otp::{
    Algorithm, Code, CodeError, Digits, Drift, Hotp, LookAhead, Reach, Secret, SecretError, Totp,
    TypedCode, Window,
};

const CANARY: &[u8; 20] = b"CANARY-IN-A-COALMINE";

/// The ways in which bytes end up in text.
fn traces(bytes: &[u8]) -> [String; 4] {
    [
        String::from_utf8_lossy(bytes).into_owned(),
        format!("{bytes:?}").trim_matches(['[', ']']).to_owned(),
        bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
    ]
}

#[test]
fn secrets_and_keys_leave_no_trace_in_text() {
    let secret = Secret::from(*CANARY);
    let mut printed = format!("{secret} {secret:?} {secret:#?} {:?}", secret.clone());
    for algorithm in Algorithm::ALL {
        let key = secret.key(algorithm);
        printed += &format!("{key:?} {key:#?} {:?}", key.clone());
    }
    printed += &format!(
        "{:?} {}",
        SecretError { len: 3, min: 16 },
        SecretError { len: 3, min: 16 }
    );
    for part in CANARY.windows(4) {
        for trace in traces(part) {
            assert!(!printed.contains(&trace), "{trace} in {printed}");
        }
    }
    assert_eq!(
        format!("{secret} {secret:?}"),
        "[secret, 20 bytes] Secret(20 bytes)"
    );
    assert!(printed.contains("Key(SHA256)"));
}

#[test]
fn codes_leave_no_trace_in_debug_text() {
    let code: Code = Hotp::default().generate(&Secret::from(*CANARY).key(Algorithm::Sha1), 0);
    let text = code.to_string();
    let typed = TypedCode::parse(&text, Digits::Six).unwrap();
    let printed = format!("{code:?} {typed:?}");
    assert!(!printed.contains(&text), "{printed}");
    assert_eq!(printed, "Code(6 digits) TypedCode(6 digits)");
}

#[test]
fn errors_do_not_repeat_what_was_typed() {
    for text in [
        "hunter2",
        "correct horse",
        "12345678901234567890123456789012345678901234567890123456789012345",
    ] {
        let error: CodeError = TypedCode::parse(text, Digits::Six).unwrap_err();
        let printed = format!("{error} {error:?}");
        assert!(!printed.contains(text) && !printed.contains("hunter"));
    }
}

#[test]
fn parameters_are_printed_in_full() {
    let printed = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        Totp::default(),
        Window::default(),
        Drift::NONE,
        Reach::MAX,
        LookAhead::default()
    );
    for part in [
        "Sha1",
        "Six",
        "Period(30)",
        "past: 1",
        "future: 1",
        "Drift(0)",
        "Reach(120)",
        "LookAhead(10)",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
}
