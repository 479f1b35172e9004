//! `loquet qr`: the picture of a key URI. The picture is the secret, and files are made accordingly.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};

use clap::{Args, ValueEnum};
use loquet_enrollment::{Qr, Scale, Theme};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::key;
use crate::output;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The key URI; `-` reads it from standard input
    #[arg(long)]
    uri: String,

    /// What to draw
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,

    /// A file, readable by its owner alone; standard output when left out
    #[arg(long, value_name = "FILE")]
    out: Option<String>,

    /// Pixels for each module of a PNG, 1 to 64
    #[arg(long, value_name = "PIXELS", default_value = "8", value_parser = scale)]
    scale: Scale,

    /// What the terminal looks like
    #[arg(long, value_enum, default_value_t = Ground::Ansi)]
    theme: Ground,

    /// An object: `format`, `modules`, and `out` or the `picture` itself (a PNG as a data URL)
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Svg,
    Png,
    Terminal,
}

#[derive(Clone, Copy, ValueEnum)]
enum Ground {
    /// Black on white by escape sequences
    Ansi,
    /// Light letters on a dark ground
    Dark,
    /// Dark letters on a light ground
    Light,
}

impl Arguments {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let text = stdin.resolve("--uri", &self.uri, loquet_enrollment::MAX_URI)?;
        let text = text.trim();
        // What no app could read is not worth a picture.
        key::parse(text)?;
        let qr = Qr::encode(text).map_err(|why| Failure::of("--uri", why))?;
        match &self.out {
            Some(path) => {
                write_private(path, &self.picture(&qr)).map_err(|why| {
                    Failure::io("--out", format_args!("{}: {why}", path.escape_debug()))
                })?;
                if self.json {
                    output::line(
                        &json!({ "format": self.name(), "modules": qr.modules(), "out": path })
                            .to_string(),
                    )?;
                }
            }
            None if self.json => {
                let picture = match self.format {
                    Format::Png => qr.png_data_url(self.scale),
                    Format::Svg | Format::Terminal => {
                        String::from_utf8_lossy(&self.picture(&qr)).into_owned()
                    }
                };
                output::line(
                    &json!({ "format": self.name(), "modules": qr.modules(), "picture": picture })
                        .to_string(),
                )?;
            }
            None if self.format == Format::Png && io::stdout().is_terminal() => {
                return Err(Failure::of(
                    "--format png",
                    "a terminal cannot show it: name a file with --out",
                ));
            }
            None => output::raw(&self.picture(&qr))?,
        }
        Ok(Outcome::Done)
    }

    fn picture(&self, qr: &Qr) -> Vec<u8> {
        match self.format {
            Format::Png => qr.png(self.scale),
            Format::Svg => {
                let mut svg = qr.svg("QR code of a key URI").into_bytes();
                svg.push(b'\n');
                svg
            }
            Format::Terminal => {
                let theme = match self.theme {
                    Ground::Ansi => Theme::Ansi,
                    Ground::Dark => Theme::Dark,
                    Ground::Light => Theme::Light,
                };
                qr.terminal(theme).into_bytes()
            }
        }
    }

    fn name(&self) -> &'static str {
        match self.format {
            Format::Svg => "svg",
            Format::Png => "png",
            Format::Terminal => "terminal",
        }
    }
}

/// Writes a file that only its owner can read, where the system knows owners.
fn write_private(path: &str, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn scale(text: &str) -> Result<Scale, String> {
    let pixels: u8 = text
        .parse()
        .map_err(|_| format!("1 to {} pixels are possible", Scale::MAX))?;
    Scale::new(pixels).map_err(|why| why.to_string())
}
