//! What is kept of a passkey: what verifying takes, and nothing that is the same in all of them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use webauthn_rs::prelude::SecurityKey;

/// A passkey as it is kept. Its counter is kept apart, and compared by the rules.
#[derive(Serialize, Deserialize)]
struct Kept {
    cred_id: Value,
    cred: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    transports: Value,
    user_verified: bool,
    backup_eligible: bool,
}

/// What changes of a passkey.
#[derive(Deserialize)]
pub(crate) struct Facts {
    pub(crate) counter: u32,
    pub(crate) backup_state: bool,
}

/// The parts of a security key, which it is written with.
fn parts(key: &SecurityKey) -> Option<Value> {
    let mut written = serde_json::to_value(key).ok()?;
    Some(written.get_mut("cred")?.take())
}

pub(crate) fn facts(key: &SecurityKey) -> Option<Facts> {
    serde_json::from_value(parts(key)?).ok()
}

/// Returns what is kept of a passkey that the browser reaches by these `transports`, if it says so.
pub(crate) fn kept(key: &SecurityKey, transports: Value) -> Option<String> {
    let mut kept: Kept = serde_json::from_value(parts(key)?).ok()?;
    kept.transports = transports;
    serde_json::to_string(&kept).ok()
}

/// Returns whether the user of each passkey was verified when it was registered, and so is always.
pub(crate) fn all_verify_their_user(kept: &[&str]) -> bool {
    let verifies =
        |kept: &&str| serde_json::from_str(kept).is_ok_and(|kept: Kept| kept.user_verified);
    kept.iter().all(verifies)
}

/// Returns the passkey that was kept.
pub(crate) fn restored(kept: &str) -> Option<SecurityKey> {
    let kept: Kept = serde_json::from_str(kept).ok()?;
    let Ok(Value::Object(mut cred)) = serde_json::to_value(&kept) else {
        return None;
    };
    // Whoever verified its user at the registration does so for ever: the policy of all of them is "preferred".
    let same: Map<String, Value> = serde_json::from_value(json!({
        "counter": 0,
        "backup_state": false,
        "registration_policy": "preferred",
        "extensions": {
            "cred_protect": "NotRequested",
            "hmac_create_secret": "NotRequested",
            "appid": "NotRequested",
            "cred_props": "NotRequested",
        },
        "attestation": { "data": "None", "metadata": "None" },
        "attestation_format": "none",
    }))
    .ok()?;
    cred.extend(same);
    serde_json::from_value(json!({ "cred": cred })).ok()
}
