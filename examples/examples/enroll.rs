//! Enrolls a real phone from a terminal: `cargo run --example enroll`.
//!
//! Scan the code with any authenticator app and type what it shows. For terminals that understand no colours there are
//! `-- --light` and `-- --dark`; `-- --phone` lets `totp-rs` play the phone.

use std::io::{self, BufRead, Write};
use std::time::{SystemTime, SystemTimeError};

use loquet_enrollment::{Label, Offer, Theme};
use loquet_otp::{Acceptance, Match, Secret, Totp, TypedCode, Verdict};
use rand::TryRng;
use rand::rngs::SysRng;

/// How long an enrollment waits for its first code, in seconds.
const LIFETIME: u64 = 600;

/// How many wrong codes end an enrollment: ten hit one of three codes in a million with a chance of 1 in 33,333.
const WRONG_CODES: u8 = 10;

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
    let secret = Secret::from(entropy);
    let totp = Totp::default();
    let expires = now()?.saturating_add(LIFETIME);
    let offer = Offer::new(
        &Label::new("Loquet", "you@terminal")?,
        &secret,
        totp,
        &[],
        expires,
    )?;

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

    match converse(&mut out, &secret, expires, typed)? {
        Some(found) => writeln!(
            out,
            "Right. Your phone is enrolled. The code is used up (step {}): a log-in takes the next one.",
            found.step
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

/// Asks for codes until one is right, the tenth is wrong, ten minutes are over or the input ends. `loquet` does the same,
/// and stores each step.
fn converse(
    out: &mut impl Write,
    secret: &Secret,
    expires: u64,
    typed: impl Iterator<Item = io::Result<String>>,
) -> Result<Option<Match>, Failure> {
    let totp = Totp::default();
    let key = secret.key(totp.algorithm);
    let mut left = WRONG_CODES;
    write!(out, "\nWhat does it show? ")?;
    out.flush()?;
    for line in typed {
        match TypedCode::parse(&line?, totp.digits) {
            Ok(code) => {
                let now = now()?;
                if now >= expires {
                    writeln!(out, "Ten minutes are over.")?;
                    return Ok(None);
                }
                let verdict = totp.verify(&key, code, now, Acceptance::default());
                if let Verdict::Accepted(found) = verdict {
                    return Ok(Some(found));
                }
                left = left.saturating_sub(1);
                if left == 0 {
                    writeln!(out, "Too many wrong codes.")?;
                    return Ok(None);
                }
                writeln!(
                    out,
                    "Not that one. Tries left: {left}. Does the phone set its clock by itself?"
                )?;
            }
            Err(error) => writeln!(out, "{error}.")?,
        }
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
