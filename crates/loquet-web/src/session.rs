//! Who is here, and how a session is handed from one level to the next.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use loquet::flow::{Ceremony, Entered};
use loquet::store::AttemptId;
use loquet::{AccountId, Level, Refusal, Refused, Request, Stamp, Standing};

use crate::cookie::SessionToken;
use crate::fields::FieldFault;
use crate::host::{BoxError, Host};
use crate::parts::Trouble;
use crate::refusal;
use crate::views::message::message;
use crate::{Pages, SessionKey, Viewer, Visit};

/// Why a handler ends before its end.
pub(crate) enum Stop {
    /// With another answer than its own.
    Answer(Box<Response>),
    /// With a fault of the store or the host, for the operator.
    Fault(BoxError),
}

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self::Answer(Box::new(response))
    }
}

impl From<Redirect> for Stop {
    fn from(redirect: Redirect) -> Self {
        redirect.into_response().into()
    }
}

impl From<BoxError> for Stop {
    fn from(fault: BoxError) -> Self {
        Self::Fault(fault)
    }
}

impl From<loquet::ServiceError> for Stop {
    fn from(fault: loquet::ServiceError) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<loquet::NoEntropy> for Stop {
    fn from(fault: loquet::NoEntropy) -> Self {
        Self::Fault(fault.into())
    }
}

/// A browser with a session, and what that session is worth at this moment.
pub(crate) struct Here {
    pub(crate) key: SessionKey,
    pub(crate) stamp: Stamp,
    pub(crate) standing: Standing,
}

/// Nobody is here.
pub(crate) enum Absent {
    /// This browser has no session.
    Stranger,
    /// It had one, and this ended it.
    Ended(SessionKey, Refusal),
    /// It has one that counts only elsewhere.
    Elsewhere(Refusal),
}

impl<H: Host> Pages<H> {
    /// Who is here, if anybody.
    pub(crate) async fn here(&self, visit: &Visit) -> Result<Result<Here, Absent>, Stop> {
        let Some(key) = visit.key(self.0.marking) else {
            return Ok(Err(Absent::Stranger));
        };
        let Some(stamp) = self.0.host.load(key).await? else {
            return Ok(Err(Absent::Stranger));
        };
        let address = self.0.host.address(&visit.extensions);
        Ok(match self.0.service.check(&stamp, address).await? {
            Ok(standing) => Ok(Here {
                key,
                stamp,
                standing,
            }),
            Err(
                refusal @ (Refusal::AccessDenied
                | Refusal::AccessUnknown
                | Refusal::PolicyUnavailable),
            ) => Err(Absent::Elsewhere(refusal)),
            Err(refusal) => Err(Absent::Ended(key, refusal)),
        })
    }

    /// Somebody with a session of any level; others are sent to log in, and told why they are no longer here.
    pub(crate) async fn anybody(&self, visit: &Visit) -> Result<Here, Stop> {
        match self.here(visit).await? {
            Ok(here) => Ok(here),
            Err(Absent::Stranger) => Err(Redirect::to(self.0.host.log_in()).into()),
            Err(Absent::Ended(key, refusal)) => {
                Err(self.farewell(visit, key, &refusal).await?.into())
            }
            Err(Absent::Elsewhere(refusal)) => {
                let text = self.sentence(&refusal, visit.language).await?;
                Err(self.message(visit, StatusCode::FORBIDDEN, &text).into())
            }
        }
    }

    /// Somebody who is logged in; others are sent to finish that first.
    pub(crate) async fn person(&self, visit: &Visit) -> Result<Here, Stop> {
        let here = self.anybody(visit).await?;
        if here.is_logged_in() {
            Ok(here)
        } else {
            Err(Redirect::to(self.0.host.log_in()).into())
        }
    }

    /// Where somebody of this level goes on.
    pub(crate) fn way(&self, level: Level) -> &str {
        match level {
            Level::Level1 | Level::Level2 => self.0.host.home(),
            Level::HalfLogin | Level::RecoveryOnly | Level::EnrolOnly => self.0.host.log_in(),
        }
    }

    /// Runs a ceremony for a form.
    pub(crate) async fn run<C: Ceremony>(
        &self,
        visit: &Visit,
        attempt: AttemptId,
        ceremony: C,
    ) -> Result<Result<C::Grant, Refused>, Stop> {
        self.run_as(visit, attempt, ceremony, None, false).await
    }

    /// The same for a log-in or a code of `account`, to which its device matters. `remember`: the person ticked that it
    /// be remembered.
    pub(crate) async fn run_as<C: Ceremony>(
        &self,
        visit: &Visit,
        attempt: AttemptId,
        ceremony: C,
        account: Option<AccountId>,
        remember: bool,
    ) -> Result<Result<C::Grant, Refused>, Stop> {
        let request = Request {
            attempt,
            address: self.0.host.address(&visit.extensions),
            device: account.and_then(|account| visit.device(self.0.marking, account)),
            remember,
        };
        Ok(self.0.service.run(ceremony, &request).await?.granted())
    }

    /// Runs the ceremony that a form's fields make, if they make one. What is wrong, with a field or by the rules, is for
    /// the form to say again: it has `fields`, and a fresh code leads back to `next`, a page of ours (empty: home).
    pub(crate) async fn answer<C: Ceremony>(
        &self,
        visit: &Visit,
        here: &Here,
        attempt: AttemptId,
        asked: Result<C, FieldFault>,
        fields: &[&'static str],
        next: &str,
    ) -> Result<Result<C::Grant, Trouble>, Stop> {
        let ceremony = match asked {
            Ok(ceremony) => ceremony,
            Err(fault) => return Ok(Err(Trouble::of_field(fault, visit.language))),
        };
        match self.run(visit, attempt, ceremony).await? {
            Ok(grant) => Ok(Ok(grant)),
            Err(refused) => {
                let next = match next {
                    "" => String::new(),
                    page => format!("{}{page}", self.0.base),
                };
                let trouble = self.trouble(visit, here, &refused, fields, &next).await?;
                Ok(Err(trouble))
            }
        }
    }

    /// Hands a session over, and the device's new cookie with it, where the device is remembered.
    pub(crate) async fn hand_over_on(
        &self,
        old: Option<SessionKey>,
        entered: &Entered,
        to: &str,
    ) -> Result<Response, Stop> {
        let mut response = self.hand_over(old, entered.stamp, to).await?;
        if let Some(id) = entered.device {
            let account = entered.stamp.account();
            set_cookie(&mut response, self.0.marking.device(account, id));
        }
        Ok(response)
    }

    /// Gives the browser a new cookie for a stamp, forgets the old one, and goes on.
    pub(crate) async fn hand_over(
        &self,
        old: Option<SessionKey>,
        stamp: Stamp,
        to: &str,
    ) -> Result<Response, Stop> {
        let token = SessionToken::random()?;
        self.0.host.save(token.key(), stamp, old).await?;
        let mut response = Redirect::to(to).into_response();
        set_cookie(&mut response, self.0.marking.session(&token));
        Ok(response)
    }

    /// Forgets a browser's session; `response` tells the browser so.
    pub(crate) async fn let_go(
        &self,
        key: SessionKey,
        mut response: Response,
    ) -> Result<Response, Stop> {
        self.0.host.end(key).await?;
        set_cookie(&mut response, self.0.marking.forget_session());
        Ok(response)
    }

    async fn farewell(
        &self,
        visit: &Visit,
        key: SessionKey,
        refusal: &Refusal,
    ) -> Result<Response, Stop> {
        let text = self.sentence(refusal, visit.language).await?;
        self.let_go(key, self.message(visit, StatusCode::FORBIDDEN, &text))
            .await
    }

    /// What a refusal means for a form with these fields: something to say beside one of them, or another answer at all.
    /// `next` is where a fresh code leads back to.
    pub(crate) async fn trouble(
        &self,
        visit: &Visit,
        here: &Here,
        refused: &Refused,
        fields: &[&'static str],
        next: &str,
    ) -> Result<Trouble, Stop> {
        let refusal = match refused {
            Refused::Rule(refusal) => refusal,
            Refused::WouldLockOut | Refused::TooManyAddresses => {
                return Ok(Trouble {
                    field: Some(match refused {
                        Refused::WouldLockOut => "rules",
                        _ => "address",
                    }),
                    ..Trouble::of_form(refusal::own_sentence(refused, visit.language))
                });
            }
        };
        match refusal {
            // The session is worth less than its browser thought: it finishes logging in, and sees there what is due.
            Refusal::CodeRequired(_) | Refusal::EnrolOnly(_) | Refusal::RecoverFirst { .. }
                if !here.is_logged_in() =>
            {
                return Err(Redirect::to(self.0.host.log_in()).into());
            }
            Refusal::LogInRequired | Refusal::StaleLogIn | Refusal::LogInExpired => {
                return Err(self.farewell(visit, here.key, refusal).await?.into());
            }
            Refusal::AlreadyCompleted => return Err(Redirect::to(self.way(here.level())).into()),
            Refusal::NotFresh => return Err(self.to_step_up(next)),
            Refusal::StepUp if !fields.contains(&"code") => return Err(self.to_step_up(next)),
            _ => {}
        }
        let field = field_of(refusal)
            .filter(|field| fields.contains(field))
            .or_else(|| fields.contains(&"recovery").then_some("recovery"));
        if field == Some("recovery") && *refusal == Refusal::Malformed {
            let text = visit.language.say(
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
            text: self.sentence(refusal, visit.language).await?,
            wait: refusal.reason().wait,
        })
    }

    fn to_step_up(&self, next: &str) -> Stop {
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        Redirect::to(&format!("{}/step-up?next={next}", self.0.base)).into()
    }

    /// A page that says one thing, with the way to log in.
    pub(crate) fn message(&self, visit: &Visit, status: StatusCode, text: &str) -> Response {
        let language = visit.language;
        let title = language.say("Connexion", "Log in");
        let on = (language.say("Se connecter", "Log in"), self.0.host.log_in());
        self.show(
            visit,
            status,
            title,
            Viewer::Nobody,
            true,
            message(title, text, on),
        )
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
        Refusal::TicketRequired(_) | Refusal::WrongTicket | Refusal::TicketExpired(_) => {
            Some("ticket")
        }
        Refusal::SealNotConfirmed | Refusal::SealFirst => Some("group"),
        Refusal::NotConfirmed => Some("confirmed"),
        Refusal::TooSoon { .. } | Refusal::TooManyPostponements(_) => Some("date"),
        _ => None,
    }
}

pub(crate) fn set_cookie(response: &mut Response, line: Option<HeaderValue>) {
    if let Some(line) = line {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}
