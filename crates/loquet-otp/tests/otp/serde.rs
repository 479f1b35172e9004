//! Serialized parameters: round trips, and refusal of values that no constructor accepts.

use loquet_otp::{Algorithm, Digits, Drift, Hotp, LookAhead, Period, Reach, Totp, Window};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + core::fmt::Debug>(
    value: T,
    json: &str,
) {
    assert_eq!(serde_json::to_string(&value).unwrap(), json);
    assert_eq!(serde_json::from_str::<T>(json).unwrap(), value);
}

fn refusal<T: DeserializeOwned>(json: &str) -> String {
    serde_json::from_str::<T>(json).err().unwrap().to_string()
}

#[test]
fn parameters_serialize_as_plain_values() {
    round_trip(Algorithm::Sha256, r#""SHA256""#);
    round_trip(Digits::Eight, "8");
    round_trip(Period::THIRTY, "30");
    round_trip(Drift::new(-3).unwrap(), "-3");
    round_trip(Reach::MAX, "120");
    round_trip(LookAhead::default(), "10");
    round_trip(Window::default(), r#"{"past":1,"future":1}"#);
    round_trip(
        Totp::default(),
        r#"{"algorithm":"SHA1","digits":6,"period":30,"t0":0}"#,
    );
    round_trip(Hotp::default(), r#"{"algorithm":"SHA1","digits":6}"#);
}

#[test]
fn algorithms_serialize_by_name() {
    for algorithm in Algorithm::ALL {
        round_trip(algorithm, &format!("\"{}\"", algorithm.name()));
    }
}

#[test]
fn omitted_fields_have_defaults() {
    let totp: Totp = serde_json::from_str(r#"{"digits":8}"#).unwrap();
    assert_eq!(
        totp,
        Totp {
            digits: Digits::Eight,
            ..Totp::default()
        }
    );
    let hotp: Hotp = serde_json::from_str("{}").unwrap();
    assert_eq!(hotp, Hotp::default());
}

#[test]
fn out_of_range_values_are_refused() {
    assert!(refusal::<Digits>("10").contains("a code has 6, 7 or 8"));
    assert!(refusal::<Period>("0").contains("1 to 3600 s"));
    assert!(refusal::<Drift>("-121").contains("at most 120"));
    assert!(refusal::<Reach>("0").contains("1 to 120"));
    assert!(refusal::<LookAhead>("101").contains("at most 100"));
    assert!(refusal::<Window>(r#"{"past":1,"future":11}"#).contains("10 are allowed"));
    assert!(refusal::<Window>(r#"{"past":1}"#).contains("future"));
    assert!(refusal::<Totp>(r#"{"periods":60}"#).contains("unknown field"));
    assert!(refusal::<Algorithm>(r#""MD5""#).contains("unknown variant"));
}
