//! Enrolls a real phone from a terminal: `cargo run --example enroll`.
//!
//! Scan the code with any authenticator app and type what it shows. For terminals that understand no colours there are
//! `-- --light` and `-- --dark`; `-- --phone` lets `totp-rs` play the phone.

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
    let (mut theme, mut phone) = (Theme::Ansi, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--light" => theme = Theme::Light,
            "--dark" => theme = Theme::Dark,
            "--phone" => phone = true,
            other => return Err(format!("{other}: only --light, --dark, --phone").into()),
        }
    }

    // The edge brings clock and entropy; everything below is values.
    let mut entropy = [0; 20];
    SysRng.try_fill_bytes(&mut entropy)?;
    let session = std::process::id();
    let pending = Pending::new(session, generate_secret(entropy), Totp::default(), now()?)?;
    let offer = pending.offer(&Label::new("Loquet", "you@terminal")?, &[])?;

    let mut out = io::stdout();
    show(&mut out, &offer, theme)?;
    let typed: Box<dyn Iterator<Item = io::Result<String>>> = if phone {
        let phone = totp_rs::Totp::from_url(offer.uri.expose())?;
        let shown = phone.generate(now()?).to_string();
        // On the screen as if somebody had typed it.
        writeln!(out, "The phone shows {shown}.")?;
        Box::new(std::iter::once(Ok(shown)).inspect(|_| _ = writeln!(io::stdout())))
    } else {
        Box::new(io::stdin().lock().lines())
    };

    match converse(&mut out, pending, session, typed)? {
        Some(confirmed) => writeln!(
            out,
            "Right. Your phone is enrolled. The code is used up (step {}): a log-in takes the next one.",
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
        "Scan this with your authenticator app. It will show {}, {}.",
        offer.issuer, offer.account
    )?;
    writeln!(out, "No camera? Type the key: {}", *offer.key_grouped)?;
    let works = offer.advice.fits.iter().filter(|fit| fit.works());
    let names: Vec<_> = works.map(|fit| fit.app.profile().name).collect();
    writeln!(out, "Apps that work: {}.", names.join(", "))
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
                        "Not that one. Tries left: {left}. Does the phone set its clock by itself?"
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
    writeln!(out)?;
    Ok(None)
}

/// Seconds since the epoch.
fn now() -> Result<u64, SystemTimeError> {
    Ok(SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)?
        .as_secs())
}
