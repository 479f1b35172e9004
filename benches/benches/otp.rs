//! `loquet-otp` beside its peers: `cargo bench --features otp --bench otp`.
//!
//! Every candidate makes the same codes, which is asserted first. Peers that make text are asked for text, and so are
//! we where they are compared; peers that only work with their own clock say so in their name.
//!
//! The rows named "bound" are no code at all: only the compressions that it takes, over blocks that lie ready, in the order
//! in which the processor overlaps them best. A caller of the same function cannot be faster.

use std::hint::black_box;

use loquet_benches::{case, compare};
use loquet_otp::{
    Acceptance, Algorithm, Hotp, HotpVerdict, LookAhead, Reach, Search, Secret, Totp, TypedCode,
    Verdict,
};

const SECRET: [u8; 20] = *b"12345678901234567890";
const NOW: u64 = 1_700_000_000;
const STEP: u64 = NOW / 30;
/// No code of the window, and of the same length: every candidate has to look at all steps.
const WRONG: &str = "000000";

fn main() {
    generate();
    generate_text();
    generate_longer_hashes();
    verify_wrong();
    verify_right();
    search();
}

/// The compressions of `N` codes and nothing else: all inner ones, then all outer ones, each of which waits for its inner.
fn compressions<const N: usize>(blocks: &[[u8; 64]; N]) -> [[u32; 5]; N] {
    let mut states = [[0x6745_2301; 5]; N];
    for _ in ["inner", "outer"] {
        for (state, block) in states.iter_mut().zip(blocks) {
            sha1::block_api::compress(state, std::slice::from_ref(block));
        }
    }
    states
}

fn totp_rs() -> totp_rs::Totp {
    totp_rs::Builder::new()
        .with_secret(SECRET)
        .build_noncompliant()
}

fn otp_std() -> otp_std::Totp<'static> {
    let secret = otp_std::Secret::borrowed(&SECRET).unwrap();
    let base = otp_std::Base::builder().secret(secret).build();
    otp_std::Totp::builder().base(base).build()
}

fn generate() {
    let secret = Secret::from(SECRET);
    let key = secret.key(Algorithm::Sha1);
    let totp = Totp::default();
    let expected = totp.generate(&key, NOW).to_string();

    let totp_rs = totp_rs();
    let totp_rfc = totp_rfc::Totp::default();
    let totp_rfc_secret = totp_rfc::Secret::new(&SECRET).unwrap();
    let otp_std = otp_std();
    let slauth = slauth::oath::hotp::HOTPBuilder::new()
        .secret(&SECRET)
        .counter(STEP)
        .build();
    let libreauth = libreauth::oath::HOTPBuilder::new()
        .key(&SECRET)
        .counter(STEP)
        .finalize()
        .unwrap();
    let totp_lite =
        || totp_lite::totp_custom::<totp_lite::Sha1>(30, 6, black_box(&SECRET), black_box(NOW));

    assert_eq!(totp_rs.generate(NOW).to_string(), expected);
    assert_eq!(
        totp_rfc
            .generate(&totp_rfc_secret, NOW)
            .unwrap()
            .to_string(),
        expected
    );
    assert_eq!(totp_lite(), expected);
    assert_eq!(otp_std.generate_string_at(NOW), expected);
    assert_eq!(slauth.r#gen(), expected);
    assert_eq!(libreauth.generate(), expected);

    compare(
        "generate a code, SHA-1",
        "totp-rs",
        vec![
            case("bound: two compressions", || {
                compressions(black_box(&[[0; 64]]))
            }),
            case("loquet-otp, key state kept", || {
                totp.generate(black_box(&key), black_box(NOW))
            }),
            case("loquet-otp, from the secret", || {
                totp.generate(&black_box(&secret).key(Algorithm::Sha1), black_box(NOW))
            }),
            case("totp-rs", || black_box(&totp_rs).generate(black_box(NOW))),
            case("totp-rfc", || {
                totp_rfc.generate(black_box(&totp_rfc_secret), black_box(NOW))
            }),
            case("otp-std", || {
                black_box(&otp_std).generate_at(black_box(NOW))
            }),
            case("totp-lite (text)", totp_lite),
            case("slauth (text)", || black_box(&slauth).r#gen()),
            case("libreauth (text)", || black_box(&libreauth).generate()),
        ],
    )
    .target("loquet-otp, key state kept", 0.55);
}

fn generate_text() {
    let key = Secret::from(SECRET).key(Algorithm::Sha1);
    let (totp, totp_rs) = (Totp::default(), totp_rs());
    compare(
        "generate a code as text, SHA-1",
        "totp-rs",
        vec![
            case("loquet-otp, key state kept", || {
                totp.generate(black_box(&key), black_box(NOW)).to_string()
            }),
            case("totp-rs", || {
                black_box(&totp_rs).generate(black_box(NOW)).to_string()
            }),
        ],
    );
}

fn generate_longer_hashes() {
    for (algorithm, peer, bytes) in [
        (Algorithm::Sha256, totp_rs::Algorithm::SHA256, &[7; 32][..]),
        (Algorithm::Sha512, totp_rs::Algorithm::SHA512, &[7; 64][..]),
    ] {
        let key = Secret::new(bytes).unwrap().key(algorithm);
        let totp = Totp {
            algorithm,
            ..Totp::default()
        };
        let totp_rs = totp_rs::Builder::new()
            .with_algorithm(peer)
            .with_secret(bytes)
            .build_noncompliant();
        assert_eq!(
            totp_rs.generate(NOW).to_string(),
            totp.generate(&key, NOW).to_string()
        );
        compare(
            &format!("generate a code, {algorithm}"),
            "totp-rs",
            vec![
                case("loquet-otp, key state kept", || {
                    totp.generate(black_box(&key), black_box(NOW))
                }),
                case("totp-rs", || black_box(&totp_rs).generate(black_box(NOW))),
            ],
        )
        .target("loquet-otp, key state kept", 0.55);
    }
}

/// What a service does with a typed code.
fn check(key: &loquet_otp::Key, text: &str) -> Verdict {
    let totp = Totp::default();
    let typed = TypedCode::parse(text, totp.digits).unwrap();
    let acceptance = Acceptance {
        after: Some(STEP - 5),
        ..Acceptance::default()
    };
    totp.verify(key, typed, black_box(NOW), acceptance)
}

fn verify_wrong() {
    let secret = Secret::from(SECRET);
    let key = secret.key(Algorithm::Sha1);

    let totp_rs = totp_rs();
    let totp_rfc = totp_rfc::Totp::default();
    let totp_rfc_secret = totp_rfc::Secret::new(&SECRET).unwrap();
    let window = totp_rfc::ValidationWindow::new(1, 1);
    let otp_std = otp_std();
    let mut slauth = slauth::oath::totp::TOTPBuilder::new()
        .secret(&SECRET)
        .re_sync_parameter(1, 2)
        .build();
    let libreauth = libreauth::oath::TOTPBuilder::new()
        .key(&SECRET)
        .tolerance(1)
        .finalize()
        .unwrap();

    assert_eq!(check(&key, WRONG), Verdict::Wrong);
    assert_eq!(totp_rs.check(WRONG, NOW), None);

    let table = compare(
        "verify a wrong code, one step back and one ahead",
        "totp-rs",
        vec![
            case("bound: six compressions", || {
                compressions(black_box(&[[0; 64]; 3]))
            }),
            case("loquet-otp, key state kept", || {
                check(black_box(&key), black_box(WRONG))
            }),
            case("loquet-otp, from the secret", || {
                check(&black_box(&secret).key(Algorithm::Sha1), black_box(WRONG))
            }),
            case("totp-rs", || {
                black_box(&totp_rs).check(black_box(WRONG), black_box(NOW))
            }),
            case("totp-rfc", || {
                totp_rfc.verify_window(
                    black_box(&totp_rfc_secret),
                    black_box(NOW),
                    window,
                    black_box(WRONG),
                )
            }),
            case("otp-std", || {
                black_box(&otp_std).verify_string_at(black_box(NOW), black_box(WRONG))
            }),
            case("slauth (its own clock)", || slauth.verify(black_box(WRONG))),
            case("libreauth (its own clock)", || {
                black_box(&libreauth).is_valid(black_box(WRONG))
            }),
        ],
    );
    table.target("loquet-otp, key state kept", 0.50);
    table.target("loquet-otp, from the secret", 0.65);
}

/// A right code: the peers stop at the first match, we never do.
fn verify_right() {
    let secret = Secret::from(SECRET);
    let (key, totp_rs) = (secret.key(Algorithm::Sha1), totp_rs());
    let right = Totp::default().generate(&key, NOW).to_string();
    compare(
        "verify a right code, one step back and one ahead",
        "totp-rs",
        vec![
            case("loquet-otp, key state kept", || {
                check(black_box(&key), black_box(&right))
            }),
            case("loquet-otp, from the secret", || {
                check(&black_box(&secret).key(Algorithm::Sha1), black_box(&right))
            }),
            case("totp-rs", || {
                black_box(&totp_rs).check(black_box(&right), black_box(NOW))
            }),
        ],
    );
}

fn search() {
    let key = Secret::from(SECRET).key(Algorithm::Sha1);
    let (hotp, totp) = (Hotp::default(), Totp::default());
    let typed = TypedCode::parse(WRONG, hotp.digits).unwrap();
    let look_ahead = LookAhead::new(99).unwrap();
    let reach = Reach::new(49).unwrap();
    let totp_rs = totp_rs();
    assert_eq!(
        hotp.verify(&key, typed, STEP, look_ahead),
        HotpVerdict::Wrong
    );

    let table = compare(
        "search 100 steps",
        "100 × totp-rs",
        vec![
            case("bound: 200 compressions, four at a time", || {
                for _ in 0..25 {
                    black_box(compressions(black_box(&[[0; 64]; 4])));
                }
            }),
            case("loquet-otp, look-ahead", || {
                hotp.verify(black_box(&key), typed, black_box(STEP), look_ahead)
            }),
            case("loquet-otp, resynchronize (99 steps, two codes)", || {
                totp.resynchronize(
                    black_box(&key),
                    &[typed, typed],
                    black_box(NOW),
                    Search { reach, after: None },
                )
            }),
            case("100 × totp-rs", || {
                for step in STEP..STEP + 100 {
                    black_box(black_box(&totp_rs).generate(step * 30));
                }
            }),
        ],
    );
    table.target("loquet-otp, look-ahead", 0.50);
    table.target("loquet-otp, resynchronize (99 steps, two codes)", 0.50);
}
