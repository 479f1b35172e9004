//! Acting as a user: a log-in, and the codes that it takes, each a line of standard input.

use std::net::{IpAddr, Ipv4Addr};

use clap::Args;
use loquet::{
    AccountHandle, AdminHandle, AuthenticatorState, Authorized, Client, Error, Mfa, MfaSession,
    NextStep, Refusal, Typed,
};

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation::{Arguments, Installation};
use crate::output;

/// The administrator who acts, on which database.
#[derive(Args)]
pub(crate) struct By {
    #[command(flatten)]
    pub(crate) at: Arguments,

    /// The administrator who does this, by id or by the host's name
    #[arg(long = "as", value_name = "ADMIN")]
    pub(crate) administrator: String,
}

/// The user who acts on their own account, on which database.
#[derive(Args)]
pub(crate) struct Own {
    #[command(flatten)]
    pub(crate) at: Arguments,

    /// The account, by id or by the host's name for it
    pub(crate) account: String,
}

/// A user who is logged in.
pub(crate) struct Acting<'a> {
    mfa: &'a Mfa,
    name: &'a str,
    session: MfaSession,
    user: Authorized,
}

impl By {
    /// Logs the administrator in, with a code where the account has an authenticator, does the work, and logs out.
    pub(crate) async fn act(
        &self,
        at: &Installation,
        stdin: &mut Stdin,
        work: impl AsyncFnOnce(&Acting<'_>, &mut Stdin) -> Result<Outcome, Failure>,
    ) -> Result<Outcome, Failure> {
        let mut acting = Acting::log_in(at, "--as", &self.administrator, stdin).await?;
        acting.step_up(stdin).await?;
        acting.end(work(&acting, stdin).await).await
    }
}

impl Own {
    /// Logs the owner in, with a code where one is owed, does the work, and logs out.
    pub(crate) async fn act(
        &self,
        at: &Installation,
        stdin: &mut Stdin,
        work: impl AsyncFnOnce(&mut Acting<'_>, &mut Stdin) -> Result<Outcome, Failure>,
    ) -> Result<Outcome, Failure> {
        let mut acting = Acting::log_in(at, "ACCOUNT", &self.account, stdin).await?;
        let ended = work(&mut acting, stdin).await;
        acting.end(ended).await
    }
}

impl<'a> Acting<'a> {
    async fn log_in(
        at: &'a Installation,
        what: &str,
        name: &'a str,
        stdin: &mut Stdin,
    ) -> Result<Self, Failure> {
        let mfa = at.mfa();
        let account = at.account(what, name).await?;
        let mut login = mfa.log_in(account, client()).await?;
        if login.next == NextStep::SecondFactor {
            let typed = code(stdin, &format!("code of {name}"))?;
            login = mfa.verify_code(&login.session, typed, client()).await?;
        }
        let user = mfa.authorize(&login.session, &client()).await?;
        Ok(Self {
            mfa,
            name,
            session: login.session,
            user,
        })
    }

    /// Gives the code that the log-in did not owe.
    pub(crate) async fn step_up(&mut self, stdin: &mut Stdin) -> Result<(), Failure> {
        let bound = self.account().overview().await?.authenticator();
        let has_code = matches!(bound, AuthenticatorState::Active { .. });
        if !has_code || self.user.require_code_within(u64::MAX).is_ok() {
            return Ok(());
        }
        let typed = code(stdin, &format!("code of {}", self.name))?;
        let login = self.mfa.verify_code(&self.session, typed, client()).await?;
        self.session = login.session;
        self.user = self.mfa.authorize(&self.session, &client()).await?;
        Ok(())
    }

    /// Logs out whatever became of the work, so that the session takes no place among the account's others.
    async fn end(&self, ended: Result<Outcome, Failure>) -> Result<Outcome, Failure> {
        match self.mfa.log_out(&self.session).await {
            // Refused: the work ended the session itself.
            Ok(()) | Err(Error::Refused(_)) => {}
            Err(why) => output::note(&format!("this command's own session did not end: {why}")),
        }
        ended
    }

    pub(crate) fn name(&self) -> &str {
        self.name
    }

    pub(crate) const fn mfa(&self) -> &Mfa {
        self.mfa
    }

    pub(crate) const fn session(&self) -> &MfaSession {
        &self.session
    }

    pub(crate) fn admin(&self) -> AdminHandle<'_> {
        self.mfa.admin(&self.user)
    }

    pub(crate) fn account(&self) -> AccountHandle<'_> {
        self.mfa.account(&self.user)
    }

    /// Asks for the next code: the one before was used up.
    pub(crate) fn next_code(&self, stdin: &mut Stdin) -> Result<Typed, Failure> {
        code(stdin, &format!("next code of {}", self.name))
    }

    /// Does what may need a fresh code. What would be refused in any case must not cost one: the rules are asked without a
    /// code first.
    pub(crate) async fn with_code<T>(
        &self,
        stdin: &mut Stdin,
        operation: impl AsyncFn(Typed) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        match operation(Typed::default()).await {
            Err(Error::Refused(Refusal::StepUp | Refusal::NotFresh)) => {
                Ok(operation(self.next_code(stdin)?).await?)
            }
            other => Ok(other?),
        }
    }
}

/// The command line is on this very machine. Access rules that leave no room for it hold here too.
pub(crate) fn client() -> Client {
    Client::at(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// Reads a code, typed or piped.
pub(crate) fn code(stdin: &mut Stdin, what: &str) -> Result<Typed, Failure> {
    Ok(stdin.ask(what, loquet::MAX_TYPED)?.trim().into())
}
