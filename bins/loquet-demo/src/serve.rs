//! From the flags to a server that runs, and to its end.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use loquet::store::Store;
use loquet::{Clock, Config, Error, Geo, Keyring, Mfa, SystemClock};
use loquet_postgres::PostgresStore;
use loquet_sqlite::SqliteStore;
use loquet_web::{Pages, Settings};
use loquet_webauthn::Passkeys;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;

use crate::banner::{Data, LOCAL};
use crate::brake::Brake;
use crate::cli::{Cli, Source};
use crate::database::{Database, Postgres, Sqlite, address};
use crate::failure::Failure;
use crate::files::{self, Files};
use crate::host::Demo;
use crate::pages::App;
use crate::password::Checker;
use crate::people::{ORGANIZATION, PEOPLE};
use crate::{banner, connections, notices, pages, people, places};

/// Providers publish a new table of countries at least once a month.
const STALE: u64 = 45 * 86_400;

/// Threads for hashes and for the demo's own tables: what waits for one waits in a queue.
const BLOCKING: usize = 8;

/// How long requests under way may take after Ctrl-C or SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

/// Runs until Ctrl-C or SIGTERM. Every change is on disk before it is answered.
pub(crate) fn run(cli: &Cli) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING)
        .build()
        .map_err(server)?
        .block_on(start(cli))
}

fn server(cause: io::Error) -> Failure {
    Failure::Server(format!("the server stopped: {cause}"))
}

async fn start(cli: &Cli) -> Result<(), Failure> {
    let source = cli.source()?;
    let (end, deadline) = (
        told_to_end().map_err(server)?,
        told_to_end().map_err(server)?,
    );
    // The address first: where it cannot be had, no file is made or deleted.
    let listener = TcpListener::bind(cli.listen)
        .await
        .map_err(|cause| Failure::listen(cli.listen, &cause))?;
    let address = listener.local_addr().map_err(server)?;
    let now = SystemClock.now().0;
    let geo = places::geo(cli.countries.as_deref(), now)?;
    if !geo.stale(now, STALE).is_empty() {
        warn("the table of countries is older than 45 days, or dated in the future");
    }
    let passkeys = passkeys(address.port());
    let (app, data, _lock) = match source {
        Source::Sqlite { file, fresh } => {
            let (app, data, lock) = over_sqlite(file, fresh, (geo, &passkeys)).await?;
            (app, data, Some(lock))
        }
        Source::Postgres(options, key) => {
            let (app, data) = over_postgres(*options, key, (geo, &passkeys)).await?;
            (app, data, None)
        }
    };
    if !address.ip().is_loopback() {
        warn(
            "this demo speaks plain http and prints its passwords: keep it off networks you do not trust",
        );
    }
    banner::print(address, &data, cli.json).map_err(server)?;
    let serve = connections::serve(listener, app, end);
    let cut = async {
        deadline.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = serve => {}
        () = cut => {}
    }
    Ok(())
}

/// Listens for Ctrl-C and SIGTERM from this call on.
#[cfg(unix)]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move { drop(interrupt.recv().await) })
}

async fn over_sqlite(
    file: &Path,
    fresh: bool,
    with: (Geo, &Option<Passkeys>),
) -> Result<(Router, Data, Files), Failure> {
    let files = files::prepare(file, fresh)?;
    let data = Data {
        database: files.database.display().to_string(),
        key: files.key.clone(),
        is_new: files.is_new,
        hint: "--fresh starts over",
    };
    let database = Database::Sqlite(Sqlite::open(&files)?);
    let store = SqliteStore::open(&files.database)
        .map_err(|fault| Failure::database(&data.database, fault))?;
    let app = open(store, database, files.keyring.clone(), &data, with).await?;
    Ok((app, data, files))
}

async fn over_postgres(
    options: PgConnectOptions,
    key: &Path,
    with: (Geo, &Option<Passkeys>),
) -> Result<(Router, Data), Failure> {
    let named = address(&options);
    let (tables, keyring, is_new) = Postgres::open(options, key).await?;
    let data = Data {
        database: named,
        key: key.to_owned(),
        is_new,
        hint: "more demos may share it",
    };
    let store = PostgresStore::open(tables.pool())
        .await
        .map_err(|fault| Failure::database(&data.database, fault))?;
    let database = Database::Postgres(tables);
    let app = open(store, database, keyring, &data, with).await?;
    Ok((app, data))
}

async fn open(
    store: impl Store + 'static,
    database: Database,
    keyring: Keyring,
    data: &Data,
    (geo, passkeys): (Geo, &Option<Passkeys>),
) -> Result<Router, Failure> {
    let failed = |fault| match fault {
        Error::Config(Config::Keys(_)) => Failure::file("use the key file", &data.key, fault),
        other => Failure::database(&data.database, other),
    };
    let mut builder = Mfa::builder(store)
        .keyring(keyring)
        .issuer(ORGANIZATION)
        .roles(people::roles())
        .geo(geo);
    if let Some(passkeys) = passkeys {
        builder = builder.passkeys(passkeys.clone());
    }
    let operator = builder.open_operator().await.map_err(failed)?;
    let mfa = operator.mfa().clone();
    ensure_people(&mfa).await.map_err(failed)?;
    let checker =
        Checker::new().map_err(|fault| Failure::Server(format!("cannot hash: {fault}")))?;
    let brake = Arc::new(Brake::new());
    tokio::spawn(notices::housekeeping(operator, Arc::clone(&brake)));
    let mut settings = Settings::default();
    settings.https = false;
    Ok(pages::router(App {
        pages: Pages::new(mfa, Demo { database }, &settings),
        checker,
        brake,
    }))
}

/// What verifies passkeys: those of this machine's own browser, since no browser uses one at an address of numbers.
fn passkeys(port: u16) -> Option<Passkeys> {
    let passkeys = Passkeys::new(LOCAL, &format!("http://{LOCAL}:{port}"));
    Some(passkeys.ok()?.named(ORGANIZATION))
}

/// Creates the accounts that are not there yet. Those that are there keep the address that their owner may have set.
async fn ensure_people(mfa: &Mfa) -> Result<(), Error> {
    for person in &PEOPLE {
        if mfa.provision().find(person.login).await?.is_none() {
            let mail = person.mail();
            let new = person.new_account(&mail);
            mfa.provision().ensure_account(new).await?;
        }
    }
    Ok(())
}

fn warn(text: &str) {
    // A closed standard error is no reason to stop.
    drop(writeln!(io::stderr(), "loquet-demo: warning: {text}"));
}
