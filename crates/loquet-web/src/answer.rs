//! From a form to an operation, and from its outcome to what the page says.

use axum::response::{Redirect, Response};
use loquet::{Attempt, Error, Refusal};

use crate::Language;
use crate::field_fault::FieldFault;
use crate::fields::NotAForm;
use crate::form::Form;
use crate::form_id::FormId;
use crate::host::PagesHost;
use crate::mount::Pages;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::message::Message;
use crate::visit::Visit;

/// Why a form was not taken.
pub(crate) enum NotTaken {
    Field(FieldFault),
    Mfa(Error),
    Stop(Stop),
}

impl From<FieldFault> for NotTaken {
    fn from(fault: FieldFault) -> Self {
        Self::Field(fault)
    }
}

impl From<Error> for NotTaken {
    fn from(error: Error) -> Self {
        Self::Mfa(error)
    }
}

impl From<Stop> for NotTaken {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl<H: PagesHost> Pages<H> {
    /// One attempt by a form.
    pub(crate) fn attempt(&self, visit: &Visit, id: FormId) -> Attempt {
        Attempt::new(self.client(visit)).idempotency_key(id)
    }

    /// What is said of a form that is not one of these pages.
    pub(crate) fn no_form(&self, visit: &Visit, fault: NotAForm) -> Response {
        let language = visit.language;
        let said = Message {
            title: language.say("Formulaire incomplet", "Incomplete form"),
            text: fault.sentence(language),
            on: (language.say("Retour", "Back"), self.0.host.home()),
        };
        self.message(visit, fault.status(), &said)
    }
}

impl<H: PagesHost> Here<H> {
    /// One attempt by a form of this browser.
    pub(crate) fn attempt(&self, form: &Form) -> Attempt {
        self.pages.attempt(&self.visit, form.id)
    }

    /// Turns the outcome of an operation into what the form says again: a fault of a field, or a refusal. The form has
    /// `fields`, and a fresh code leads back to `next`, a page of these (empty: home).
    pub(crate) async fn answer<T>(
        &self,
        outcome: Result<T, NotTaken>,
        fields: &[&'static str],
        next: &str,
    ) -> Result<Result<T, Trouble>, Stop> {
        match outcome {
            Ok(granted) => Ok(Ok(granted)),
            Err(NotTaken::Field(fault)) => Ok(Err(Trouble {
                after_wrong_code: self.after_wrong_code,
                ..Trouble::of_field(fault, self.visit.language)
            })),
            Err(NotTaken::Mfa(Error::Refused(refusal))) => {
                self.trouble(&refusal, fields, next).await.map(Err)
            }
            Err(NotTaken::Mfa(fault)) => Err(fault.into()),
            Err(NotTaken::Stop(stop)) => Err(stop),
        }
    }

    /// What a refusal means for a form with these fields: something to say beside one of them, or another answer at all.
    pub(crate) async fn trouble(
        &self,
        refusal: &Refusal,
        fields: &[&'static str],
        next: &str,
    ) -> Result<Trouble, Stop> {
        let language = self.visit.language;
        self.lead_on(refusal, fields.contains(&"code"), next)
            .await?;
        let field = field_of(refusal)
            .filter(|field| fields.contains(field))
            .or_else(|| {
                let alone = ["recovery", "address_code"];
                alone.into_iter().find(|field| fields.contains(field))
            });
        if let (Refusal::Malformed, Some(text)) = (refusal, form_of_code(field, language)) {
            return Ok(Trouble {
                field,
                ..Trouble::of_form(text)
            });
        }
        let is_wrong = matches!(refusal, Refusal::WrongCode { .. });
        // The sentence of a code that a slow clock explains says so itself.
        let is_unexplained = matches!(refusal, Refusal::WrongCode { behind: None });
        Ok(Trouble {
            field,
            text: self.pages.sentence(refusal, language).await?,
            wait: refusal.reason().wait,
            after_wrong_code: is_wrong || self.after_wrong_code,
            check_clock: is_unexplained && self.after_wrong_code,
        })
    }

    /// Stops where a refusal is answered by another page than the form's.
    async fn lead_on(&self, refusal: &Refusal, has_code: bool, next: &str) -> Result<(), Stop> {
        match refusal {
            // The session owes something since its page was drawn: the log-in page shows what.
            Refusal::CodeRequired(_)
            | Refusal::EnrollOnly(_)
            | Refusal::RecoverFirst { .. }
            | Refusal::Suspended { .. }
                if !self.is_logged_in() =>
            {
                Err(Redirect::to(self.pages.0.host.log_in()).into())
            }
            Refusal::LogInRequired | Refusal::StaleLogIn | Refusal::LogInExpired => {
                let farewell = self.pages.farewell(&self.visit, self.key, refusal);
                Err(farewell.await?.into())
            }
            Refusal::AlreadyCompleted => Err(Redirect::to(self.pages.way(self.next())).into()),
            Refusal::NotFresh => Err(self.to_step_up(next)),
            Refusal::PasswordRequired => Err(self.pages.to_password(&self.back(next)).into()),
            Refusal::StepUp if !has_code => Err(self.to_step_up(next)),
            _ => Ok(()),
        }
    }

    /// The path of a page of ours; empty: home.
    fn back(&self, next: &str) -> String {
        match next {
            "" => String::new(),
            page => format!("{}{page}", self.pages.0.base),
        }
    }

    fn to_step_up(&self, next: &str) -> Stop {
        self.pages.to_step_up(&self.back(next)).into()
    }
}

/// What a code of this field looks like, where it is not one of the authenticator.
fn form_of_code(field: Option<&str>, language: Language) -> Option<&'static str> {
    match field? {
        "address_code" => Some(language.say(
            "Le code envoyé à votre nouvelle adresse se compose de 8\u{a0}chiffres, rien d’autre.",
            "The code that was sent to your new address is 8\u{a0}digits and nothing else.",
        )),
        "recovery" => Some(language.say(
            "Un code de récupération se compose de 26\u{a0}lettres et chiffres, en groupes. Relisez celui que vous avez noté.",
            "A recovery code is 26\u{a0}letters and digits, in groups. Read again what you wrote down.",
        )),
        _ => None,
    }
}

/// The field of a form that a refusal is about.
const fn field_of(refusal: &Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::Malformed
        | Refusal::WrongCode { .. }
        | Refusal::AlreadyUsed { .. }
        | Refusal::Throttled { .. }
        | Refusal::KnownDeviceOnly
        | Refusal::WrongPasskey
        | Refusal::ChallengeOver
        | Refusal::PasskeyCloned
        | Refusal::PasskeyRequired
        | Refusal::OtherCodeRequired
        | Refusal::NotSettled { .. }
        | Refusal::StepUp => Some("code"),
        Refusal::ResetCodeRequired(_) | Refusal::WrongResetCode | Refusal::ResetCodeExpired(_) => {
            Some("reset_code")
        }
        Refusal::BreakGlassCodeNotConfirmed | Refusal::BreakGlassCodeFirst => Some("group"),
        Refusal::NotConfirmed => Some("confirmed"),
        Refusal::TooSoon { .. }
        | Refusal::TooLate { .. }
        | Refusal::OutOfBounds { .. }
        | Refusal::TooManyPostponements(_) => Some("date"),
        Refusal::WouldLockOut => Some("rules"),
        Refusal::TooManyAddresses | Refusal::TooManyAddressCodes { .. } => Some("address"),
        Refusal::WrongAddressCode | Refusal::NoAddressCode => Some("address_code"),
        _ => None,
    }
}
