//! The flags that say which secret, and how codes are made of it.

use clap::Args;
use loquet_enrollment::{Import, MovingFactor, Parameters, base32};
use loquet_otp::{Algorithm, Digits, Period, Secret};

use crate::failure::Failure;
use crate::input::Stdin;
use crate::output;

/// A secret with its parameters: spelt out, or as a key URI.
#[derive(Args)]
pub(crate) struct KeyArguments {
    /// The shared secret in base32; `-` reads it from standard input
    #[arg(long, value_name = "BASE32", required_unless_present = "uri")]
    secret: Option<String>,

    /// A key URI, which holds secret and parameters; `-` reads it from standard input
    #[arg(long, conflicts_with_all = ["secret", "algorithm", "digits", "period"])]
    uri: Option<String>,

    #[command(flatten)]
    parameters: ParameterArguments,
}

/// How codes are made.
#[derive(Args)]
pub(crate) struct ParameterArguments {
    /// SHA1 (the default), SHA256 or SHA512
    #[arg(long, default_value_t, hide_default_value = true)]
    algorithm: Algorithm,

    /// 6, 7 or 8
    #[arg(long, default_value = "6", value_parser = digits)]
    digits: Digits,

    /// Seconds for which a code is shown, 1 to 3600
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = period)]
    period: Period,
}

impl KeyArguments {
    /// The secret and its parameters. What strays from the norm in a URI is noted on standard error.
    pub(crate) fn read(&self, stdin: &mut Stdin) -> Result<(Secret, Parameters), Failure> {
        if let Some(secret) = &self.secret {
            return Ok((secret_from(secret, stdin)?, self.parameters.read()));
        }
        let given = self.uri.as_deref().unwrap_or_default();
        let import = import(given, stdin)?;
        Ok((import.secret, import.parameters))
    }
}

impl ParameterArguments {
    pub(crate) fn read(&self) -> Parameters {
        Parameters {
            algorithm: self.algorithm,
            digits: self.digits,
            moving: MovingFactor::Time(self.period),
        }
    }
}

/// Reads a secret from its flag. Short ones pass: codes of other services can be read with them.
pub(crate) fn secret_from(given: &str, stdin: &mut Stdin) -> Result<Secret, Failure> {
    let text = stdin.resolve("--secret", given, base32::MAX_TEXT)?;
    let decoded = base32::decode(text.trim()).map_err(|why| Failure::of("--secret", why))?;
    let secret = Secret::weak(decoded.expose()).map_err(|why| Failure::of("--secret", why))?;
    if decoded.leftover {
        output::note("the secret does not end on a whole byte: the bits left over are dropped");
    }
    if secret.is_weak() {
        output::note("the secret has less than 128 bits: no service should bind it");
    }
    Ok(secret)
}

/// Reads a key URI from its flag.
pub(crate) fn import(given: &str, stdin: &mut Stdin) -> Result<Import, Failure> {
    parse(&stdin.resolve("--uri", given, loquet_enrollment::MAX_URI)?)
}

/// Reads a key URI that has been fetched already.
pub(crate) fn parse(text: &str) -> Result<Import, Failure> {
    let import = Import::parse(text).map_err(|why| Failure::of("--uri", why))?;
    for warning in &import.warnings {
        output::note(&format!(
            "--uri, at byte {}: {}",
            warning.position, warning.kind
        ));
    }
    Ok(import)
}

fn digits(text: &str) -> Result<Digits, String> {
    let count: u8 = text
        .parse()
        .map_err(|_| "a code has 6, 7 or 8 digits".to_owned())?;
    Digits::new(count).map_err(|why| why.to_string())
}

fn period(text: &str) -> Result<Period, String> {
    let seconds: u64 = text
        .parse()
        .map_err(|_| format!("a period is 1 to {} seconds", Period::MAX))?;
    Period::new(seconds).map_err(|why| why.to_string())
}
