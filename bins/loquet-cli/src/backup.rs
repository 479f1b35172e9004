//! `loquet backup`, `loquet restore` and `loquet restored`.

use std::path::{Path, PathBuf};

use clap::Args;
use loquet::{Checkpoint, Mfa, Operator, OrgId, RestoreOptions, Restored};
use loquet_sqlite::{Restore, SqliteStore};
use serde_json::{Value, json};

use crate::audit::kept;
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation::{Database, wait};
use crate::output;
use crate::place::Place;
use crate::when;

#[derive(Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    database: Database,

    /// The new file
    file: PathBuf,
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,

    /// The backup
    file: PathBuf,

    /// Replace the database that is there; it is kept beside the new one. First stop every program that uses it
    #[arg(long)]
    replace: bool,

    /// Do not read the database that is replaced: it is damaged, or its keys are lost
    #[arg(long, requires = "replace")]
    ignore_replaced: bool,

    #[command(flatten)]
    since: Since,
}

#[derive(Args)]
pub(crate) struct InPlace {
    #[command(flatten)]
    database: Database,

    /// The database that this one replaces, under the same keys, if it can still be read
    #[arg(long, value_name = "DATABASE")]
    replaced: Option<Place>,

    #[command(flatten)]
    since: Since,
}

/// What is known of the time since the backup.
#[derive(Args)]
struct Since {
    /// A checkpoint of the audit log from after the backup, to list what is missing since
    #[arg(long, value_name = "CHECKPOINT")]
    against: Option<PathBuf>,

    /// An organization in which multi-factor log-in was enabled, where the database that is replaced is missing or not read;
    /// may be repeated. All its users enroll anew. Its new break-glass code is printed, and its last group is read from
    /// standard input before the command ends
    #[arg(long, value_name = "ORG")]
    was_enabled: Vec<OrgId>,

    /// Says that multi-factor log-in was enabled nowhere in the database that is missing or not read, or that nothing was
    /// enabled, enrolled or revoked there since the backup
    #[arg(long, conflicts_with = "was_enabled")]
    none_enabled: bool,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What to type where no database tells what was enabled and bound since the backup.
const UNKNOWN: &str = "no database is read that tells what was enabled and enrolled since the backup; type `--was-enabled ORG` \
    for each organization in which multi-factor log-in was enabled (all its users enroll anew), or `--none-enabled` where it \
    was enabled nowhere or nothing was enrolled or revoked since the backup";

impl Backup {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        let wrong = |why| Failure::backup("backup", &why);
        let db = self
            .database
            .place()
            .file("backup", "back PostgreSQL up with pg_dump")?;
        // The keyring is needed on purpose: a backup that no key decrypts is worthless.
        wait(async { Ok(self.database.open().await?.mark_backup().await?) })?;
        loquet_sqlite::backup(db, &self.file).map_err(wrong)?;
        output::line(&format!(
            "{} is a copy of this moment; keep a copy of the keys elsewhere",
            self.file.display()
        ))?;
        Ok(Outcome::Done)
    }
}

impl Arguments {
    async fn open(&self, path: &Path) -> Result<Operator, Failure> {
        let store = SqliteStore::open(path).map_err(|why| Failure::opening("restore", &why))?;
        let ring = self.database.keys()?.ring()?;
        Ok(Mfa::builder(store).keyring(ring).open_operator().await?)
    }

    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let wrong = |why| Failure::backup("restore", &why);
        let kept = self.since.kept()?;
        let otherwise = "restore PostgreSQL with its own tools, and run `loquet restored` before a service opens it";
        let db = self.database.place().file("restore", otherwise)?;
        let restore = Restore::begin(&self.file, db, self.replace).map_err(wrong)?;
        let reads = self.replace && !self.ignore_replaced && db.exists();
        self.since.require_known("restore", reads)?;
        let done = wait(async {
            let operator = self.open(restore.path()).await?;
            let replaced = match reads {
                true => Some(self.open(db).await.map_err(unreadable)?),
                false => None,
            };
            let how = self.since.how(kept.as_ref(), replaced.as_ref());
            Ok(operator.restored(how).await?)
        })?;
        let nothing = "that is not the last group of the code: nothing was replaced";
        keep_break_glass(&done, stdin, ("restore", nothing))?;
        let aside = restore.finish().map_err(wrong)?;
        self.since.tell(&done, aside.as_deref())
    }
}

impl InPlace {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let kept = self.since.kept()?;
        if self.replaced.as_ref() == Some(self.database.place()) {
            let why = "this is the database that was put back; name the one that it replaces, as it was last";
            return Err(Failure::of("--replaced", why));
        }
        self.since
            .require_known("restored", self.replaced.is_some())?;
        let done = wait(async {
            let operator = self.database.open().await?;
            let replaced = match &self.replaced {
                Some(place) => {
                    let ring = self.database.keys()?.ring()?;
                    Some(place.open("--replaced", ring).await?)
                }
                None => None,
            };
            let how = self.since.how(kept.as_ref(), replaced.as_ref());
            Ok(operator.restored(how).await?)
        })?;
        let again =
            "that is not the last group of the code; run the command again, which makes a new code";
        keep_break_glass(&done, stdin, ("restored", again))?;
        self.since.tell(&done, None)
    }
}

impl Since {
    fn kept(&self) -> Result<Option<Checkpoint>, Failure> {
        self.against.as_deref().map(kept).transpose()
    }

    fn require_known(&self, what: &str, reads_replaced: bool) -> Result<(), Failure> {
        if reads_replaced || self.none_enabled || !self.was_enabled.is_empty() {
            return Ok(());
        }
        Err(Failure::of(what, UNKNOWN))
    }

    fn how<'a>(
        &'a self,
        kept: Option<&'a Checkpoint>,
        replaced: Option<&'a Operator>,
    ) -> RestoreOptions<'a> {
        let mut how = RestoreOptions::default().was_enabled(&self.was_enabled);
        if let Some(kept) = kept {
            how = how.checkpoint(kept);
        }
        if let Some(replaced) = replaced {
            how = how.replaced(replaced);
        }
        how
    }

    fn tell(&self, done: &Restored, aside: Option<&Path>) -> Result<Outcome, Failure> {
        if self.json {
            output::line(&object(done, aside).to_string())?;
        } else {
            for line in lines(done, aside) {
                output::line(&line)?;
            }
        }
        Ok(Outcome::Done)
    }
}

/// Shows the new break-glass codes, and has the last group of each typed back.
fn keep_break_glass(
    done: &Restored,
    stdin: &mut Stdin,
    (what, wrong): (&str, &str),
) -> Result<(), Failure> {
    for (org, code) in &done.break_glass {
        output::line(&format!(
            "new break-glass code of {org}, to be kept in an envelope: {}",
            code.expose().as_str()
        ))?;
        let typed = stdin.ask("its last group", loquet::MAX_TYPED)?;
        if !code.last_group().eq_ignore_ascii_case(typed.trim()) {
            return Err(Failure::of(what, wrong));
        }
    }
    Ok(())
}

/// What to do where the replaced database gives nothing away.
fn unreadable(failure: Failure) -> Failure {
    let hint = "with --ignore-replaced the database that is replaced is not read; then say with --was-enabled in which \
                organizations multi-factor log-in was enabled, or --none-enabled";
    match failure {
        Failure::BadInput(why) => Failure::BadInput(format!("{why}; {hint}")),
        Failure::Io(why) => Failure::Io(format!("{why}; {hint}")),
        other => other,
    }
}

/// The accounts that are not as the checkpoint has them, and why.
fn lost(done: &Restored) -> impl Iterator<Item = (String, String)> {
    done.lost.iter().map(|account| {
        let why = account.chain.as_ref().err().map(ToString::to_string);
        (crate::audit::name(account), why.unwrap_or_default())
    })
}

fn object(done: &Restored, aside: Option<&Path>) -> Value {
    let lost = lost(done).map(|(account, why)| json!({ "account": account, "why": why }));
    json!({
        "accounts": done.accounts,
        "taken": done.taken.map(|at| at.0),
        "now": done.now.0,
        "reset_codes_void": done.reset_codes,
        "recovery_void": done.recovery,
        "carried": done.carried,
        "renamed": done.renamed,
        "lost": lost.collect::<Vec<_>>(),
        "aside": aside,
    })
}

fn lines(done: &Restored, aside: Option<&Path>) -> Vec<String> {
    let taken = done.taken.map(when::text);
    let taken = taken.as_deref().unwrap_or("an unknown time");
    let now = when::text(done.now);
    let mut lines = vec![
        format!(
            "{} accounts as of {taken}; every session is over",
            done.accounts
        ),
        format!(
            "lost: all decisions between {taken} and {now}, but for what only rises where the replaced database was read. \
             Compare the notices that went out: resets, roles, deactivations, settings, access rules"
        ),
    ];
    for (account, why) in lost(done) {
        lines.push(format!("lost of {}: {why}", account.escape_debug()));
    }
    for account in &done.reset_codes {
        let account = account.escape_debug();
        lines.push(format!(
            "{account}: the reset code is void, another reset is needed"
        ));
    }
    for account in &done.carried {
        let account = account.escape_debug();
        lines.push(format!(
            "{account}: carried over from the replaced database"
        ));
    }
    for (account, name) in &done.renamed {
        let (account, name) = (account.escape_debug(), name.escape_debug());
        lines.push(format!(
            "{account}: the name is another account's in the backup, so that this one is called {name} now"
        ));
    }
    for account in &done.recovery {
        let account = account.escape_debug();
        lines.push(format!("{account}: the recovery codes are void"));
    }
    if let Some(aside) = aside {
        let aside = aside.display();
        lines.push(format!("the database that was there is {aside} now"));
    }
    lines
}
