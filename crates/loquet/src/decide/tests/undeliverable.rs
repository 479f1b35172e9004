//! A grant that cannot be told.

use super::*;

/// An operation whose grant cannot be returned.
#[derive(Hash)]
struct Undeliverable;

impl Operation for Undeliverable {
    type Grant = ();
    const NAME: &'static str = "undeliverable";

    fn actor(&self) -> AccountId {
        1_u64.into()
    }

    fn command(&self, _: &Case<'_>) -> Result<Command, Refusal> {
        let (authenticator, link) = (AuthenticatorId(1), Digest::from_bytes([0; 32]));
        Ok(Command::ReportLost {
            authenticator,
            link,
        })
    }

    fn grant(&self, _: &Grant, _: &Case<'_>, _: &After<'_>) -> Result<(), Refusal> {
        Err(Refusal::PolicyUnavailable)
    }
}

#[test]
fn undeliverable_grant_is_not_made() {
    assert!(decided(&Undeliverable, &facts(None)).change().is_none());
}
