//! `loquet import`: the authenticators that people already have, from another service's tables, and the hardware tokens
//! that a vendor delivered.

mod bind;
mod rows;
mod source;

use clap::{Args, ValueEnum};
use loquet::UnixTime;

use crate::failure::{Failure, Outcome};
use crate::input::{self, Stdin};
use crate::installation;
use crate::token_files::PreSharedKey;
use source::{Opener, Source};

/// The longest file, in bytes: some half a million users.
const MAX_FILE: usize = 64 << 20;
/// The longest key or password, in bytes.
const MAX_SHARED: usize = 1 << 10;

#[derive(Args)]
pub(crate) struct Import {
    #[command(flatten)]
    at: installation::Arguments,

    /// The authenticators or tokens; `-` reads them from standard input
    file: String,

    /// How the file is written
    #[arg(long, value_enum)]
    format: Format,

    /// The software that keeps the secrets under a key of its own
    #[arg(long, value_enum, requires = "source_key")]
    source: Option<Source>,

    /// The file of that key; `-` reads it from standard input
    #[arg(long, value_name = "FILE", requires = "source")]
    source_key: Option<String>,

    /// A file with the key (in hexadecimal) or the password of an encrypted PSKC file; `-` reads it from standard input
    #[arg(long, value_name = "FILE")]
    psk: Option<String>,

    /// Say what would be done, on a copy of the database that is removed afterwards
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// A key URI a line; the account in its label is the user's name at the host
    Uris,
    /// A header line, then an authenticator a line
    Csv,
    /// A JSON object a line
    Jsonl,
    /// Hardware tokens in XML (RFC 6030), plain or encrypted with a key or a password
    Pskc,
    /// Hardware tokens as vendors list them: serial, seed or secret key, period
    TokenCsv,
}

impl Import {
    pub(crate) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let rows = self.read(stdin)?;
        let told = bind::Told {
            name: match self.format {
                Format::Uris | Format::Csv | Format::Jsonl => "account",
                Format::Pskc | Format::TokenCsv => "serial",
            },
            would: self.dry_run,
        };
        if !self.dry_run {
            return bind::all(&self.at, rows, told).await;
        }
        let folder = tempfile::tempdir().map_err(|why| Failure::io("--dry-run", why))?;
        let copy = folder.path().join("copy.db");
        let at = self.at.copied("--dry-run", &copy).await?;
        bind::all(&at, rows, told).await
    }

    fn read(&self, stdin: &mut Stdin) -> Result<Vec<rows::Read>, Failure> {
        let keys = rows::Keys {
            opener: self.opener(stdin)?,
            shared: self.shared(stdin)?,
            now: UnixTime(input::now()?),
        };
        let text = stdin.file("FILE", &self.file, MAX_FILE)?;
        let rows = rows::read(self.format, &text, &keys).map_err(|why| {
            let file = self.file.escape_debug();
            Failure::of("FILE", format_args!("{file}: {why}; nothing was imported"))
        })?;
        match keys.opener.and_then(|opener| opener.misfit()) {
            Some(count) => Err(Failure::of(
                "--source-key",
                format_args!(
                    "this key opens none of {count} secrets: name the key file of the service that wrote them; nothing was imported"
                ),
            )),
            None => Ok(rows),
        }
    }

    fn opener(&self, stdin: &mut Stdin) -> Result<Option<Opener>, Failure> {
        let (Some(source), Some(path)) = (self.source, &self.source_key) else {
            return Ok(None);
        };
        let why = match self.format {
            Format::Csv | Format::Jsonl if self.file != "-" || path != "-" => {
                return Opener::read(source, path, stdin).map(Some);
            }
            Format::Csv | Format::Jsonl => "FILE and the key cannot both come from standard input",
            _ => "only the formats csv and jsonl have secrets of other software",
        };
        Err(Failure::of("--source-key", why))
    }

    fn shared(&self, stdin: &mut Stdin) -> Result<Option<PreSharedKey>, Failure> {
        let Some(path) = &self.psk else {
            return Ok(None);
        };
        let why = match self.format {
            Format::Pskc if self.file != "-" || path != "-" => {
                let text = stdin.file("--psk", path, MAX_SHARED)?;
                return Ok(Some(PreSharedKey::new(&text)));
            }
            Format::Pskc => "FILE and the key cannot both come from standard input",
            _ => "only the format pskc has a key of its own",
        };
        Err(Failure::of("--psk", why))
    }
}
