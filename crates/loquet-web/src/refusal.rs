//! A sentence for every refusal, for the person whom it concerns, and one for strangers.

use loquet_policy::{Cause, Refusal};

use crate::Language;
pub use crate::names::{Names, neutral};
use crate::names::{by, for_day, on_day};
use crate::when;

/// The sentences without a name or a day: the refusal's code, French, English, a line each. `~` is a no-break space.
const FIXED: &str = include_str!("assets/refusals.txt");

/// What to tell the person whom a refusal concerns: what is the matter, and what to do about it.
#[must_use]
pub fn sentence(refusal: &Refusal, language: Language, names: Names<'_>) -> String {
    let code = refusal.code();
    about_organization(refusal, language, names)
        .or_else(|| about_mandate(refusal, language, names))
        .or_else(|| about_authenticator(refusal, language))
        .or_else(|| about_person(refusal, language, names))
        .or_else(|| fixed(code, language))
        // A test says every refusal.
        .unwrap_or_else(|| code.to_owned())
}

fn fixed(code: &str, language: Language) -> Option<String> {
    FIXED.lines().find_map(|line| {
        let (french, english) = line
            .strip_prefix(code)?
            .strip_prefix('|')?
            .split_once('|')?;
        Some(language.say(french, english).replace('~', "\u{a0}"))
    })
}

/// What is said with the days, the numbers or the people of an organization.
fn about_organization(refusal: &Refusal, language: Language, names: Names<'_>) -> Option<String> {
    Some(match refusal {
        Refusal::Latched(cause) => latched(cause, language, names),
        Refusal::AlreadyEnabled(cause) => {
            let day = on_day(cause.date, language);
            let by = by(names, language);
            language.say(
                format!("L’authentification multi-facteur a déjà été activée pour votre organisation{by}{day}."),
                format!("Multi-factor log-in was already enabled for your organization{by}{day}."),
            )
        }
        Refusal::UnknownRole { role } => language.say(
            format!(
                "Le rôle numéro {} n’est pas défini dans cette organisation.",
                role.0
            ),
            format!(
                "Role number {} is not defined in this organization.",
                role.0
            ),
        ),
        Refusal::OutOfBounds { least, most } => language.say(
            format!("Choisissez une valeur entre {least} et {most}."),
            format!("Choose a value from {least} to {most}."),
        ),
        Refusal::NoBreakGlassCode { until: Some(until) } => {
            let moment = when::moment(*until, language);
            language.say(
                format!("Trop de faux codes de secours ont été présentés\u{a0}: le vrai ne vaudra de nouveau qu’à partir du {moment}."),
                format!("Too many wrong break-glass codes were presented: the right one counts again from {moment}."),
            )
        }
        Refusal::AlreadyOpen { ready } => {
            let moment = when::moment(*ready, language);
            language.say(
                format!("Le code de secours a déjà été présenté. Le code de réinitialisation pourra être retiré le {moment}."),
                format!("The break-glass code has already been presented. The reset code can be collected on {moment}."),
            )
        }
        Refusal::TooEarly { ready } => {
            let moment = when::moment(*ready, language);
            language.say(
                format!("Le délai court encore, jusqu’au {moment}."),
                format!("The wait is not over until {moment}."),
            )
        }
        _ => return None,
    })
}

/// What is said with the day, the role or the author of a mandate.
fn about_mandate(refusal: &Refusal, language: Language, names: Names<'_>) -> Option<String> {
    Some(match refusal {
        Refusal::EnrollOnly(cause) => {
            let why = required_of(cause, language, names);
            language.say(
                format!("Configurez d’abord votre application d’authentification{why}."),
                format!("Set up your authenticator app first{why}."),
            )
        }
        Refusal::AlreadyAnnounced(cause) => {
            let (by, day) = (by(names, language), for_day(cause.date, language));
            language.say(
                format!("L’obligation est déjà annoncée{by}{day}. Vous pouvez déplacer cette date ou l’annuler."),
                format!("The requirement is already announced{by}{day}. You can move that date or cancel it."),
            )
        }
        Refusal::TooSoon { earliest } => {
            let day = when::day(when::next_day(*earliest), language);
            language.say(
                format!("Les personnes concernées ont droit à sept jours de préavis\u{a0}: choisissez le {day} ou plus tard."),
                format!("People are given seven days’ notice: choose {day} or later."),
            )
        }
        Refusal::TooManyPostponements(cause) => {
            let day = for_day(cause.date, language);
            language.say(
                format!("La date a déjà été repoussée deux fois et ne peut plus l’être\u{a0}: l’obligation reste annoncée{day}."),
                format!("The date has been put off twice and cannot be put off again: the requirement stays announced{day}."),
            )
        }
        Refusal::Mandated(cause) => mandated(cause, language, names),
        _ => return None,
    })
}

/// What is said of an authenticator whose codes are not accepted.
fn about_authenticator(refusal: &Refusal, language: Language) -> Option<String> {
    Some(match refusal {
        Refusal::RecoverFirst { since } => {
            let day = on_day(Some(*since), language);
            language.say(
                format!("Votre application d’authentification a été désactivée{day}. Demandez à un administrateur de réinitialiser votre compte."),
                format!("Your authenticator app was disabled{day}. Ask an administrator to reset your account."),
            )
        }
        Refusal::Suspended { since } => {
            let day = on_day(Some(*since), language);
            language.say(
                format!("Votre application d’authentification est suspendue\u{a0}: elle a été signalée perdue{day}. Si vous l’avez toujours, ouvrez le lien du courriel que vous avez reçu; sinon, demandez à un administrateur de réinitialiser votre compte."),
                format!("Your authenticator app is suspended: it was reported lost{day}. If you still have it, open the link in the letter that you were sent; otherwise, ask an administrator to reset your account."),
            )
        }
        Refusal::ReportsRefused { until } => {
            let moment = when::moment(*until, language);
            language.say(
                format!("Une perte a été signalée il y a peu\u{a0}: le mot de passe seul ne peut en signaler une autre avant le {moment}, sauf si vous le changez. Utilisez un code de récupération ou demandez à un administrateur de réinitialiser votre compte."),
                format!("A loss was reported not long ago: the password alone cannot report another before {moment}, unless you change it. Use a recovery code, or ask an administrator to reset your account."),
            )
        }
        Refusal::Disabled { since } => {
            let day = on_day(Some(*since), language);
            language.say(
                format!("Les codes de cette application ne valent plus rien\u{a0}: elle a été désactivée{day}. Demandez à un administrateur de réinitialiser votre compte."),
                format!("Codes from this app no longer count: it was disabled{day}. Ask an administrator to reset your account."),
            )
        }
        _ => return None,
    })
}

/// What is said with what happened to a person, and when.
fn about_person(refusal: &Refusal, language: Language, names: Names<'_>) -> Option<String> {
    Some(match refusal {
        Refusal::LogInRefused => neutral(language).to_owned(),
        Refusal::WrongCode { behind: Some(minutes) } => language.say(
            format!(
                "Ce code n’est pas le bon\u{a0}: l’horloge de votre téléphone semble en retard d’environ {minutes}\u{a0}min. Réglez-la sur l’heure automatique, puis réessayez."
            ),
            format!(
                "This code is not right: your phone’s clock seems about {minutes}\u{a0}min late. Set it to automatic time, then try again."
            ),
        ),
        Refusal::ResetCodeRequired(Cause { role: Some(_), .. }) => language.say(
            "Le délai pour associer une application est passé\u{a0}: il faut le code de réinitialisation qu’un administrateur vous remet. Demandez-le-lui.",
            "Your time to enroll is over: this takes the reset code that an administrator hands you. Ask for it.",
        ).to_owned(),
        Refusal::ResetCodeRequired(Cause { by: Some(_), date, .. }) => {
            let (by, day) = (by(names, language), on_day(*date, language));
            language.say(
                format!("Votre compte a été réinitialisé{by}{day}. Il faut ici le code de réinitialisation qui vous a été remis."),
                format!("Your account was reset{by}{day}. This takes the reset code that you were given."),
            )
        }
        Refusal::ResetCodeExpired(cause) => reset_code_expired(cause, language, names),
        Refusal::TooNew { until } => {
            let moment = when::moment(*until, language);
            language.say(
                format!("Vous êtes administrateur depuis trop peu de temps. Ce sera possible le {moment}."),
                format!("You have been an administrator for too short a time. You can do this from {moment}."),
            )
        }
        Refusal::IsDeactivated { since } => {
            let day = on_day(Some(*since), language);
            language.say(
                format!("Ce compte a été désactivé{day}. Réactivez d’abord le compte."),
                format!("This account was deactivated{day}. Reactivate the account first."),
            )
        }
        _ => return None,
    })
}

fn latched(cause: &Cause, language: Language, names: Names<'_>) -> String {
    let by = by(names, language);
    let why = cause.date.map(|date| {
        let day = when::day(date, language);
        // A mandate's day is the one on which it begins, and can lie ahead.
        if cause.role.is_some() {
            language.say(
                format!("\u{a0}: l’obligation est imposée{by} à compter du {day}"),
                format!(": the requirement is imposed{by} from {day} on"),
            )
        } else {
            language.say(
                format!("\u{a0}: cela a été décidé{by} le {day}"),
                format!(": it was decided{by} on {day}"),
            )
        }
    });
    let why = why.unwrap_or_default();
    language.say(
        format!("Il n’est plus possible de revenir en arrière{why}."),
        format!("There is no way back from this{why}."),
    )
}

fn reset_code_expired(cause: &Cause, language: Language, names: Names<'_>) -> String {
    let whom = names
        .by
        .map(|name| language.say(format!(" à {name}"), format!(" from {name}")));
    let whom = whom.unwrap_or_default();
    let moment = cause.date.map(|date| when::moment(date, language));
    let (french, english) = match moment {
        Some(moment) => (
            format!("n’est plus valable depuis le {moment}"),
            format!("has not been valid since {moment}"),
        ),
        None => (
            "n’est plus valable".to_owned(),
            "is no longer valid".to_owned(),
        ),
    };
    language.say(
        format!("Ce code de réinitialisation {french}. Demandez-en un nouveau{whom}."),
        format!("This reset code {english}. Ask for a new one{whom}."),
    )
}

/// " : elle est obligatoire pour les employés depuis le 3 décembre 2026, imposée par Luc", or nothing.
fn required_of(cause: &Cause, language: Language, names: Names<'_>) -> String {
    let (Some(who), Some(date)) = (names.role, cause.date) else {
        return String::new();
    };
    let day = when::day(date, language);
    let imposed = |name| {
        language.say(
            format!(", imposée par {name}"),
            format!(", imposed by {name}"),
        )
    };
    let by = names.by.map(imposed).unwrap_or_default();
    language.say(
        format!("\u{a0}: elle est obligatoire pour {who} depuis le {day}{by}"),
        format!(": it has been required of {who} since {day}{by}"),
    )
}

fn mandated(cause: &Cause, language: Language, names: Names<'_>) -> String {
    let who = names
        .role
        .unwrap_or(language.say("votre rôle", "your role"));
    let by = names
        .by
        .map(|name| language.say(format!(" par {name}"), format!(", set by {name}")));
    let by = by.unwrap_or_default();
    let from = cause.date.map(|date| {
        let day = when::day(date, language);
        language.say(format!(" à compter du {day}"), format!(" from {day} on"))
    });
    let from = from.unwrap_or_default();
    language.say(
        format!(
            "Elle est rendue obligatoire pour {who}{by}{from}\u{a0}: vous ne pouvez pas la désactiver."
        ),
        format!("It is mandatory for {who}{from}{by}: you cannot switch it off."),
    )
}
