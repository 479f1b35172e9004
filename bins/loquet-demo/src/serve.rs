//! From the flags to a server that stands, and to its end.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use loquet::flow::SetAddress;
use loquet::{Clock, Request, Service, ServiceError, SystemClock};
use loquet_ipfilter::Geo;
use loquet_policy::OrgId;
use loquet_sqlite::SqliteStore;
use loquet_web::{Pages, Settings};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cli::Cli;
use crate::database::Database;
use crate::failure::Failure;
use crate::files::{self, Files};
use crate::host::Demo;
use crate::notices;
use crate::people::{ORGANISATION, PEOPLE};
use crate::phrase::Phrases;
use crate::{banner, pages, places};

/// How long open requests may take to end after Ctrl-C.
const FAREWELL: Duration = Duration::from_secs(5);

/// Providers publish a new table of countries at least once a month.
const STALE: u64 = 45 * 86_400;

/// Runs until Ctrl-C.
pub(crate) fn run(cli: &Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Server)?;
    let result = runtime.block_on(start(cli));
    runtime.shutdown_timeout(FAREWELL);
    result
}

async fn start(cli: &Cli) -> Result<(), Failure> {
    // The address first: where it cannot be had, no file is made or deleted.
    let listener = TcpListener::bind(cli.listen)
        .await
        .map_err(|cause| Failure::address(cli.listen, &cause))?;
    let address = listener.local_addr().map_err(Failure::Server)?;
    let now = SystemClock.now().0;
    let geo = places::geo(cli.countries.as_deref(), now)?;
    if !geo.stale(now, STALE).is_empty() {
        warn("the table of countries is older than 45 days, or dated in the future");
    }
    let mut files = files::prepare(&cli.db, cli.fresh)?;
    let app = match open(&files, geo).await {
        Ok(app) => app,
        Err(failure) => {
            if files.is_new {
                files::undo(&files);
            }
            return Err(failure);
        }
    };
    files.settled();
    if files.is_exposed {
        warn(&format!(
            "the key file {} can be read by others than its owner: whoever reads it can read the secrets. Run: chmod 600 {0}",
            files.key.display()
        ));
    }
    if !address.ip().is_loopback() {
        warn(
            "this demonstration speaks plain http and prints its pass phrases: do not show it to a network you do not trust",
        );
    }
    let end = listen_for_the_end().map_err(Failure::Server)?;
    banner::print(address, &files, cli.json).map_err(Failure::Server)?;
    let (tell, mut told) = watch::channel(false);
    let serve = axum::serve(
        listener,
        app.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(async move {
        end.await;
        tell.send_replace(true);
    });
    let too_long = async move {
        // An error is the sender's end, which the server outlives by nothing.
        drop(told.wait_for(|ending| *ending).await);
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        ended = async { serve.await } => ended.map_err(Failure::Server),
        () = too_long => Ok(()),
    }
}

async fn open(files: &Files, geo: Geo) -> Result<axum::Router, Failure> {
    let store = |why: String| Failure::Store {
        path: files.database.clone(),
        why,
    };
    let database = Database::open(files)?;
    let tables = SqliteStore::open(&files.database).map_err(|fault| Failure::Tables {
        why: fault.to_string(),
    })?;
    let service = Service::open(tables, files.ring.clone())
        .await
        .map_err(|fault| match fault {
            ServiceError::Keys(_) => Failure::WrongKey {
                path: files.key.clone(),
            },
            other => store(other.to_string()),
        })?;
    let org = ensure_people(&service)
        .await
        .map_err(|fault| store(fault.to_string()))?;
    service.set_places(geo);
    let phrases = Phrases::new().map_err(store)?;
    tokio::spawn(notices::housekeeping(service.clone(), org));
    let mut settings = Settings::default();
    settings.https = false;
    Ok(pages::router(
        &Pages::new(service, Demo { database }, &settings),
        org,
        phrases,
    ))
}

/// Makes the organisation and its accounts where they are not there yet.
async fn ensure_people(service: &Service) -> Result<OrgId, loquet::ServiceError> {
    let org = service
        .ensure_organisation(OrgId::from(1_u64), ORGANISATION)
        .await?;
    for person in &PEOPLE {
        let label = format!("{}@petits-pas.example", person.login);
        service
            .ensure_account(org, person.account(), person.login, &label, [person.role])
            .await?;
        if let Ok(address) = label.parse() {
            let set = SetAddress {
                account: person.account(),
                address,
            };
            // An account that has one keeps it: its owner may have changed it.
            if service.address(person.account()).await?.is_none() {
                drop(service.run(set, &Request::new(None)?).await?);
            }
        }
    }
    Ok(org)
}

/// Waits for Ctrl-C or the polite signal of a service manager. Both are listened for from now on, and not only when
/// somebody waits: whoever read the banner may end the program.
#[cfg(unix)]
fn listen_for_the_end() -> io::Result<impl Future<Output = ()>> {
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
fn listen_for_the_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

fn warn(text: &str) {
    // Nobody is left to tell when standard error is closed.
    drop(writeln!(io::stderr(), "loquet-demo: warning: {text}"));
}
