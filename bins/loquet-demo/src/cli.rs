//! The flags.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

pub(crate) const DEFAULT_DATABASE: &str = "target/loquet-demo.db";

/// "À petits pas": a childcare service with multi-factor log-in, to click through.
///
/// Exit codes: 0 done, 2 bad input, 3 the database or its key file cannot be used, 4 the address cannot be listened on.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// Address and port to listen on; port 0 takes a free one. Browsers open an IP address or localhost; other host names are
    /// refused.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,

    /// The SQLite file. Its key file lies beside it, with `.key` added to its name.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_DATABASE)]
    pub(crate) db: PathBuf,

    /// Start over: delete the demo's own database first. The key file stays, and files of anything else are left alone.
    #[arg(long)]
    pub(crate) fresh: bool,

    /// A MaxMind database of countries (GeoLite2-Country, DB-IP Country Lite). Without it four networks stand for Canada,
    /// France and the United States.
    #[arg(long, value_name = "FILE")]
    pub(crate) countries: Option<PathBuf>,

    /// Print the address, the accounts and what to try as one line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
