//! What a ceremony is, what it is decided from, and what it may add.

use std::fmt;

use loquet_ipfilter::Geo;
use loquet_policy::{Audience, Event, Notice, Roster, UnixTime};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::door::Door;
use super::request::Request;
use crate::disk::FirstOutcome;
use crate::edge::Entropy;
use crate::records::{AccountRecord, OrganizationRecord};
use crate::stamp::Stamp;
use crate::store::{RowKey, Version};

/// A ceremony that a [`Service`](crate::Service) can run. The types of this module are all there are.
pub trait Ceremony: sealed::Step {}

impl<T: sealed::Step> Ceremony for T {}

pub(crate) mod sealed {
    use loquet_policy::{AccountId, Command, Grant};

    use super::{After, Beside, Case};
    use crate::flow::Refused;
    use crate::records::Rules;
    use crate::stamp::Stamp;

    pub trait Step: Send + Sync {
        /// What is handed over when it is granted.
        type Grant: Send;
        /// Its name in the audit log.
        const WHAT: &'static str;

        fn actor(&self) -> AccountId;

        fn stamp(&self) -> Option<&Stamp> {
            None
        }

        fn subject(&self) -> Option<AccountId> {
            None
        }

        /// What to ask of the rules, with the evidence.
        fn command(&self, case: &Case<'_>) -> Result<Command, Refused>;

        /// What is written beside what the rules decide, once they have granted it.
        fn beside(&self, _: &Case<'_>, _: &mut Beside<'_>) {}

        /// Texts of access rules that the command names by hash.
        fn rules(&self) -> Option<&Rules> {
            None
        }

        /// What to hand over.
        fn grant(
            &self,
            granted: &Grant,
            case: &Case<'_>,
            after: &After<'_>,
        ) -> Result<Self::Grant, Refused>;
    }
}

/// Everything that one decision reads, opened.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) organization: Option<OrganizationRecord>,
    pub(crate) roster: Option<Roster>,
    pub(crate) actor: Option<AccountRecord>,
    pub(crate) subject: Option<AccountRecord>,
    pub(crate) door: Door,
    pub(crate) repeated: Option<FirstOutcome>,
    /// What the host's databases say of addresses.
    pub(crate) geo: Geo,
    /// Every row that was looked for, at the version found.
    pub(crate) read: Vec<(RowKey, Version)>,
}

/// What came in, and what a decision is made with: the same again decides the same way.
pub(crate) struct Input<'a> {
    pub(crate) request: &'a Request,
    pub(crate) now: UnixTime,
    pub(crate) entropy: &'a Entropy,
    pub(crate) keys: &'a Keys,
}

/// What a ceremony computes its evidence from.
#[derive(Debug)]
pub struct Case<'a> {
    pub(crate) request: &'a Request,
    pub(crate) now: UnixTime,
    pub(crate) entropy: &'a Entropy,
    pub(crate) keys: &'a Keys,
    pub(crate) actor: &'a AccountRecord,
    pub(crate) organization: Option<&'a OrganizationRecord>,
    pub(crate) stamp: Option<&'a Stamp>,
    pub(crate) door: &'a Door,
    pub(crate) geo: &'a Geo,
}

/// What a granted ceremony may change that the rules know nothing of.
#[derive(Debug)]
pub struct Beside<'a> {
    pub(crate) actor: &'a mut AccountRecord,
    pub(super) organization: &'a mut Option<OrganizationRecord>,
    pub(crate) notices: &'a mut Vec<Notice>,
}

impl Beside<'_> {
    /// The organization as the rules leave it, to be written too.
    pub(crate) fn organization(&mut self, case: &Case<'_>) -> Option<&mut OrganizationRecord> {
        if self.organization.is_none() {
            *self.organization = case.organization.cloned();
        }
        self.organization.as_mut()
    }

    pub(crate) fn tell(&mut self, to: Audience, event: Event) {
        self.notices.push(Notice { to, event });
    }
}

/// What became of the actor, for a grant that shows something of it.
#[derive(Debug)]
pub struct After<'a> {
    pub(crate) actor: &'a AccountRecord,
    pub(crate) organization: Option<&'a OrganizationRecord>,
}

/// Keys of flow's own, derived from the root key; none opens a secret.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Keys {
    pub(crate) break_glass: [u8; 32],
    pub(crate) link: [u8; 32],
    pub(crate) place: [u8; 32],
    pub(crate) recovery: [u8; 32],
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}
