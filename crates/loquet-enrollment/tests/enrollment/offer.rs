//! The contents of an offer, and what `Debug` shows of it.

use loquet_enrollment::{App, Label, ManualKey, Offer, OfferError, Qr};
use loquet_otp::{Digits, Secret, Totp};

const SECRET: [u8; 20] = *b"CANARYCANARYCANARYCA";

fn offer(totp: Totp, apps: &[App]) -> Result<Offer, OfferError> {
    let label = Label::new("Loquet", "marie").unwrap();
    Offer::new(&label, &Secret::from(SECRET), totp, apps, 1_700_000_600)
}

#[test]
fn all_fields_contain_the_same_key() {
    let offer = offer(Totp::default(), &[]).unwrap();
    assert!(offer.uri.expose().contains(&*offer.key_ungrouped));
    assert_eq!(offer.key_grouped.replace(' ', ""), *offer.key_ungrouped);
    let qr = offer.qr().unwrap();
    assert_eq!(qr, Qr::encode(offer.uri.expose()).unwrap());
    assert_eq!(*offer.svg("QR").unwrap(), qr.svg("QR"));
    assert_eq!((&*offer.issuer, &*offer.account), ("Loquet", "marie"));
    // The advice covers all apps, or the named ones.
    assert_eq!(offer.advice.apps.len(), App::ALL.len());
}

#[test]
fn offer_of_other_parameters_requires_named_apps() {
    let eight = Totp {
        digits: Digits::Eight,
        ..Totp::default()
    };
    assert!(matches!(offer(eight, &[]), Err(OfferError::KeyUri(_))));
    let offer = offer(eight, &[App::Aegis]).unwrap();
    assert!(offer.uri.expose().ends_with("&digits=8"));
    assert_eq!(offer.advice.apps.len(), 1);
}

#[test]
fn nonzero_t0_is_not_offered() {
    let late = Totp {
        t0: 5,
        ..Totp::default()
    };
    assert!(matches!(offer(late, &[]), Err(OfferError::T0(_))));
}

#[test]
fn debug_hides_secrets_of_offer() {
    // The canary is searched for in every form that a formatter could choose.
    let offer = offer(Totp::default(), &[]).unwrap();
    let printed = format!(
        "{offer:?} {offer:#?} {:?} {:?} {:?}",
        offer.uri,
        offer.qr().unwrap(),
        ManualKey::new(&Secret::from(SECRET))
    );
    // Names and lengths are shown.
    for shown in [
        r#"Offer { issuer: "Loquet", account: "marie", expires: 1700000600, .. }"#,
        "ManualKey(20 bytes)",
    ] {
        assert!(printed.contains(shown), "{shown} not in {printed}");
    }
    let canaries = [
        "CANARY",
        &*offer.key_ungrouped,
        &*offer.key_grouped,
        "67, 65, 78",
        "43414e",
    ];
    for canary in canaries {
        assert!(!printed.contains(canary), "{canary} in {printed}");
    }
    assert!(!printed.contains(&*offer.svg("QR").unwrap()));
}
