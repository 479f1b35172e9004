//! What passkeys cost: the cryptography of `loquet-webauthn`, and what stands around it in a log-in.

use loquet::store::MemoryStore;
use loquet::{NewPasskey, RelyingParty as _, Signed, wait};
use loquet_benches::passkeys::KEPT;
use loquet_benches::users::users;
use loquet_benches::{case, compare};
use loquet_webauthn::Passkeys;

/// The answers of the test vector "none.ES256" (WebAuthn Level 3 §16.2), as browsers send them.
const CREATED: &str = r#"{"id":"-R85HbTJsv3g6nAYnLo_tj9Xm6YSKzOtlP8-wzAIS-Q","rawId":"-R85HbTJsv3g6nAYnLo_tj9Xm6YSKzOtlP8-wzAIS-Q","type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiQU1NUHQ0VXh4R1RTdG5jZHE0MTdZRHdCRmk4dnBJYS1wdzhvT3VWVzRUQSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0YSI6ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUsIHN1Y2ggYXMgdGhpczogQmtRZURqZGNUQnJYQmlBd0pUTEU1USJ9","attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikv6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVZAAAAAIRGzLmrHbN0dQsjZ_9vOh8AIPkfOR20ybL94OpwGJy6P7Y_V5umEiszrZT_PsMwCEvkpQECAyYgASFYIK_voW-XypstI-uGzLZAmNINuQhWBi6yScM6m2cvJt9hIlggkwpWuHovymYzSwNFir-HlxfBLMaO1zKQry4mZHlrkiA","transports":["usb"]}}"#;
const SIGNED: &str = r#"{"id":"-R85HbTJsv3g6nAYnLo_tj9Xm6YSKzOtlP8-wzAIS-Q","rawId":"-R85HbTJsv3g6nAYnLo_tj9Xm6YSKzOtlP8-wzAIS-Q","type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiT2NEblVoUVh1bFRVUG8zSlVYVDBJOTdwdnp6WUJQOXRaY2hYeWF2MDFBZyIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9","authenticatorData":"v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUZAAAAAA","signature":"MEYCIQD1Ck4uRAkknEqFO6NhKC8JhB303UVHoTqHeAIY3v_NOAIhAISArA8Lk1OBdPV1vxGh3V14xuSGAT-TcpXqE2U-Mx6H","userHandle":null}}"#;

fn created(party: &Passkeys) -> NewPasskey {
    party.created(CREATED, &mut |_| true).unwrap()
}

fn signed(party: &Passkeys, passkeys: &[&str]) -> Signed {
    party.signed(passkeys, SIGNED, &mut |_| true).unwrap()
}

/// Prints the time of each verification, beside a whole log-in with a code over memory.
pub(crate) fn measure() {
    let party = Passkeys::new("example.org", "https://example.org").unwrap();
    assert_eq!(created(&party).passkey, KEPT, "what is kept has changed");
    // The others are of other keys.
    let other = KEPT.replace("-R85HbTJ", "AAAAAAAA");
    let five = [&*other, &other, KEPT, &other, &other];
    assert_eq!(signed(&party, &five).passkey, 2);
    let mut user = wait(users(MemoryStore::new(), 1)).remove(0);
    let mut with_passkey = wait(users(MemoryStore::new(), 1)).remove(0);
    wait(with_passkey.add_passkey());
    compare(
        "passkeys: what is verified, beside a whole log-in over memory",
        "a log-in with a code",
        vec![
            case("a log-in with a code", || wait(user.log_in())),
            case("a log-in with a passkey, but for its signature", || {
                wait(with_passkey.log_in_with_passkey())
            }),
            case("a passkey's signature", || signed(&party, &[KEPT])),
            case("a passkey's signature, among five", || {
                signed(&party, &five)
            }),
            case("a registration", || created(&party)),
            case("the options to sign, of five", || {
                party.request_options(&five, &[7; 32]).unwrap()
            }),
        ],
    );
}
