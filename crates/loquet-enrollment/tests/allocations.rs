//! Counts allocations: memory that is not allocated cannot keep a copy of the secret.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use allocation_counter::measure;
use loquet_enrollment::{Import, KeyUri, Label, ManualKey};
use loquet_otp::Secret;

#[test]
fn typical_uri_parses_with_four_allocations() {
    let label = Label::new("Loquet", "marie.tremblay@mairie.example").unwrap();
    let uri = KeyUri::new(&label, &Secret::from([7; 20])).unwrap();
    let counted = measure(|| assert!(Import::parse(uri.expose()).is_ok()));
    assert!(counted.count_total <= 4, "{counted:?}");
}

#[test]
fn uri_and_key_take_one_allocation_each() {
    let label = Label::new("Mairie de Saint-Éloi", "marie+creche@mairie.example").unwrap();
    let secret = Secret::from([7; 20]);
    assert_eq!(
        measure(|| assert!(KeyUri::new(&label, &secret).is_ok())).count_total,
        1
    );
    let key = ManualKey::new(&secret);
    assert_eq!(
        measure(|| assert_eq!(key.ungrouped().len(), 32)).count_total,
        1
    );
    assert_eq!(
        measure(|| assert_eq!(key.grouped().len(), 39)).count_total,
        2
    );
}
