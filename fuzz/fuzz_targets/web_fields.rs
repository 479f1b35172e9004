//! The body of a form: the fields are those of the standard's reader, and none is longer, or holds more, than was asked for.
#![no_main]

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use loquet::wait;
use loquet_web::{FieldFaultKind, Fields};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let request = Request::post("/mfa/code")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(bytes.to_vec()))
        .expect("a request");
    let Ok(fields) = wait(Fields::from_request(request, &())) else {
        return;
    };
    let pairs: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().collect();
    for name in ["code", "rules", "attempt", "a"] {
        let sent: Vec<&str> = pairs
            .iter()
            .filter(|(found, _)| found == name)
            .map(|(_, value)| value.trim())
            .collect();
        for most in [0, 8, 64] {
            let lines = fields.lines(name, most).map_err(|fault| fault.what);
            assert_eq!(
                lines,
                match sent[..] {
                    [] => Err(FieldFaultKind::Missing),
                    [text] if text.chars().count() <= most => Ok(text),
                    [_] => Err(FieldFaultKind::TooLong(most)),
                    _ => Err(FieldFaultKind::Twice),
                }
            );
            if let Ok(text) = fields.text(name, most) {
                assert!(lines == Ok(text) && !text.is_empty() && !text.contains(char::is_control));
            }
        }
    }
    if let Ok(id) = fields.form_id() {
        let sent = fields.text("attempt", 32).map(str::to_ascii_lowercase);
        assert_eq!(Ok(id.to_string()), sent);
    }
    assert_eq!(fields.is_ticked("a"), fields.text("a", 8) == Ok("yes"));
});
