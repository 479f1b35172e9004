//! Checks for any export, apart from the others because they need a feature.

use base64::Engine;
use loquet_enrollment::{Migration, MigrationPart};
use loquet_otp::Secret;

use crate::checks::Emission;

/// Checks that any bytes in a migration URI are an export or an error, and that the accounts of an export can be emitted
/// and read back.
pub(crate) fn check_migration_data(data: &[u8]) {
    let encoded = base64::engine::general_purpose::STANDARD.encode(data);
    let uri = format!("otpauth-migration://offline?data={encoded}");
    let as_text = String::from_utf8_lossy(data);
    for text in [uri.as_str(), &as_text] {
        match MigrationPart::parse(text) {
            Ok(part) => {
                assert!(part.index < part.parts && part.parts <= 100);
                for import in part.accounts.iter().flatten() {
                    assert!(!import.account.chars().any(char::is_control));
                    assert!(
                        (Secret::WEAKEST..=Secret::MAX).contains(&import.secret.expose().len())
                    );
                    Emission::from(import.clone()).holds();
                }
                let mut migration = Migration::default();
                migration.add(part.clone()).unwrap();
                assert_eq!(migration.missing().len(), part.parts - 1);
            }
            Err(error) => assert!(error.position <= text.len(), "{error}"),
        }
    }
}
