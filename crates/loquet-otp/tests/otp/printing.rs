//! Neither `Debug` nor `Display` shows a secret, a key or a typed code.

use loquet_otp::{
    Algorithm, Code, CodeError, Digits, Drift, Hotp, LookAhead, Reach, Secret, SecretError, Totp,
    TypedCode, Window,
};

const CANARY: &[u8; 20] = b"CANARY-IN-A-COALMINE";

/// Returns the forms in which bytes may appear in text.
fn traces(bytes: &[u8]) -> [String; 4] {
    [
        String::from_utf8_lossy(bytes).into_owned(),
        format!("{bytes:?}").trim_matches(['[', ']']).to_owned(),
        bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
    ]
}

#[test]
fn debug_and_display_hide_secrets_and_keys() {
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
fn debug_hides_codes() {
    let code: Code = Hotp::default().generate(&Secret::from(*CANARY).key(Algorithm::Sha1), 0);
    let text = code.to_string();
    let typed = TypedCode::parse(&text, Digits::Six).unwrap();
    let printed = format!("{code:?} {typed:?}");
    assert!(!printed.contains(&text), "{printed}");
    assert_eq!(printed, "Code(6 digits) TypedCode(6 digits)");
}

#[test]
fn errors_do_not_repeat_typed_text() {
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
fn debug_shows_all_parameters() {
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
