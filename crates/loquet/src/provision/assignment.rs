//! What assigns a hardware token, and takes it back: both change the token's row and the account's.

use loquet_policy::{AccountId, Command, ImportedKey, Refusal};

use crate::decide::{Case, done};
use crate::records::AssignedToken;
use crate::store::MetadataId;

/// The host gives a token to a user.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct AssignToken {
    pub(super) account: AccountId,
    pub(super) token: MetadataId,
}

/// The host takes a token back that its owner has not confirmed.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct WithdrawToken {
    pub(super) account: AccountId,
    pub(super) token: MetadataId,
}

/// Implements [`Operation`](crate::decide::Operation) for what changes the row of a token too.
macro_rules! of_token {
    ($name:ident; $($rest:tt)*) => {
        operation! {
            $name,
            {
                const REPEATABLE: bool = false;

                fn actor(&self) -> AccountId {
                    self.account
                }

                fn token(&self) -> Option<MetadataId> {
                    Some(self.token)
                }
            },
            $($rest)*
        }
    };
}

of_token!(
    AssignToken;
    "assign_token",
    (),
    done,
    |this, case| {
        Command::AssignToken {
            key: this.known(case),
        }
    },
    |this, _case, effects| {
        if let Some(token) = &mut effects.token {
            token.owner = Some(this.account);
            effects.actor.secrets.token = Some(AssignedToken {
                serial: token.serial.clone(),
                totp: token.totp,
                secret: token.secret.take(),
            });
        }
    }
);

impl AssignToken {
    fn known(self, case: &Case<'_>) -> ImportedKey {
        // One that is not there was taken away by someone else; the host is told before.
        let Some(token) = case.token else {
            return ImportedKey::OfAnother;
        };
        let secrets = &case.actor.secrets;
        let assigned = secrets.token.as_ref().map(|token| &token.serial);
        match token.owner {
            None if token.secret.is_some() => ImportedKey::Unused,
            Some(owner) if owner == self.account => {
                let bound = secrets.details().filter_map(|it| it.serial.as_ref());
                match bound.chain(assigned).any(|serial| *serial == token.serial) {
                    true => ImportedKey::Present,
                    false => ImportedKey::Former,
                }
            }
            _ => ImportedKey::OfAnother,
        }
    }
}

of_token!(
    WithdrawToken;
    "withdraw_token",
    (),
    done,
    |_this, case| {
        let assigned = case.actor.secrets.token.as_ref().map(|token| &token.serial);
        if assigned != case.token.map(|token| &token.serial) {
            return Err(Refusal::NoTokenAssigned);
        }
        Command::WithdrawToken
    },
    |_this, case, effects| {
        if let (Some(token), Some(assigned)) = (&mut effects.token, &case.actor.secrets.token) {
            token.owner = None;
            token.secret.clone_from(&assigned.secret);
        }
    }
);
