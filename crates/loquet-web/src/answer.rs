//! From a form to a ceremony, and from what became of it to what its page says.

use axum::response::{Redirect, Response};
use loquet::flow::Ceremony;
use loquet::store::AttemptId;
use loquet::{Refusal, Refused, Request};

use crate::fields::{FieldFault, Fields, NotAForm};
use crate::host::Host;
use crate::mount::Pages;
use crate::parts::Trouble;
use crate::refusal;
use crate::session::{Here, Stop};
use crate::views::message::Message;
use crate::visit::Visit;

/// A form that was sent.
pub(crate) struct Form {
    pub(crate) attempt: AttemptId,
    pub(crate) fields: Fields,
}

impl Form {
    /// Without an attempt it is no form of ours.
    pub(crate) fn of(fields: Result<Fields, NotAForm>) -> Result<Self, NotAForm> {
        let fields = fields?;
        let attempt = fields.attempt().map_err(|_| NotAForm::Attempt)?;
        Ok(Self { attempt, fields })
    }
}

impl<H: Host> Pages<H> {
    /// A ceremony's circumstances.
    pub(crate) fn request(&self, visit: &Visit, attempt: AttemptId) -> Request {
        Request {
            attempt,
            address: self.address(visit),
            device: None,
            remember: false,
        }
    }

    /// What is said of a form that is not one of ours.
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

impl<H: Host> Here<H> {
    /// Runs a ceremony for a form.
    pub(crate) async fn run<C: Ceremony>(
        &self,
        attempt: AttemptId,
        ceremony: C,
    ) -> Result<Result<C::Grant, Refused>, Stop> {
        let request = self.pages.request(&self.visit, attempt);
        let service = &self.pages.0.service;
        Ok(service.run(ceremony, &request).await?.granted())
    }

    /// Runs the ceremony that a form's fields make, if they make one. What is wrong, with a field or by the rules, is for
    /// the form to say again: it has `fields`, and a fresh code leads back to `next`, a page of ours (empty: home).
    pub(crate) async fn answer<C: Ceremony>(
        &self,
        form: &Form,
        asked: Result<C, FieldFault>,
        fields: &[&'static str],
        next: &str,
    ) -> Result<Result<C::Grant, Trouble>, Stop> {
        let ceremony = match asked {
            Ok(ceremony) => ceremony,
            Err(fault) => return Ok(Err(Trouble::of_field(fault, self.visit.language))),
        };
        match self.run(form.attempt, ceremony).await? {
            Ok(grant) => Ok(Ok(grant)),
            Err(refused) => self.trouble(&refused, fields, next).await.map(Err),
        }
    }

    /// What a refusal means for a form with these fields: something to say beside one of them, or another answer at all.
    pub(crate) async fn trouble(
        &self,
        refused: &Refused,
        fields: &[&'static str],
        next: &str,
    ) -> Result<Trouble, Stop> {
        let language = self.visit.language;
        let own = |field| Trouble {
            field: Some(field),
            ..Trouble::of_form(refusal::own_sentence(refused, language))
        };
        let refusal = match refused {
            Refused::Rule(refusal) => refusal,
            Refused::WouldLockOut => return Ok(own("rules")),
            Refused::TooManyAddresses => return Ok(own("address")),
        };
        self.lead_on(refusal, fields.contains(&"code"), next)
            .await?;
        let field = field_of(refusal)
            .filter(|field| fields.contains(field))
            .or_else(|| fields.contains(&"recovery").then_some("recovery"));
        if field == Some("recovery") && *refusal == Refusal::Malformed {
            let text = language.say(
                "Un code de récupération se compose de 26\u{a0}lettres et chiffres, en groupes. Relisez celui que vous avez noté.",
                "A recovery code is 26\u{a0}letters and digits, in groups. Read again what you wrote down.",
            );
            return Ok(Trouble {
                field,
                ..Trouble::of_form(text)
            });
        }
        Ok(Trouble {
            field,
            text: self.pages.sentence(refusal, language).await?,
            wait: refusal.reason().wait,
        })
    }

    /// Stops where a refusal is answered by another page than the form's.
    async fn lead_on(&self, refusal: &Refusal, has_code: bool, next: &str) -> Result<(), Stop> {
        match refusal {
            // The session is worth less than its browser thought: it finishes logging in, and sees there what is due.
            Refusal::CodeRequired(_) | Refusal::EnrollOnly(_) | Refusal::RecoverFirst { .. }
                if !self.is_logged_in() =>
            {
                Err(Redirect::to(self.pages.0.host.log_in()).into())
            }
            Refusal::LogInRequired | Refusal::StaleLogIn | Refusal::LogInExpired => {
                let farewell = self.pages.farewell(&self.visit, self.key, refusal);
                Err(farewell.await?.into())
            }
            Refusal::AlreadyCompleted => Err(Redirect::to(self.pages.way(self.level())).into()),
            Refusal::NotFresh => Err(self.to_step_up(next)),
            Refusal::StepUp if !has_code => Err(self.to_step_up(next)),
            _ => Ok(()),
        }
    }

    fn to_step_up(&self, next: &str) -> Stop {
        let next = match next {
            "" => String::new(),
            page => format!("{}{page}", self.pages.0.base),
        };
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        self.go(&format!("/step-up?next={next}")).into()
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
        | Refusal::StepUp => Some("code"),
        Refusal::ResetCodeRequired(_) | Refusal::WrongResetCode | Refusal::ResetCodeExpired(_) => {
            Some("reset_code")
        }
        Refusal::BreakGlassCodeNotConfirmed | Refusal::BreakGlassCodeFirst => Some("group"),
        Refusal::NotConfirmed => Some("confirmed"),
        Refusal::TooSoon { .. } | Refusal::TooManyPostponements(_) => Some("date"),
        _ => None,
    }
}
