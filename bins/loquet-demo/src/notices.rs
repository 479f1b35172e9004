//! The demo's mail, which goes to standard error, and what is done from time to time.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use loquet::{Deliver, DeliveryError, Error, Event, Letter, Operator};

use crate::brake::Brake;

struct Terminal;

impl Deliver for Terminal {
    async fn deliver(&self, letter: &Letter) -> Result<(), DeliveryError> {
        write(letter).map_err(|why| DeliveryError::Temporary(why.into()))
    }
}

fn write(letter: &Letter) -> io::Result<()> {
    let mut out = io::stderr();
    write!(out, "notice to {}", letter.external_id)?;
    if let Some(address) = &letter.address {
        write!(out, " at {address}")?;
    }
    writeln!(out, ": {:?}", letter.event)?;
    if let Some(link) = &letter.link {
        let page = match letter.event {
            Event::ReportedLost => "undo-report",
            _ => "not-me",
        };
        writeln!(out, "  that was not me: /mfa/{page}/{}", *link.expose())?;
    }
    if let Some(code) = &letter.code {
        writeln!(out, "  the code for this address: {}", code.expose())?;
    }
    Ok(())
}

/// Applies what is due, delivers notices and forgets what is old, until the program ends.
pub(crate) async fn housekeeping(operator: Operator, brake: Arc<Brake>) {
    let mut rounds = tokio::time::interval(Duration::from_secs(5));
    loop {
        rounds.tick().await;
        brake.prune();
        if let Err(fault) = round(&operator).await {
            // A closed standard error is no reason to stop.
            drop(writeln!(io::stderr(), "housekeeping: {fault}"));
        }
    }
}

async fn round(operator: &Operator) -> Result<(), Error> {
    let done = operator.run_maintenance(&Terminal).await?;
    let fault = done.faults.into_iter().next();
    done.delivered.fault.or(fault).map_or(Ok(()), Err)
}
