//! PSKC files (RFC 6030), plain or encrypted.

use jiff::Timestamp;
use loquet::{Totp, UnixTime};
use roxmltree::{Document, Node};
use zeroize::Zeroizing;

use super::decryption::Decryption;
use super::xml::{elements, malformed, number, only, required, shown, text};
use super::{PreSharedKey, TokenRow};
use crate::{fields, when};

const NAMESPACE: &str = "urn:ietf:params:xml:ns:keyprov:pskc";
/// Registered for time-based keys at IANA, "PSKC Algorithm Profile".
const TOTP: &str = "urn:ietf:params:xml:ns:keyprov:pskc:totp";
const HOTP: &str = "urn:ietf:params:xml:ns:keyprov:pskc:hotp";

pub(super) fn read(
    file: &str,
    key: Option<&PreSharedKey>,
    now: UnixTime,
) -> Result<Vec<TokenRow>, String> {
    // The parser copies a text whose lines end in CR LF, and leaves the copy of a key unwiped.
    let file = Zeroizing::new(file.replace("\r\n", "\n"));
    let document = Document::parse(&file).map_err(|why| malformed(&why))?;
    let container = document.root_element();
    if !container.has_tag_name((NAMESPACE, "KeyContainer")) {
        return Err(format!(
            "expected an element KeyContainer of the namespace {NAMESPACE} (RFC 6030)"
        ));
    }
    match container.attribute("Version") {
        Some("1.0") => {}
        Some(other) => return Err(format!("PSKC {}: only 1.0 is read", shown(other))),
        None => return Err("KeyContainer: its Version is missing".to_owned()),
    }
    let decryption = Decryption::of(container, key)?;
    let (mut at, mut line) = (0, 1_u64);
    let packages = elements(container).filter(|child| child.tag_name().name() == "KeyPackage");
    let rows = packages.map(|package| {
        let start = package.range().start;
        let before = file.get(at..start).unwrap_or_default();
        let breaks = before.bytes().filter(|byte| *byte == b'\n').count();
        line = line.saturating_add(u64::try_from(breaks).unwrap_or(0));
        at = start;
        let key = required(package, "Key");
        let serial = serial(package, key.as_ref().ok().copied());
        let token = key.and_then(|key| token(key, &decryption, now));
        TokenRow::of(line, serial, token)
    });
    let rows: Vec<TokenRow> = rows.collect();
    if rows.is_empty() {
        return Err("no KeyPackage: the file holds no key".to_owned());
    }
    Ok(rows)
}

/// The serial number of the device, or the name of its key.
fn serial<'a>(package: Node<'a, '_>, key: Option<Node<'a, '_>>) -> Result<&'a str, String> {
    let device = only(package, "DeviceInfo")?;
    let number = device.map(|device| only(device, "SerialNo")).transpose()?;
    let number = number.flatten().map(text).transpose()?;
    let id = || key.and_then(|key| key.attribute("Id"));
    let number = number.filter(|number| !number.is_empty()).or_else(id);
    Ok(number.unwrap_or_default().trim())
}

/// The key, and how its codes are made.
///
/// `Time` and `TimeDrift` are not read: where the clock of the token stands is found when its codes are first checked.
fn token(
    key: Node<'_, '_>,
    decryption: &Decryption,
    now: UnixTime,
) -> Result<(Zeroizing<Vec<u8>>, Totp), String> {
    match key.attribute("Algorithm") {
        Some(TOTP) => {}
        Some(HOTP) => return Err(fields::COUNTER_BASED.to_owned()),
        Some(other) => {
            let other = shown(other);
            return Err(format!("Algorithm: {other} is not supported, only {TOTP}"));
        }
        None => return Err("Key: its Algorithm is missing".to_owned()),
    }
    if let Some(policy) = only(key, "Policy")? {
        allow(policy, now)?;
    }
    let data = required(key, "Data")?;
    let period = only(data, "TimeInterval")?;
    let period = period.map(|period| decryption.number(period)).transpose();
    let period = period.map_err(|why| format!("TimeInterval: {why}"))?;
    let totp = match only(key, "AlgorithmParameters")? {
        None => fields::totp(None, None, period)?,
        Some(parameters) => {
            let suite = only(parameters, "Suite")?.map(text).transpose()?;
            let digits = only(parameters, "ResponseFormat")?;
            fields::totp(suite, digits.map(length).transpose()?, period)?
        }
    };
    let secret = only(data, "Secret")?.ok_or(
        "Secret: it is missing; a key that is only referred to (KeyReference) is not supported",
    )?;
    let secret = decryption.value(secret);
    Ok((secret.map_err(|why| format!("Secret: {why}"))?, totp))
}

fn length(format: Node<'_, '_>) -> Result<u64, String> {
    let other_codes = |why: &str| Err(format!("ResponseFormat: {why}"));
    if format.attribute("Encoding") != Some("DECIMAL") {
        return other_codes("only the Encoding DECIMAL is supported");
    }
    if matches!(format.attribute("CheckDigits"), Some("true" | "1")) {
        return other_codes("codes with a check digit (CheckDigits) are not supported");
    }
    let length = format.attribute("Length");
    let length = length.and_then(|length| length.trim().parse().ok());
    length.ok_or_else(|| "ResponseFormat: its Length is no whole number".to_owned())
}

/// Whether the policy of a key lets it be used for log-in now. What is not understood forbids it (RFC 6030 §5).
fn allow(policy: Node<'_, '_>, now: UnixTime) -> Result<(), String> {
    let mut uses = Vec::new();
    for element in elements(policy) {
        match element.tag_name().name() {
            "StartDate" => {
                let start = date(element)?;
                if now < start {
                    return Err(format!("StartDate: valid from {}", when::text(start)));
                }
            }
            "ExpiryDate" => {
                let end = date(element)?;
                if end <= now {
                    return Err(format!("ExpiryDate: expired on {}", when::text(end)));
                }
            }
            "KeyUsage" => uses.push(text(element)?),
            // Its owner types the PIN into the device.
            "PINPolicy" if element.attribute("PINUsageMode") == Some("Local") => {}
            "PINPolicy" => {
                return Err(
                    "PINPolicy: only a PIN that the device checks (Local) is supported".to_owned(),
                );
            }
            "NumberOfTransactions" => {
                number(element)?;
                return Err("NumberOfTransactions: a key for so many uses is not supported".into());
            }
            _ => return Err("Policy: it has an element that is not known".to_owned()),
        }
    }
    if uses.is_empty() || uses.contains(&"OTP") {
        Ok(())
    } else {
        Err("KeyUsage: the key is not for one-time passwords (OTP)".to_owned())
    }
}

/// An instant; in UTC unless it says otherwise.
fn date(element: Node<'_, '_>) -> Result<UnixTime, String> {
    let text = text(element)?;
    let in_utc = format!("{text}Z");
    let instant: Result<Timestamp, _> = text.parse().or_else(|_| in_utc.parse());
    let instant = instant.map_err(|_| {
        let name = element.tag_name().name();
        format!("{name}: expected an instant such as 2026-12-31T00:00:00Z")
    })?;
    Ok(UnixTime(u64::try_from(instant.as_second()).unwrap_or(0)))
}
