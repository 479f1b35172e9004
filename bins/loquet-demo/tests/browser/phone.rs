//! The person's phone: an authenticator that shares no code with Loquet.

use std::time::{Duration, SystemTime};

use totp_rs::Totp;

const STEP: u64 = 30;
/// How long a page may take between the code's being read and its being checked.
const SLOW: u64 = 25;

/// An authenticator app with one account in it.
pub(crate) struct Phone {
    app: Totp,
    uri: String,
    next: u64,
}

impl Phone {
    /// Takes the account over from what a QR code says.
    pub(crate) fn scan(uri: &str) -> Self {
        Self {
            app: Totp::from_url(uri).expect("an authenticator reads the key URI"),
            uri: uri.to_owned(),
            next: 0,
        }
    }

    /// The secret as the key URI spells it.
    pub(crate) fn key(&self) -> &str {
        let from = self.uri.split_once("secret=").unwrap().1;
        from.split('&').next().unwrap()
    }

    pub(crate) fn issuer(&self) -> &str {
        self.app.issuer().unwrap()
    }

    pub(crate) fn account(&self) -> &str {
        self.app.account_name()
    }

    /// A code that was never used: the step before this one, this one, or the next, as the service accepts them. Where
    /// those are used up it waits, as a person does.
    pub(crate) async fn fresh(&mut self) -> String {
        while now() / STEP + 1 < self.next {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        let oldest = ((now() + SLOW) / STEP).saturating_sub(1);
        let step = self.next.max(oldest);
        self.next = step + 1;
        self.at(step)
    }

    /// The code that was given last, to a command that was refused and so left it unused; a fresh one where its time is
    /// nearly over.
    pub(crate) async fn unspent(&mut self) -> String {
        if (now() + SLOW) / STEP <= self.next {
            self.used()
        } else {
            self.fresh().await
        }
    }

    /// The code that was given last.
    pub(crate) fn used(&self) -> String {
        self.at(self.next - 1)
    }

    /// Six digits that are right in no step around now.
    pub(crate) fn wrong(&self) -> String {
        let present = now() / STEP;
        let right: Vec<String> = (present - 5..present + 6)
            .map(|step| self.at(step))
            .collect();
        (0..)
            .map(|number| format!("{number:06}"))
            .find(|code| !right.contains(code))
            .unwrap()
    }

    fn at(&self, step: u64) -> String {
        self.app.generate(step * STEP).to_string()
    }
}

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}
