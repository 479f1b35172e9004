//! Where notices go, and the answer to one: "that was not me".

use loquet_policy::{AccountId, Command, Event, Refusal};

use super::{Case, Keys, Refused, Typed, done};
use crate::book::Address;
use crate::hash;
use crate::paper::NotMeLink;
use crate::stamp::Stamp;

/// Another address for one's own notices. The old one is told, and hears everything for 14 more days.
#[derive(Debug, Clone)]
pub struct ChangeAddress {
    /// The owner's session.
    pub stamp: Stamp,
    /// The new address.
    pub address: Address,
    /// A fresh code, where an authenticator is bound; empty otherwise.
    pub typed: Typed,
}

/// The host, which keeps its people's addresses, knows another one. The old one is told as for [`ChangeAddress`].
///
/// Run it when the person is made known, and whenever the host's own record changes: the address that stands already is
/// answered by `UNCHANGED`, and nobody is told.
#[derive(Debug, Clone)]
pub struct SetAddress {
    /// Whose.
    pub account: AccountId,
    /// The address.
    pub address: Address,
}

fn room(case: &Case<'_>) -> Result<(), Refused> {
    if case.actor.book.has_room(case.now) {
        Ok(())
    } else {
        Err(Refused::TooManyAddresses)
    }
}

in_session!(
    ChangeAddress,
    "change_address",
    (),
    done,
    |this, case| {
        room(case)?;
        Command::ChangeAddress {
            code: case.submitted(&this.typed),
        }
    },
    |this, case, beside| beside.actor.book.change(&this.address, case.now)
);

of_host!(
    SetAddress,
    "set_address",
    (),
    done,
    |this, case| {
        if case.actor.book.present() == Some(&this.address) {
            return Err(Refusal::Unchanged.into());
        }
        room(case)?;
        Command::ChangeAddress {
            code: case.submitted(&Typed::default()),
        }
    },
    |this, case, beside| {
        // Of a first address there is nobody to tell.
        if case.actor.book.is_empty() {
            beside
                .notices
                .retain(|notice| notice.event != Event::AddressChanged);
        }
        beside.actor.book.change(&this.address, case.now);
    }
);

/// "That enrollment was not me", by the link in its letter. It opens nothing: the authenticator is destroyed, and the next
/// one needs an administrator's reset code.
#[derive(Debug, Clone)]
pub struct ReportUnrecognized {
    account: AccountId,
    link: NotMeLink,
}

impl ReportUnrecognized {
    /// By this link.
    #[must_use]
    pub fn by(link: &NotMeLink) -> Self {
        Self {
            account: link.account(),
            link: link.clone(),
        }
    }
}

of_host!(
    ReportUnrecognized,
    "report_unrecognized",
    (),
    done,
    |this, _case| {
        Command::ReportUnrecognized {
            link: this.link.digest(),
        }
    }
);

/// The link in the letter about the enrollment that began this epoch. It is stored nowhere: whoever writes the letter
/// derives it again.
pub(crate) fn not_me_link(keys: &Keys, account: AccountId, epoch: u32) -> NotMeLink {
    let derived = hash::mac(
        &keys.link,
        "repudiation",
        &[&account.to_bytes(), &epoch.to_be_bytes()],
    );
    NotMeLink::new(account, *hash::half(derived))
}
