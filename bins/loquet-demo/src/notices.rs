//! The post: what people must be told goes to the standard error of this program.

use std::io::{self, Write};
use std::time::Duration;

use loquet::store::BoxError;
use loquet::{Deliver, Letter, OrgId, Service};

const ROUND: Duration = Duration::from_secs(5);
/// Rounds in a day, after each of which old devices are forgotten.
const DAY: u64 = 24 * 3600 / 5;

struct Terminal;

impl Deliver for Terminal {
    async fn deliver(&self, letter: &Letter) -> Result<(), BoxError> {
        writeln!(
            io::stderr(),
            "notice to {}: {:?}",
            letter.external_id,
            letter.event
        )?;
        if let Some(link) = &letter.link {
            writeln!(
                io::stderr(),
                "  that was not me: /mfa/repudiate/{}",
                *link.expose()
            )?;
        }
        Ok(())
    }
}

/// Writes down what time has brought, delivers notices and forgets old attempts, round after round, until the program ends.
pub(crate) async fn housekeeping(service: Service, org: OrgId) {
    let mut rounds = tokio::time::interval(ROUND);
    for round in 0_u64.. {
        rounds.tick().await;
        if round.is_multiple_of(DAY)
            && let Err(error) = service.forget_old_devices(org).await
        {
            let _told = writeln!(io::stderr(), "housekeeping: {error}").is_ok();
        }
        let ticked = service.tick().await.err();
        let fault = match service.deliver(&Terminal).await {
            Ok(round) => ticked.or(round.fault),
            Err(error) => Some(error),
        };
        let fault = match (fault, service.tidy().await) {
            (Some(error), _) | (None, Err(error)) => error,
            (None, Ok(_)) => continue,
        };
        // Nobody is left to tell when standard error is closed.
        let _told = writeln!(io::stderr(), "housekeeping: {fault}").is_ok();
    }
}
