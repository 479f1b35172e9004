//! `loquet-enrollment` beside its peers: `cargo bench --features enrollment --bench enrollment`.
//!
//! Every candidate writes or reads the same account, which is asserted first. Peers differ in what they leave out of
//! the URI and in the picture they draw; the names of the candidates say how many bytes it has.

use std::hint::black_box;

use fast_qr::convert::svg::SvgBuilder;
use loquet_benches::{case, compare};
use loquet_enrollment::{Import, KeyUri, Label, Qr, Scale};
use loquet_otp::Secret;

const SECRET: [u8; 20] = *b"12345678901234567890";
const ISSUER: &str = "Loquet";
const ACCOUNT: &str = "marie.tremblay@mairie.example";

fn main() {
    build_and_parse();
    draw();
}

fn totp_rs() -> totp_rs::Totp {
    totp_rs::Builder::new()
        .with_secret(SECRET)
        .with_issuer(Some(ISSUER))
        .with_account_name(ACCOUNT)
        .build()
        .unwrap()
}

fn build_and_parse() {
    let label = Label::new(ISSUER, ACCOUNT).unwrap();
    let secret = Secret::from(SECRET);
    let uri = KeyUri::new(&label, &secret).unwrap();
    let totp_rs = totp_rs();
    let otp_std = otp_std::auth::Auth::parse_url(uri.expose()).unwrap();

    // All of them read what each of them writes.
    for text in [
        uri.expose(),
        &totp_rs.to_url().unwrap(),
        otp_std.build_url().as_str(),
    ] {
        let import = Import::parse(text).unwrap();
        assert_eq!(
            (import.issuer.as_deref(), import.account.as_str()),
            (Some(ISSUER), ACCOUNT)
        );
        assert_eq!(import.secret, secret);
        assert_eq!(
            totp_rs::Totp::from_url(text).unwrap().secret().as_bytes(),
            SECRET
        );
        assert!(otp_std::auth::Auth::parse_url(text).is_ok());
    }

    compare(
        "build a key URI",
        "totp-rs",
        vec![
            case("totp-rs", || totp_rs.to_url().unwrap()),
            case("otp-std", || otp_std.build_url()),
            case("loquet", || {
                KeyUri::new(black_box(&label), black_box(&secret)).unwrap()
            }),
            case("loquet, names checked too", || {
                let label = Label::new(black_box(ISSUER), black_box(ACCOUNT)).unwrap();
                KeyUri::new(&label, black_box(&secret)).unwrap()
            }),
        ],
    )
    .target("loquet", 0.5);

    compare(
        "parse a key URI",
        "totp-rs",
        vec![
            case("totp-rs", || {
                totp_rs::Totp::from_url(black_box(uri.expose())).unwrap()
            }),
            case("otp-std", || {
                otp_std::auth::Auth::parse_url(black_box(uri.expose())).unwrap()
            }),
            case("loquet", || Import::parse(black_box(uri.expose())).unwrap()),
        ],
    )
    .target("loquet", 0.5);
}

fn draw() {
    let label = Label::new(ISSUER, ACCOUNT).unwrap();
    let secret = Secret::from(SECRET);
    let totp_rs = totp_rs();
    let loquet = || {
        Qr::encode(
            KeyUri::new(black_box(&label), black_box(&secret))
                .unwrap()
                .expose(),
        )
        .unwrap()
    };
    let fast_qr = || {
        let uri = KeyUri::new(black_box(&label), black_box(&secret)).unwrap();
        let code = fast_qr::QRBuilder::new(uri.expose())
            .ecl(fast_qr::ECL::M)
            .build()
            .unwrap();
        SvgBuilder::default().to_str(&code)
    };

    let png = || loquet().png(Scale::default());
    let svg = || loquet().svg(ACCOUNT);
    let their_png = || totp_rs.to_qr_png().unwrap();
    let named = |picture: &str, bytes: usize| format!("{picture}, {bytes} bytes");
    let baseline = named("totp-rs, PNG", their_png().len());
    let (our_png, our_svg) = (
        named("loquet, PNG", png().len()),
        named("loquet, SVG", svg().len()),
    );
    let fast = named("fast_qr, SVG", fast_qr().len());
    // No target: a picture is drawn once an enrollment, and `qrcode` takes most of the time for its masks.
    compare(
        "secret to picture",
        &baseline,
        vec![
            case(&baseline, their_png),
            case(&our_png, png),
            case(&our_svg, svg),
            case("loquet, matrix alone", loquet),
            case(&fast, fast_qr),
        ],
    );
}
