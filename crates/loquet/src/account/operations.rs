//! Where notices go.

use loquet_policy::{AccountId, Command, Refusal, Session, may_rename};

use crate::account::address_code::{AddressCode, typed_digest};
use crate::account::addresses::Address;
use crate::account::notice_addresses::DeliveryFailure;
use crate::decide::{Case, Typed, done};

/// Another address for one's own notices. It waits for the code that is sent there; the old one is told.
#[derive(Debug, Clone, Hash)]
pub(crate) struct ChangeAddress {
    /// The owner's session.
    pub(crate) session: Session,
    /// The new address.
    pub(crate) address: Address,
    /// A fresh code, where an authenticator is bound; empty otherwise.
    pub(crate) typed: Typed,
}

/// The code that was sent to the new address.
#[derive(Debug, Clone, Hash)]
pub(crate) struct ConfirmAddress {
    /// The owner's session.
    pub(crate) session: Session,
    /// As typed.
    pub(crate) typed: Typed,
}

/// The host, which keeps its people's addresses, knows another one. It waits for its code as for [`ChangeAddress`], unless
/// it is the account's first: there is no older one that an owner could lose by it.
///
/// Run it when the person is made known, and whenever the host's own record changes: the address that stands or waits
/// already is answered by `UNCHANGED`, without a notice.
#[derive(Debug, Clone, Hash)]
pub(crate) struct SetAddress {
    /// Whose.
    pub(crate) account: AccountId,
    /// The address.
    pub(crate) address: Address,
}

/// How the last delivery to an address ended, where it is news.
#[derive(Debug, Clone, Hash)]
pub(crate) struct NoteDelivery {
    /// Whose.
    pub(crate) account: AccountId,
    /// The address.
    pub(crate) address: Address,
    /// `None`: the letter arrived.
    pub(crate) failure: Option<DeliveryFailure>,
}

/// What begins a change to this address: a code is sent there.
fn begin(case: &Case<'_>, address: &Address, typed: &Typed) -> Result<Command, Refusal> {
    let addresses = &case.actor.addresses;
    if addresses.present() == Some(address) {
        return Err(Refusal::Unchanged);
    }
    if !addresses.has_room(case.now) {
        return Err(Refusal::TooManyAddresses);
    }
    let account = case.actor.facts.id;
    let sent = AddressCode::derive(case.keys, account, address, case.now);
    Ok(Command::ChangeAddress {
        code: case.submitted(typed),
        sent: sent.digest(case.keys, account),
    })
}

in_session!(
    ChangeAddress;
    "change_address",
    (),
    done,
    |this, case| begin(case, &this.address, &this.typed)?,
    |this, _case, effects| effects.actor.addresses.begin(&this.address)
);

in_session!(
    ConfirmAddress;
    "confirm_address",
    (),
    done,
    |this, case| {
        Command::ConfirmAddress {
            code: typed_digest(case.keys, case.actor.facts.id, &this.typed),
        }
    },
    |_this, case, effects| effects.actor.addresses.confirm(case.now)
);

of_host!(
    SetAddress;
    "set_address",
    (),
    done,
    |this, case| {
        if case.actor.addresses.pending() == Some(&this.address) {
            return Err(Refusal::Unchanged);
        }
        match case.actor.addresses.present() {
            None => {
                may_rename(&case.actor.facts)?;
                Command::ApplyDue
            }
            Some(_) => begin(case, &this.address, &Typed::default())?,
        }
    },
    |this, case, effects| match case.actor.addresses.present() {
        None => effects.actor.addresses.change(&this.address, case.now),
        Some(_) => effects.actor.addresses.begin(&this.address),
    }
);

of_host!(
    NoteDelivery;
    "note_delivery",
    (),
    done,
    |this, case| {
        let noted = case.actor.addresses.failure(&this.address);
        if noted == this.failure.map(|it| it.kind) {
            return Err(Refusal::Unchanged);
        }
        Command::ApplyDue
    },
    |this, _case, effects| effects.actor.addresses.note(&this.address, this.failure)
);
