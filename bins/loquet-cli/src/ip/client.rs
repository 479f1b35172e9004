//! `loquet ip client`: what a set-up of proxies resolves to, and why.

use std::ffi::OsString;
use std::net::IpAddr;

use clap::{Args, ValueEnum};
use loquet_ipfilter::{ClientAddress, HeaderKind, Proxy, Reason, TrustedProxies};
use serde_json::json;

use super::address;
use crate::failure::{Failure, Outcome};
use crate::output;

/// What one header line may have: more than any server takes.
const LONGEST_HEADER: usize = 64 << 10;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The address that the connection comes from; `none` for a Unix socket
    #[arg(long, value_name = "ADDRESS", value_parser = peer)]
    peer: Peer,

    /// A network of proxies whose word counts, or `unix` for peers on a Unix socket; may be repeated. Without any, the peer
    /// is the client
    #[arg(long, value_name = "PREFIX", num_args = 1..)]
    trusted: Vec<Proxy>,

    /// The header that these proxies write
    #[arg(long, value_enum, default_value_t = Kind::XForwardedFor)]
    kind: Kind,

    /// A line of the request's headers, `NAME: VALUE`; may be repeated, in order
    #[arg(long, value_name = "HEADER")]
    header: Vec<OsString>,

    /// An object: `address` (null when unknown), `hops` from the peer outwards, `reason`
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy)]
struct Peer(Option<IpAddr>);

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Kind {
    XForwardedFor,
    Forwarded,
    XRealIp,
    CfConnectingIp,
    TrueClientIp,
}

impl Kind {
    fn header(self) -> HeaderKind {
        match self {
            Self::XForwardedFor => HeaderKind::XForwardedFor,
            Self::Forwarded => HeaderKind::Forwarded,
            Self::XRealIp => HeaderKind::XRealIp,
            Self::CfConnectingIp => HeaderKind::CfConnectingIp,
            Self::TrueClientIp => HeaderKind::TrueClientIp,
        }
    }

    /// The header as its documentation writes it.
    fn title(self) -> &'static str {
        match self {
            Self::XForwardedFor => "X-Forwarded-For",
            Self::Forwarded => "Forwarded",
            Self::XRealIp => "X-Real-IP",
            Self::CfConnectingIp => "CF-Connecting-IP",
            Self::TrueClientIp => "True-Client-IP",
        }
    }
}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        let lines = self
            .header
            .iter()
            .map(|line| split(line.as_encoded_bytes()))
            .collect::<Result<Vec<_>, _>>()?;
        let is_sent = |kind: &&Kind| {
            let name = kind.header().name().as_bytes();
            lines
                .iter()
                .any(|(sent, _)| sent.eq_ignore_ascii_case(name))
        };
        let mut others = Kind::value_variants()
            .iter()
            .filter(|kind| **kind != self.kind);
        if let Some(other) = others.find(is_sent).filter(|_| !self.trusted.is_empty()) {
            let (wanted, other) = (self.kind.title(), other.header().name());
            output::note(&format!(
                "--header: these proxies write {wanted}, so no other header counts; or is it --kind {other}?"
            ));
        }
        let resolved = self.way()?.resolve(self.peer.0, lines);
        if self.json {
            let hops: Vec<String> = resolved.hops.iter().map(IpAddr::to_string).collect();
            let object = json!({
                "address": resolved.address.map(|address| address.to_string()),
                "hops": hops,
                "reason": name(resolved.reason),
            });
            output::line(&object.to_string())?;
        } else {
            let address = resolved
                .address
                .map_or_else(|| "unknown".to_owned(), |address| address.to_string());
            output::line(&format!("{address}: {}", resolved.reason))?;
            for (number, hop) in (1..).zip(&resolved.hops) {
                let trust = if self.trusted.iter().any(|proxy| holds(*proxy, *hop)) {
                    "trusted"
                } else {
                    "not trusted"
                };
                output::line(&format!("  hop {number}: {hop}, {trust}"))?;
            }
        }
        Ok(Outcome::Done)
    }

    fn way(&self) -> Result<ClientAddress, Failure> {
        if self.trusted.is_empty() {
            return Ok(ClientAddress::Direct);
        }
        TrustedProxies::new(self.trusted.iter().copied())
            .map(|trusted| ClientAddress::Behind(self.kind.header(), trusted))
            .map_err(|why| Failure::of("--trusted", why))
    }
}

fn holds(proxy: Proxy, hop: IpAddr) -> bool {
    matches!(proxy, Proxy::Network(prefix) if prefix.contains(hop))
}

/// Name and value of a header line. Blanks around the value are not part of it (RFC 9110 §5.5); those
/// around the name are passed on, because the resolver refuses them.
fn split(line: &[u8]) -> Result<(&[u8], &[u8]), Failure> {
    if line.len() > LONGEST_HEADER {
        return Err(Failure::of(
            "--header",
            format_args!("longer than {LONGEST_HEADER} bytes"),
        ));
    }
    let colon = line.iter().position(|byte| *byte == b':');
    match colon.and_then(|at| line.split_at_checked(at)) {
        Some((name, [b':', value @ ..])) if !name.is_empty() => Ok((name, value.trim_ascii())),
        _ => Err(Failure::of("--header", "a header line is `NAME: VALUE`")),
    }
}

fn peer(text: &str) -> Result<Peer, String> {
    match text {
        "none" => Ok(Peer(None)),
        text => address(text).map(|address| Peer(Some(address))),
    }
}

/// The reason in one word for programs; people get the sentence.
fn name(reason: Reason) -> &'static str {
    match reason {
        Reason::NoPeer => "no-peer",
        Reason::Direct => "direct",
        Reason::PeerNotTrusted => "peer-not-trusted",
        Reason::Named => "named",
        Reason::HeaderMissing => "header-missing",
        Reason::OnlyProxies => "only-proxies",
        Reason::HopUnreadable => "hop-unreadable",
        Reason::HopHidden => "hop-hidden",
        Reason::TooManyHops => "too-many-hops",
        Reason::TooLong => "too-long",
        Reason::SeveralValues => "several-values",
        Reason::OddName => "odd-name",
        Reason::OddByte => "odd-byte",
        _ => "unknown",
    }
}
