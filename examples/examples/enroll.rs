//! Enrolls a real phone from a terminal: `cargo run --example enroll`.
//!
//! Scan the code with any authenticator app and type what it shows. `-- --light` and `-- --dark` draw for terminals
//! that understand no colours, `-- --phone` lets `totp-rs` play the phone.

use std::io::{self, BufRead, Write};
use std::time::{SystemTime, SystemTimeError};

use loquet_enrollment::{
    Confirmation, Confirmed, Erased, Label, Obstacle, Offer, Pending, Theme, generate_secret,
};
use loquet_otp::{Totp, TypedCode};
use rand::TryRng;
use rand::rngs::SysRng;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = |word: &str| arguments.iter().any(|argument| argument == word);
    let theme = match (asked("--light"), asked("--dark")) {
        (true, _) => Theme::Light,
        (_, true) => Theme::Dark,
        _ => Theme::Ansi,
    };

    // The edge brings clock and entropy; everything below is values.
    let mut entropy = [0; 20];
    SysRng.try_fill_bytes(&mut entropy)?;
    let session = std::process::id();
    let pending = Pending::new(session, generate_secret(entropy), Totp::default(), now()?)?;
    let offer = pending.offer(&Label::new("Loquet", "you@terminal")?, &[])?;

    let mut out = io::stdout();
    show(&mut out, &offer, theme)?;
    let typed: Box<dyn Iterator<Item = io::Result<String>>> = if asked("--phone") {
        let phone = totp_rs::Totp::from_url(offer.uri.expose())?;
        let shown = phone.generate(now()?).to_string();
        writeln!(out, "The phone shows {shown}.")?;
        Box::new(std::iter::once(Ok(shown)))
    } else {
        Box::new(io::stdin().lock().lines())
    };

    match converse(&mut out, pending, session, typed)? {
        Some(confirmed) => writeln!(
            out,
            "Right. Your phone is enrolled; step {} is used, so the same code does not log in.",
            confirmed.matched.step
        )?,
        None => writeln!(out, "Nothing was enrolled, and the secret is wiped.")?,
    }
    Ok(())
}

fn show(out: &mut impl Write, offer: &Offer, theme: Theme) -> io::Result<()> {
    writeln!(out, "{}", offer.qr.terminal(theme))?;
    writeln!(
        out,
        "Scan this with your authenticator app, or type the key {}",
        *offer.key_grouped
    )?;
    writeln!(
        out,
        "for {} at {}. Apps that work:",
        offer.account, offer.issuer
    )?;
    for fit in offer.advice.fits.iter().filter(|fit| fit.works()) {
        writeln!(out, "  {}", fit.app.profile().name)?;
    }
    Ok(())
}

/// Asks for codes until one is right, the tenth is wrong, ten minutes are over or nobody types any more.
fn converse(
    out: &mut impl Write,
    mut pending: Pending<u32>,
    session: u32,
    typed: impl Iterator<Item = io::Result<String>>,
) -> Result<Option<Confirmed>, Failure> {
    write!(out, "\nWhat does it show? ")?;
    out.flush()?;
    for line in typed {
        pending = match TypedCode::parse(&line?, pending.totp().digits) {
            Ok(code) => match pending.confirm(&session, code, now()?) {
                Confirmation::Confirmed(confirmed) => return Ok(Some(confirmed)),
                Confirmation::Erased(Erased::Expired) => {
                    writeln!(out, "Ten minutes are over.")?;
                    return Ok(None);
                }
                Confirmation::Erased(Erased::TooManyWrongCodes) => {
                    writeln!(out, "Too many wrong codes.")?;
                    return Ok(None);
                }
                Confirmation::StillPending(pending, Obstacle::WrongCode { left }) => {
                    writeln!(
                        out,
                        "Not that one; {left} more tries. Is the phone's clock set automatically?"
                    )?;
                    pending
                }
                Confirmation::StillPending(pending, Obstacle::OtherSession) => pending,
            },
            Err(error) => {
                writeln!(out, "{error}.")?;
                pending
            }
        };
        write!(out, "What does it show? ")?;
        out.flush()?;
    }
    Ok(None)
}

/// Seconds since the epoch.
fn now() -> Result<u64, SystemTimeError> {
    Ok(SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)?
        .as_secs())
}
