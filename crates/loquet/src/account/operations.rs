//! Where notices go.

use loquet_policy::{AccountId, Command, Event, Refusal};

use crate::account::addresses::Address;
use crate::decide::{Case, Typed, done};
use loquet_policy::Session;

/// Another address for one's own notices. The old one is told, and receives every notice for 14 more days.
#[derive(Debug, Clone, Hash)]
pub(crate) struct ChangeAddress {
    /// The owner's session.
    pub(crate) session: Session,
    /// The new address.
    pub(crate) address: Address,
    /// A fresh code, where an authenticator is bound; empty otherwise.
    pub(crate) typed: Typed,
}

/// The host, which keeps its people's addresses, knows another one. The old one is told as for [`ChangeAddress`].
///
/// Run it when the person is made known, and whenever the host's own record changes: the address that stands already is
/// answered by `UNCHANGED`, without a notice.
#[derive(Debug, Clone, Hash)]
pub(crate) struct SetAddress {
    /// Whose.
    pub(crate) account: AccountId,
    /// The address.
    pub(crate) address: Address,
}

fn room(case: &Case<'_>) -> Result<(), Refusal> {
    if case.actor.addresses.has_room(case.now) {
        Ok(())
    } else {
        Err(Refusal::TooManyAddresses)
    }
}

in_session!(
    ChangeAddress;
    "change_address",
    (),
    done,
    |this, case| {
        room(case)?;
        Command::ChangeAddress {
            code: case.submitted(&this.typed),
        }
    },
    |this, case, effects| effects.actor.addresses.change(&this.address, case.now)
);

of_host!(
    SetAddress;
    "set_address",
    (),
    done,
    |this, case| {
        if case.actor.addresses.present() == Some(&this.address) {
            return Err(Refusal::Unchanged);
        }
        room(case)?;
        Command::ChangeAddress {
            code: case.submitted(&Typed::default()),
        }
    },
    |this, case, effects| {
        // A first address replaces none that could be told.
        if case.actor.addresses.is_empty() {
            effects
                .notices
                .retain(|notice| notice.event != Event::AddressChanged);
        }
        effects.actor.addresses.change(&this.address, case.now);
    }
);
