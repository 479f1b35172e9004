//! An error as an HTTP answer for programs.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use loquet::{Config, Error, NextStep, Refusal};
use serde_json::json;

use crate::Language;
use crate::refusal::{Names, sentence};

/// An error of Loquet as an answer with problem details (RFC 9457): `application/problem+json` with the members `type`
/// (`about:blank`), `title`, `status` and `detail`, and of Loquet's own `code` (the stable [`Refusal::code`]), `next_step`
/// (`second_factor`, `enroll` or `recover`) and `retry_after` in seconds.
///
/// | status | when |
/// |---|---|
/// | 401 | there is no session, or it is over or of another organization, or it owes a step (then with `next_step`) |
/// | 403 | the access rules or the user's rights forbid it |
/// | 404 | there is no such account |
/// | 409 | it does not fit the present state |
/// | 422 | what was typed is wrong |
/// | 429 | a wait is owed (then with `retry_after`) |
/// | 500 | the configuration is wrong |
/// | 503 | the store or the operating system did not answer |
///
/// A handler that returns it may use `?` on every operation:
///
/// ```
/// use axum::extract::State;
/// use loquet::Mfa;
/// use loquet_web::{Problem, User};
///
/// async fn codes_left(State(mfa): State<Mfa>, user: User) -> Result<String, Problem> {
///     let overview = mfa.account(&user).overview().await?;
///     Ok(overview.recovery_codes_left().to_string())
/// }
/// ```
#[derive(Debug)]
pub struct Problem(Error);

impl Problem {
    /// The problem of a request without a session.
    pub(crate) const fn no_session() -> Self {
        Self(Error::Refused(Refusal::LogInRequired))
    }

    /// Returns the error.
    #[must_use]
    pub const fn error(&self) -> &Error {
        &self.0
    }

    /// Returns the status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match &self.0 {
            Error::Refused(refusal) => of_refusal(refusal),
            Error::Config(
                Config::AccessRules(_)
                | Config::AuthenticatorName
                | Config::Conflict(_)
                | Config::RulesTooLong { .. },
            ) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Busy | Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the stable code: that of the refusal, `BUSY`, `UNAVAILABLE` or `CONFIGURATION`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.0 {
            Error::Refused(refusal) => refusal.code(),
            Error::Busy => "BUSY",
            Error::Unavailable(_) => "UNAVAILABLE",
            _ => "CONFIGURATION",
        }
    }

    /// Returns the step that is owed, if that is why it was refused.
    #[must_use]
    pub const fn next_step(&self) -> Option<NextStep> {
        self.0.next_step()
    }

    /// Returns what a page says. What is wrong with access rules is said in English in either language.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        match &self.0 {
            Error::Refused(refusal) => sentence(refusal, language, Names::default()),
            fault if self.status() == StatusCode::UNPROCESSABLE_ENTITY => fault.to_string(),
            _ => language.say(
                "Quelque chose ne va pas de notre côté. Rien n’est perdu\u{a0}: réessayez dans un instant.".to_owned(),
                "Something is wrong on our side. Nothing is lost: try again in a moment.".to_owned(),
            ),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match &self.0 {
            Error::Refused(refusal) => refusal.reason().wait,
            Error::Busy => Some(1),
            _ => None,
        }
    }

    /// What is wrong in English, where the caller can mend it.
    fn detail(&self) -> Option<String> {
        let is_refused = matches!(self.0, Error::Refused(_));
        let is_mendable = is_refused || self.status() == StatusCode::UNPROCESSABLE_ENTITY;
        is_mendable.then(|| self.sentence(Language::English))
    }
}

const fn name_of(step: NextStep) -> Option<&'static str> {
    match step {
        NextStep::SecondFactor => Some("second_factor"),
        NextStep::Enroll => Some("enroll"),
        NextStep::Recover => Some("recover"),
        _ => None,
    }
}

fn of_refusal(refusal: &Refusal) -> StatusCode {
    match refusal {
        refusal if refusal.next_step().is_some() => StatusCode::UNAUTHORIZED,
        Refusal::LogInRequired
        | Refusal::StaleLogIn
        | Refusal::LogInExpired
        | Refusal::LogInRefused
        | Refusal::PasswordRequired => StatusCode::UNAUTHORIZED,
        refusal if refusal.reason().wait.is_some() => StatusCode::TOO_MANY_REQUESTS,
        Refusal::AccessDenied
        | Refusal::AccessUnknown
        | Refusal::NotAdmin
        | Refusal::NotOwner
        | Refusal::NotYours
        | Refusal::Rank
        | Refusal::TooNew { .. }
        | Refusal::NotSettled { .. }
        | Refusal::KnownDeviceOnly
        | Refusal::SelfReset
        | Refusal::SelfPromotion
        | Refusal::SelfDemotion
        | Refusal::SelfDeactivation => StatusCode::FORBIDDEN,
        Refusal::UnknownAccount => StatusCode::NOT_FOUND,
        Refusal::PolicyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Malformed
        | Refusal::WrongCode { .. }
        | Refusal::EnrollmentEnded
        | Refusal::WrongResetCode
        | Refusal::WrongRecoveryCode
        | Refusal::WrongAddressCode
        | Refusal::WrongBreakGlassCode
        | Refusal::WrongLink
        | Refusal::OtherCodeRequired
        | Refusal::ResetCodeRequired(_)
        | Refusal::ResetCodeExpired(_)
        | Refusal::BreakGlassCodeNotConfirmed
        | Refusal::NotConfirmed
        | Refusal::OutOfBounds { .. }
        | Refusal::TooSoon { .. }
        | Refusal::TooLate { .. }
        | Refusal::UnknownRole { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "code": self.code(),
        });
        if let Some(body) = body.as_object_mut() {
            if let Some(detail) = self.detail() {
                body.insert("detail".to_owned(), detail.into());
            }
            if let Some(step) = self.next_step().and_then(name_of) {
                body.insert("next_step".to_owned(), step.into());
            }
            if let Some(seconds) = self.retry_after() {
                body.insert("retry_after".to_owned(), seconds.into());
            }
        }
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, body.to_string()).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2 requires a challenge; no browser knows this one, so that none asks for a password.
            let challenge = HeaderValue::from_static("Loquet");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

#[cfg(test)]
mod tests {
    use loquet::Cause;

    use super::*;

    fn status_of(refusal: Refusal) -> u16 {
        Problem::from(refusal).status().as_u16()
    }

    #[test]
    fn every_kind_of_refusal_has_its_status() {
        let cause = Cause::default();
        let over = [Refusal::LogInRequired, Refusal::StaleLogIn, Refusal::StepUp];
        assert!(over.into_iter().all(|refusal| status_of(refusal) == 401));
        assert_eq!(status_of(Refusal::CodeRequired(cause)), 401);
        assert_eq!(status_of(Refusal::EnrollOnly(cause)), 401);
        assert_eq!(status_of(Refusal::AccessDenied), 403);
        assert_eq!(status_of(Refusal::NotAdmin), 403);
        assert_eq!(status_of(Refusal::UnknownAccount), 404);
        assert_eq!(status_of(Refusal::Unchanged), 409);
        assert_eq!(status_of(Refusal::WrongCode { behind: None }), 422);
        assert_eq!(status_of(Refusal::EnrollmentEnded), 422);
        assert_eq!(status_of(Refusal::Throttled { wait: 30 }), 429);
        assert_eq!(status_of(Refusal::PolicyUnavailable), 503);
        assert_eq!(Problem::from(Error::Busy).status(), 503);
    }

    #[test]
    fn answer_names_the_step_that_is_owed() {
        let refusal = Refusal::EnrollOnly(Cause::default());
        let response = Problem::from(refusal).into_response();
        assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
        assert_eq!(Problem::from(refusal).next_step(), Some(NextStep::Enroll));
        let fresh = Problem::from(Refusal::NotFresh);
        assert_eq!(fresh.next_step(), Some(NextStep::SecondFactor));
        let wait = Problem::from(Refusal::AlreadyUsed { wait: 12 }).into_response();
        assert_eq!(wait.headers()[header::RETRY_AFTER], "12");
    }
}
