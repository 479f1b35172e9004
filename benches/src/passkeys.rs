//! A passkey of the specification.

/// What `loquet-webauthn` keeps of a passkey: that of the test vector "none.ES256" (WebAuthn Level 3 §16.2).
pub const KEPT: &str = r#"{"cred_id":"-R85HbTJsv3g6nAYnLo_tj9Xm6YSKzOtlP8-wzAIS-Q","cred":{"key":{"EC_EC2":{"curve":"SECP256R1","x":"r--hb5fKmy0j64bMtkCY0g25CFYGLrJJwzqbZy8m32E","y":"kwpWuHovymYzSwNFir-HlxfBLMaO1zKQry4mZHlrkiA"}},"type_":"ES256"},"transports":["usb"],"user_verified":false,"backup_eligible":true}"#;
