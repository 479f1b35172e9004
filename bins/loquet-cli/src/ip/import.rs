//! `loquet ip import`: lists of networks that others publish, as rules.

use clap::{Args, ValueEnum};
use loquet_ipfilter::{ImportLimits, ListFormat, import};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::output;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The list; `-` reads it from standard input
    list: String,

    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Lines)]
    format: Format,

    /// What to make of each network
    #[arg(long = "as", value_enum, default_value_t = Rule::Deny)]
    rule: Rule,

    /// How many networks the list had last time: a sudden growth is refused
    #[arg(long, value_name = "COUNT")]
    previous: Option<usize>,

    /// An object a line: `network`
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A network, an address or a range a line; `#` and `;` start a comment
    Lines,
    /// A JSON array of strings
    Json,
    /// RFC 8805, as `egress-ip-ranges.csv` of Apple's private relay
    Geofeed,
    /// `ip-ranges.json` of Amazon Web Services
    Aws,
    /// `ServiceTags_*.json` of Microsoft Azure
    Azure,
    /// The answer of `api.cloudflare.com/client/v4/ips`
    Cloudflare,
    /// The answer of `api.fastly.com/public-ip-list`
    Fastly,
    /// The answer of `api.github.com/meta`
    Github,
    /// `cloud.json` or `goog.json` of Google
    Google,
    /// Spamhaus DROP, JSON lines
    Spamhaus,
}

#[derive(Clone, Copy, ValueEnum)]
enum Rule {
    Deny,
    Allow,
}

impl Arguments {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let limits = ImportLimits {
            previous: self.previous,
            ..ImportLimits::default()
        };
        let text = stdin.file("LIST", &self.list, limits.bytes)?;
        let format = match self.format {
            Format::Lines => ListFormat::Lines,
            Format::Json => ListFormat::JsonArray,
            Format::Geofeed => ListFormat::Geofeed,
            Format::Aws => ListFormat::AwsIpRanges,
            Format::Azure => ListFormat::AzureServiceTags,
            Format::Cloudflare => ListFormat::Cloudflare,
            Format::Fastly => ListFormat::Fastly,
            Format::Github => ListFormat::GithubMeta,
            Format::Google => ListFormat::Google,
            Format::Spamhaus => ListFormat::SpamhausDrop,
        };
        let networks = import(&text, format, &limits).map_err(|why| {
            Failure::of("LIST", format_args!("{}: {why}", self.list.escape_debug()))
        })?;
        let word = match self.rule {
            Rule::Deny => "deny",
            Rule::Allow => "allow",
        };
        let mut lines = String::new();
        for network in networks {
            if self.json {
                lines.push_str(&json!({ "network": network.to_string() }).to_string());
            } else {
                lines.push_str(&format!("{word} {network}"));
            }
            lines.push('\n');
        }
        output::raw(lines.as_bytes())?;
        Ok(Outcome::Done)
    }
}
