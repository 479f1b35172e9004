//! The backups that authenticator apps and Bitwarden write, without encryption.

use std::fmt::Write as _;

use loquet_enrollment::Import;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::csv_file;

/// What stands in a backup.
pub(super) struct Backup {
    /// What the numbers count: lines, or entries.
    pub(super) unit: &'static str,
    /// Each with its number; or why it cannot be read.
    pub(super) entries: Vec<(usize, Result<Import, String>)>,
}

/// What other apps cannot show.
const STEAM: &str = "a key of Steam Guard, whose codes are five letters and digits: it is of use in Steam's app alone";

const AEGIS: &str = "a backup of Aegis that is encrypted: export it again (Settings > Import & Export > Export) \
    without \"Encrypt the vault\"";
const TWO_FAS: &str = "a backup of 2FAS that is encrypted: export it again (Settings > 2FAS Backup > Export to file) \
    with \"Export file without password\"";
const BITWARDEN: &str = "an export of Bitwarden that is encrypted: export it again (Export vault) in the file format \
    .json, which is not encrypted";
/// An encrypted one is no text at all.
pub(super) const AND_OTP: &str =
    "if it is an encrypted backup of andOTP, make it again (Backup) with the type Plain-text";

const UNKNOWN: &str =
    "this JSON is none of the backups that are read: of Aegis, 2FAS, andOTP and Bitwarden";

/// Reads a backup. `None` if the text is none, so that it may be a list of URIs; the error is for the whole file.
pub(super) fn read(text: &str) -> Option<Result<Backup, String>> {
    if text.trim_start().starts_with(['{', '[']) {
        return Some(json(text));
    }
    let header = text.lines().next().unwrap_or_default();
    let mut columns = header.split(',');
    columns
        .any(|column| column.trim_matches('"') == "login_totp")
        .then(|| bitwarden_csv(text))
}

/// What tells one JSON file from the other.
#[derive(Deserialize)]
struct File<'a> {
    /// Aegis: an object, or a text when encrypted.
    #[serde(borrow)]
    db: Option<&'a RawValue>,
    /// 2FAS.
    #[serde(borrow)]
    services: Option<Vec<&'a RawValue>>,
    #[serde(rename = "servicesEncrypted")]
    services_encrypted: Option<IgnoredAny>,
    /// Bitwarden, and Bitwarden Authenticator.
    encrypted: Option<bool>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Vault<'a> {
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

fn json(text: &str) -> Result<Backup, String> {
    // Messages of the library would quote what stands there, which may be a secret.
    let of_no_app = |why: serde_json::Error| {
        let (line, column) = (why.line(), why.column());
        if why.is_data() {
            UNKNOWN.to_owned()
        } else {
            format!("line {line}, column {column}: this is no JSON")
        }
    };
    if text.trim_start().starts_with('[') {
        let entries: Vec<&RawValue> = serde_json::from_str(text).map_err(of_no_app)?;
        return Ok(Backup::of(entries, Fields::and_otp));
    }
    let file: File<'_> = serde_json::from_str(text).map_err(of_no_app)?;
    if let Some(db) = file.db {
        if db.get().starts_with('"') {
            return Err(AEGIS.to_owned());
        }
        let vault: Vault<'_> = serde_json::from_str(db.get()).map_err(of_no_app)?;
        return Ok(Backup::of(vault.entries, Fields::aegis));
    }
    if file.services_encrypted.is_some() {
        return Err(TWO_FAS.to_owned());
    }
    if let Some(services) = file.services {
        return Ok(Backup::of(services, Fields::two_fas));
    }
    match (file.encrypted, file.items) {
        (Some(true), _) => Err(BITWARDEN.to_owned()),
        (_, Some(items)) => Ok(Backup::of(items, bitwarden)),
        (_, None) => Err(UNKNOWN.to_owned()),
    }
}

impl Backup {
    /// Entries that hold nothing are left out, and counted.
    fn of<'a, T: Deserialize<'a>>(
        entries: Vec<&'a RawValue>,
        read: fn(T) -> Option<Result<Import, String>>,
    ) -> Self {
        let entries = (1..).zip(entries).filter_map(|(number, entry)| {
            let import = match serde_json::from_str(entry.get()) {
                Ok(entry) => read(entry)?,
                Err(_) => Err("it is not written as the app writes it".to_owned()),
            };
            Some((number, import))
        });
        Self {
            unit: "entry",
            entries: entries.collect(),
        }
    }
}

/// The fields that the apps have in common, at different places.
#[derive(Default, Deserialize)]
struct Fields {
    #[serde(rename = "type", alias = "tokenType")]
    kind: Option<String>,
    issuer: Option<String>,
    name: Option<String>,
    account: Option<String>,
    label: Option<String>,
    secret: Option<Zeroizing<String>>,
    #[serde(alias = "algo")]
    algorithm: Option<String>,
    digits: Option<u64>,
    period: Option<u64>,
    counter: Option<u64>,
    #[serde(alias = "otp")]
    info: Option<Box<Fields>>,
}

impl Fields {
    fn aegis(self) -> Option<Result<Import, String>> {
        let info = *self.info.unwrap_or_default();
        let entry = Self {
            kind: self.kind,
            issuer: self.issuer,
            account: self.name,
            ..info
        };
        Some(entry.import())
    }

    fn two_fas(self) -> Option<Result<Import, String>> {
        let otp = *self.info.unwrap_or_default();
        let issuer = otp.issuer.filter(|issuer| !issuer.is_empty());
        let entry = Self {
            issuer: issuer.or(self.name),
            secret: self.secret,
            ..otp
        };
        Some(entry.import())
    }

    fn and_otp(self) -> Option<Result<Import, String>> {
        let entry = Self {
            account: self.label.clone(),
            ..self
        };
        Some(entry.import())
    }

    /// By way of a key URI, whose reader knows what is allowed.
    fn import(self) -> Result<Import, String> {
        let kind = self.kind.unwrap_or_default().to_ascii_lowercase();
        let kind = match kind.as_str() {
            "" | "totp" => "totp",
            "hotp" => "hotp",
            "steam" => return Err(STEAM.to_owned()),
            "motp" => return Err("a key of mOTP, which is neither TOTP nor HOTP".to_owned()),
            "yandex" => return Err("a key of Yandex, which is neither TOTP nor HOTP".to_owned()),
            _ => return Err("its type is neither TOTP nor HOTP".to_owned()),
        };
        let issuer = self.issuer.unwrap_or_default();
        let account = self.account.unwrap_or_default();
        let secret = self.secret.ok_or("the secret is missing")?;
        // What grows leaves its old place unwiped.
        let most = issuer.len().saturating_mul(2);
        let most = most
            .saturating_add(account.len())
            .saturating_add(secret.len());
        let capacity = most.saturating_mul(3).saturating_add(200);
        let mut uri = Zeroizing::new(String::with_capacity(capacity));
        _ = write!(uri, "otpauth://{kind}/");
        if !issuer.is_empty() {
            escape(&mut uri, &issuer);
            uri.push(':');
        }
        escape(&mut uri, &account);
        uri.push_str("?secret=");
        escape(&mut uri, secret.trim_end_matches('='));
        uri.push_str("&issuer=");
        escape(&mut uri, &issuer);
        if let Some(algorithm) = self.algorithm {
            uri.push_str("&algorithm=");
            escape(&mut uri, &algorithm);
        }
        let (period, counter) = match kind {
            "totp" => (self.period, None),
            _ => (None, self.counter),
        };
        let numbers = [
            ("digits", self.digits),
            ("period", period),
            ("counter", counter),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                _ = write!(uri, "&{name}={number}");
            }
        }
        // The position of the fault is left out: it is one in this URI, not in the file.
        Import::parse(&uri).map_err(|why| why.fault.to_string())
    }
}

fn escape(uri: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            uri.push(char::from(byte));
        } else {
            _ = write!(uri, "%{byte:02X}");
        }
    }
}

/// An item of Bitwarden's JSON. Other kinds than log-ins have no `login`.
#[derive(Deserialize)]
struct Item {
    name: Option<String>,
    login: Option<Login>,
}

#[derive(Deserialize)]
struct Login {
    username: Option<String>,
    totp: Option<Zeroizing<String>>,
}

fn bitwarden(item: Item) -> Option<Result<Import, String>> {
    let login = item.login?;
    authenticator_key(item.name, login.username, login.totp)
}

/// Bitwarden's field "authenticator key": a key URI, a bare secret, or one of Steam.
fn authenticator_key(
    name: Option<String>,
    username: Option<String>,
    totp: Option<Zeroizing<String>>,
) -> Option<Result<Import, String>> {
    let totp = totp.filter(|totp| !totp.trim().is_empty())?;
    let scheme = totp.split("://").next().unwrap_or_default();
    if scheme.eq_ignore_ascii_case("otpauth") {
        return Some(Import::parse(&totp).map_err(|why| why.to_string()));
    }
    if scheme.eq_ignore_ascii_case("steam") {
        return Some(Err(STEAM.to_owned()));
    }
    let entry = Fields {
        issuer: name,
        account: username,
        secret: Some(totp),
        ..Fields::default()
    };
    Some(entry.import())
}

#[derive(Deserialize)]
struct Row {
    name: Option<String>,
    login_username: Option<String>,
    login_totp: Option<Zeroizing<String>>,
}

fn bitwarden_csv(text: &str) -> Result<Backup, String> {
    let rows = csv_file::rows_with_notes::<Row>(text);
    let (_, rows) = rows.map_err(|why| format!("line 1: {why}"))?;
    let entries = rows.filter_map(|(line, row)| {
        let import = match row {
            Ok(row) => authenticator_key(row.name, row.login_username, row.login_totp)?,
            Err(why) => Err(why),
        };
        Some((usize::try_from(line).unwrap_or(usize::MAX), import))
    });
    Ok(Backup {
        unit: "line",
        entries: entries.collect(),
    })
}
