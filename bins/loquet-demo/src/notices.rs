//! The demo's mail: notices go to standard error. And what is done from time to time.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use loquet::store::BoxError;
use loquet::{Deliver, Letter, OrgId, Service, ServiceError};

use crate::brake::Brake;

struct Terminal;

impl Deliver for Terminal {
    async fn deliver(&self, letter: &Letter) -> Result<(), BoxError> {
        let mut out = io::stderr();
        writeln!(out, "notice to {}: {:?}", letter.external_id, letter.event)?;
        if let Some(link) = &letter.link {
            let link = link.expose();
            writeln!(out, "  that was not me: /mfa/not-me/{}", *link)?;
        }
        Ok(())
    }
}

/// Applies what is due, delivers notices and forgets what is old, round after round, until the program ends.
pub(crate) async fn housekeeping(service: Service, org: OrgId, brake: Arc<Brake>) {
    let mut rounds = tokio::time::interval(Duration::from_secs(5));
    let mut days = tokio::time::interval(Duration::from_secs(86_400));
    loop {
        let done = tokio::select! {
            _ = days.tick() => service.forget_old_devices(org).await.map(drop),
            _ = rounds.tick() => {
                brake.prune();
                round(&service).await
            }
        };
        if let Err(fault) = done {
            // A closed standard error is no reason to stop.
            drop(writeln!(io::stderr(), "housekeeping: {fault}"));
        }
    }
}

async fn round(service: &Service) -> Result<(), ServiceError> {
    service.tick().await?;
    service.tidy().await?;
    match service.deliver(&Terminal).await?.fault {
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}
