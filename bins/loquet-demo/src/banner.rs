//! What is printed when the demo has started.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use serde_json::json;

use crate::people::{ORGANIZATION, PEOPLE};

/// What there is to try, in the order in which it can be walked.
const TRY: [&str; 7] = [
    "Log in as helene (administrator) and enable multi-factor log-in under Administration; write down the break-glass code.",
    "Set up the authenticator app at once, by QR code or by \"Difficulté à capturer?\".",
    "Impose it on all employees, now; then log in as sofia: the log-in page shows her QR code.",
    "Log out and in again as sofia: only the six digits are asked for, and a code works once.",
    "Log in as julie (parent): under \"Mon compte\" she may switch it on, and off again; sofia may not.",
    "As helene, reset sofia: the reset code that is shown once is asked for at her next log-in.",
    "Restrict log-ins by address under Administration; rules that would lock you out are refused.",
];

/// The name of this machine for its own browser. Passkeys belong to a domain, which an address of numbers is not.
pub(crate) const LOCAL: &str = "localhost";

/// What a browser opens.
fn opened(address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::LOCALHOST) | IpAddr::V6(Ipv6Addr::LOCALHOST) => {
            format!("http://{LOCAL}:{}", address.port())
        }
        _ => format!("http://{address}"),
    }
}

/// Where the data are.
#[derive(Debug)]
pub(crate) struct Data {
    /// The file, or the address without its password.
    pub(crate) database: String,
    pub(crate) key: PathBuf,
    pub(crate) is_new: bool,
    pub(crate) hint: &'static str,
}

/// Prints for people, or one line of JSON.
pub(crate) fn print(address: SocketAddr, data: &Data, as_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if as_json {
        json_line(&mut out, address, data)?;
    } else {
        text(&mut out, address, data)?;
    }
    out.flush()
}

fn json_line(out: &mut impl Write, address: SocketAddr, data: &Data) -> io::Result<()> {
    let accounts = PEOPLE.each_ref().map(|person| {
        json!({
            "login": person.login,
            "name": person.name,
            "role": person.role_word(),
            "password": person.password,
            "account": person.account().to_string(),
        })
    });
    let line = json!({
        "address": format!("http://{address}"),
        "open": opened(address),
        "organization": ORGANIZATION,
        "database": data.database,
        "key": data.key.display().to_string(),
        "new": data.is_new,
        "accounts": accounts,
        "try": TRY,
    });
    writeln!(out, "{line}")
}

fn text(out: &mut impl Write, address: SocketAddr, data: &Data) -> io::Result<()> {
    let state = if data.is_new {
        "new"
    } else {
        "kept from last time"
    };
    let (database, key, hint) = (&data.database, data.key.display(), data.hint);
    let opened = opened(address);
    writeln!(
        out,
        "
  {ORGANIZATION}: multi-factor log-in with Loquet

  Open      {opened}   (French; English at the top right)
  Database  {database} ({state}; {hint})
  Key file  {key}
"
    )?;
    let mut line = |login, name, role, password| {
        writeln!(out, "  {login:<9} {name:<17} {role:<14} {password}")
    };
    line("log in as", "name", "role", "password")?;
    for person in &PEOPLE {
        line(
            person.login,
            person.name,
            person.role_word(),
            person.password,
        )?;
    }
    writeln!(out, "\n  What to try first")?;
    for (number, line) in (1..).zip(TRY) {
        writeln!(out, "  {number}. {line}")?;
    }
    writeln!(
        out,
        "\n  No phone at hand? `cargo run -p loquet-cli -- code --secret - --watch` plays the app: paste the manual key. Ctrl-C ends the demo; its data stay.\n"
    )
}
