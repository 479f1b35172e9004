//! Reading of key URIs from other services.

use std::borrow::Cow;

use loquet_otp::{Algorithm, Digits, Period, Secret};
use zeroize::Zeroizing;

use super::errors::{ImportError, ImportFault, Warning, WarningKind};
use super::pieces::{Piece, Query};
use crate::base32::{self, Base32Error};
use crate::key_uri::MAX_URI;
use crate::{BYTE_ORDER_MARK, MovingFactor, Parameters};

/// The contents of a key URI, with its deviations from what every app supports.
///
/// It accepts any case of scheme, type and parameter names, spaces, dashes and padding in the secret, `%3A` as the colon,
/// several colons, names like `HmacSHA256`, a missing, repeated or contradictory issuer, and secrets from 80 bits. It
/// ignores unknown parameters, and a byte-order mark at the start of the text. It refuses URIs that are ambiguous or would
/// give wrong codes, and control characters in any parameter.
///
/// ```
/// use loquet_enrollment::{Import, WarningKind};
/// let import = Import::parse("otpauth://totp/Contoso:marie@x.ca?secret=jbsw y3dp ehpk 3pxp&issuer=Contoso")?;
/// assert_eq!((import.issuer.as_deref(), import.account.as_str()), (Some("Contoso"), "marie@x.ca"));
/// let kinds: Vec<_> = import.warnings.iter().map(|warning| warning.kind.clone()).collect();
/// assert_eq!(kinds, [WarningKind::SecretSpelling, WarningKind::WeakSecret { bytes: 10 }]);
///
/// let error = Import::parse("otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&period=0").unwrap_err();
/// assert_eq!((error.position, error.to_string().as_str()), (48, "at byte 48: the period must be 1 to 3600 seconds"));
/// # Ok::<(), loquet_enrollment::ImportError>(())
/// ```
///
/// # Security
/// Show the issuer to the user before importing the secret. A weak secret ([`Secret::is_weak`]) only serves to read
/// codes of another service; [`KeyUri`](crate::KeyUri) refuses to bind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The issuer. If label and parameter differ, it is the parameter (draft-andesco-otpauth-uri).
    pub issuer: Option<String>,
    /// The account; empty if the URI has none.
    pub account: String,
    /// The shared secret.
    pub secret: Secret,
    /// The hash, the digits, and the step or counter.
    pub parameters: Parameters,
    /// The deviations, in the order found.
    pub warnings: Vec<Warning>,
}

impl Import {
    /// Parses a key URI.
    ///
    /// # Errors
    /// [`ImportError`] with the first error and its byte offset.
    pub fn parse(text: &str) -> Result<Self, ImportError> {
        if text.len() > MAX_URI {
            return Err(ImportError {
                position: base32::boundary(text, MAX_URI),
                fault: ImportFault::TooLong,
            });
        }
        let mut warnings = Vec::new();
        let mut warn = |piece: Piece<'_>, kind| {
            warnings.push(Warning {
                position: piece.at,
                kind,
            })
        };

        let uri = checked(text)?;
        let uri = without_fragment(uri, &mut warn);
        let (path, query) = uri.split_once(b'?').unwrap_or((uri, uri.end()));
        let (is_totp, label) = scheme_and_type(path)?;
        let query = Query::read(query, &mut warn)?;
        let (prefix, account) = split_label(label, query.issuer);
        if [Some(account), prefix]
            .into_iter()
            .flatten()
            .any(|name| name.colon().is_some())
        {
            warn(account, WarningKind::SeveralColons);
        }
        let account = account_name(account, &mut warn)?;
        let issuer = issuer(prefix, query.issuer, label, &mut warn)?;
        let end = uri.end();
        let secret = secret(
            query.secret.ok_or(end.fault(ImportFault::NoSecret))?,
            &mut warn,
        )?;
        let algorithm = query
            .algorithm
            .map_or(Ok(Algorithm::Sha1), |piece| algorithm(piece, &mut warn))?;
        let digits = query.digits.map_or(Ok(Digits::Six), digits)?;
        let moving = if is_totp {
            time(&query, &mut warn)?
        } else {
            counter(&query, end, &mut warn)?
        };
        Ok(Self {
            issuer,
            account,
            secret,
            parameters: Parameters {
                algorithm,
                digits,
                moving,
            },
            warnings,
        })
    }
}

/// Returns the URI without a byte-order mark and spaces around it. Nothing else invisible is allowed in it.
fn checked(text: &str) -> Result<Piece<'_>, ImportError> {
    // No branch for each byte, so that sixteen bytes are compared at once.
    let found = text.bytes().fold(0_u8, |found, byte| {
        found
            | u8::from(matches!(byte, b'%' | b'+'))
            | if matches!(byte, b' '..=b'~') { 0 } else { 2 }
    });
    let plain = found & 1 == 0;
    let uri = Piece { text, at: 0, plain };
    let mark = if text.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len_utf8()
    } else {
        0
    };
    let uri = uri.part(mark..text.len()).trim();
    let is_bad = |(_, c): &(usize, char)| *c == BYTE_ORDER_MARK || c.is_control();
    let bad = (found & 2 != 0).then(|| uri.text.char_indices().find(is_bad));
    match bad.flatten() {
        Some((at, c)) => Err(uri.part(at..uri.text.len()).fault(if c == BYTE_ORDER_MARK {
            ImportFault::ByteOrderMark
        } else {
            ImportFault::Control
        })),
        None => Ok(uri),
    }
}

/// Returns the URI without its fragment.
fn without_fragment<'a>(
    uri: Piece<'a>,
    warn: &mut impl FnMut(Piece<'_>, WarningKind),
) -> Piece<'a> {
    match uri.split_once(b'#') {
        Some((uri, fragment)) => {
            warn(fragment, WarningKind::Fragment);
            uri
        }
        None => uri,
    }
}

/// Returns whether the type is TOTP, and the label.
fn scheme_and_type(path: Piece<'_>) -> Result<(bool, Piece<'_>), ImportError> {
    let scheme = "otpauth://";
    let (found, rest) = path.split(scheme.len(), 0);
    if !found.text.eq_ignore_ascii_case(scheme) {
        return Err(path.fault(ImportFault::Scheme));
    }
    let (kind, label) = rest.split_once(b'/').unwrap_or((rest, rest.end()));
    match kind.text {
        text if text.eq_ignore_ascii_case("totp") => Ok((true, label)),
        text if text.eq_ignore_ascii_case("hotp") => Ok((false, label)),
        _ => Err(kind.fault(ImportFault::Type)),
    }
}

/// Splits the undecoded label: after the issuer parameter if it begins with it, so that an issuer may have colons (a URL
/// has one), otherwise at its first colon (draft-andesco-otpauth-uri). A colon may be escaped.
fn split_label<'a>(
    label: Piece<'a>,
    parameter: Option<Piece<'_>>,
) -> (Option<Piece<'a>>, Piece<'a>) {
    let issuer = parameter.filter(|issuer| issuer.colon().is_some());
    let after_issuer = issuer.and_then(|issuer| {
        let issuer = issuer.name().ok()?;
        let split = split_at_colon(label, issuer.matches(':').count())?;
        split
            .0
            .name()
            .is_ok_and(|prefix| prefix == issuer)
            .then_some(split)
    });
    let split = after_issuer.or_else(|| split_at_colon(label, 0));
    split.map_or((None, label), |(prefix, account)| (Some(prefix), account))
}

/// Splits at a colon, after skipping as many.
fn split_at_colon(label: Piece<'_>, skipped: usize) -> Option<(Piece<'_>, Piece<'_>)> {
    let mut start = 0_usize;
    for _ in 0..skipped {
        let (at, len) = label.part(start..label.text.len()).colon()?;
        start = start.saturating_add(at).saturating_add(len);
    }
    let (at, len) = label.part(start..label.text.len()).colon()?;
    Some(label.split(start.saturating_add(at), len))
}

fn account_name(
    account: Piece<'_>,
    warn: &mut impl FnMut(Piece<'_>, WarningKind),
) -> Result<String, ImportError> {
    let name = account.name()?;
    if name.is_empty() {
        warn(account, WarningKind::NoAccount);
    }
    Ok(name.into_owned())
}

/// Returns the issuer from prefix and parameter.
fn issuer(
    prefix: Option<Piece<'_>>,
    parameter: Option<Piece<'_>>,
    label: Piece<'_>,
    warn: &mut impl FnMut(Piece<'_>, WarningKind),
) -> Result<Option<String>, ImportError> {
    for piece in prefix.into_iter().chain(parameter) {
        if piece.has_plus() {
            warn(piece, WarningKind::PlusSign);
        }
    }
    // Usually both are the same text. Decoding it once saves an allocation.
    if let (Some(a), Some(b)) = (prefix, parameter)
        && a.text == b.text
    {
        let name = b.name()?;
        if !name.is_empty() {
            return Ok(Some(name.into_owned()));
        }
    }
    let named = |piece: Option<Piece<'_>>| -> Result<Option<String>, ImportError> {
        Ok(piece
            .map(Piece::name)
            .transpose()?
            .filter(|name| !name.is_empty())
            .map(Cow::into_owned))
    };
    match (named(prefix)?, named(parameter)?) {
        (Some(in_label), Some(in_query)) => {
            if in_label != in_query {
                warn(label, WarningKind::IssuerMismatch { label: in_label });
            }
            Ok(Some(in_query))
        }
        (None, None) => {
            warn(label, WarningKind::NoIssuer);
            Ok(None)
        }
        (one, other) => Ok(one.or(other)),
    }
}

fn secret(
    piece: Piece<'_>,
    warn: &mut impl FnMut(Piece<'_>, WarningKind),
) -> Result<Secret, ImportError> {
    let decoded = if piece.plain {
        base32::decode(piece.text)
    } else {
        // Form encoding writes a space as a plus sign.
        let text = Zeroizing::new(piece.decode()?.into_owned());
        base32::decode(&Zeroizing::new(text.replace('+', " ")))
    };
    let decoded = decoded.map_err(|error| {
        piece
            .part(inner(error, piece)..piece.text.len())
            .fault(ImportFault::Base32(error))
    })?;
    if decoded.lower_case || decoded.separators {
        warn(piece, WarningKind::SecretSpelling);
    }
    if decoded.leftover {
        warn(piece, WarningKind::SecretLeftover);
    }
    let bytes = decoded.expose().len();
    let secret = Secret::weak(decoded.expose())
        .map_err(|_| piece.fault(ImportFault::SecretLength { bytes }))?;
    if secret.is_weak() {
        warn(piece, WarningKind::WeakSecret { bytes });
    }
    Ok(secret)
}

/// Returns the position of a base32 error within the piece, or 0 if escapes make it unknown.
fn inner(error: Base32Error, piece: Piece<'_>) -> usize {
    if piece.text.contains('%') {
        0
    } else {
        error.position().min(piece.text.len())
    }
}

fn algorithm(
    piece: Piece<'_>,
    warn: &mut impl FnMut(Piece<'_>, WarningKind),
) -> Result<Algorithm, ImportError> {
    let name = piece.decode()?;
    if let Some(exact) = Algorithm::ALL
        .into_iter()
        .find(|known| known.name() == name)
    {
        return Ok(exact);
    }
    // HmacSHA256, HMAC-SHA-256, sha256, SHA_256.
    let bare: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_uppercase();
    let bare = bare.strip_prefix("HMAC").unwrap_or(&bare);
    let known = bare
        .parse()
        .map_err(|_| piece.fault(ImportFault::Algorithm))?;
    warn(piece, WarningKind::AlgorithmSpelling);
    Ok(known)
}

fn digits(piece: Piece<'_>) -> Result<Digits, ImportError> {
    number::<u8>(piece)?
        .and_then(|count| Digits::new(count).ok())
        .ok_or(piece.fault(ImportFault::Digits))
}

fn time(
    query: &Query<'_>,
    warn: &mut impl FnMut(Piece<'_>, WarningKind),
) -> Result<MovingFactor, ImportError> {
    if let Some(counter) = query.counter {
        warn(counter, WarningKind::IrrelevantParameter);
    }
    let Some(piece) = query.period else {
        return Ok(MovingFactor::Time(Period::THIRTY));
    };
    number::<u64>(piece)?
        .and_then(|seconds| Period::new(seconds).ok())
        .map(MovingFactor::Time)
        .ok_or(piece.fault(ImportFault::Period))
}

fn counter(
    query: &Query<'_>,
    end: Piece<'_>,
    warn: &mut impl FnMut(Piece<'_>, WarningKind),
) -> Result<MovingFactor, ImportError> {
    if let Some(period) = query.period {
        warn(period, WarningKind::IrrelevantParameter);
    }
    let piece = query.counter.ok_or(end.fault(ImportFault::NoCounter))?;
    number(piece)?
        .map(MovingFactor::Counter)
        .ok_or(piece.fault(ImportFault::Counter))
}

/// Parses decimal digits only; `parse` alone would accept a sign.
fn number<N: core::str::FromStr>(piece: Piece<'_>) -> Result<Option<N>, ImportError> {
    let text = piece.decode()?;
    Ok(Some(text)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok()))
}
