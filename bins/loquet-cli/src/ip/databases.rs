//! `--database`: what an operator's MaxMind databases say, read once and folded into the rules.

use clap::Args;
use loquet::UnixTime;
use loquet_ipfilter::{DatabaseKind, Filter, Geo};

use crate::failure::Failure;
use crate::input;
use crate::{output, when};

/// The largest on sale (GeoIP2-Enterprise) are smaller.
const MAX_DATABASE: usize = 512 << 20;

const DAY: u64 = 86_400;

#[derive(Args)]
pub(super) struct Databases {
    /// A MaxMind database (.mmdb): countries, network operators (ASN) or anonymizers; may be repeated
    #[arg(long = "database", value_name = "FILE")]
    files: Vec<String>,

    /// A database older than this is stale, and said to be
    #[arg(long, value_name = "DAYS", default_value = "45", requires = "files")]
    max_age: u32,

    /// Takes what a stale database says for unknown
    #[arg(long, requires = "files")]
    drop_stale: bool,
}

impl Databases {
    /// Reads them all, or none. When each was built is noted on standard error.
    pub(super) fn read(&self) -> Result<Option<Geo>, Failure> {
        if self.files.is_empty() {
            return Ok(None);
        }
        let (now, max_age) = (input::now()?, u64::from(self.max_age).saturating_mul(DAY));
        let mut geo = Geo::default();
        for path in &self.files {
            let bad = |why: &dyn std::fmt::Display| {
                Failure::of("--database", format_args!("{}: {why}", path.escape_debug()))
            };
            let bytes = input::bytes("--database", path, MAX_DATABASE)?;
            let before = geo.clone();
            geo = geo.with_mmdb(&bytes).map_err(|why| bad(&why))?;
            let kind = DATABASE_KINDS
                .into_iter()
                .find(|kind| geo.built(*kind).is_some() && before.built(*kind).is_none())
                .ok_or_else(|| bad(&"a database of this kind was given before"))?;
            let built = geo.built(kind).unwrap_or_default();
            let mut note = format!(
                "{}: {}, built {}",
                path.escape_debug(),
                plural(kind),
                when::text(UnixTime(built))
            );
            if geo
                .stale(now, max_age)
                .iter()
                .any(|stale| stale.kind == kind)
            {
                note.push_str(&if built > now {
                    ", which is yet to come".to_owned()
                } else {
                    format!(", more than {} days ago", self.max_age)
                });
                if self.drop_stale {
                    note.push_str(": what it says is taken for unknown");
                }
            }
            output::note(&note);
        }
        if self.drop_stale {
            geo = geo.without_stale(now, max_age);
        }
        Ok(Some(geo))
    }
}

/// Notes which rules ask for what no database tells, once for each kind of database.
pub(super) fn note_lacking(flag: &str, filter: &Filter) {
    for kind in DATABASE_KINDS {
        let mut lacking = filter.without_database().filter(|(_, what)| *what == kind);
        let Some((first, _)) = lacking.next() else {
            continue;
        };
        let who = match lacking.count() {
            0 => format!("{first} asks"),
            more => format!("{first} and {more} more ask"),
        };
        output::note(&format!(
            "{flag}: {who} for {}, which no --database tells: unknown for every address, and unknown allows only \
             where a rule names it",
            plural(kind)
        ));
    }
}

const DATABASE_KINDS: [DatabaseKind; 3] = [
    DatabaseKind::Country,
    DatabaseKind::Asn,
    DatabaseKind::Anonymizer,
];

const fn plural(kind: DatabaseKind) -> &'static str {
    match kind {
        DatabaseKind::Country => "countries",
        DatabaseKind::Asn => "network operators",
        DatabaseKind::Anonymizer => "anonymizers",
    }
}
