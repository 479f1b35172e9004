//! A sentence for every refusal, for the person whom it concerns, and one for strangers.
//!
//! The match is exhaustive: a new refusal does not compile before somebody has said it in both languages.

use loquet::Refused;
use loquet_policy::{Cause, Refusal, UnixTime};

use crate::{Language, when};

/// Who and what a refusal speaks of, by the names that people know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Names<'a> {
    /// The role, in the plural and in the page's language ("les employés").
    pub role: Option<&'a str>,
    /// The administrator who imposed a mandate.
    pub by: Option<&'a str>,
}

/// What someone hears who has not shown a pass phrase: one sentence for everything, so that it tells nothing.
#[must_use]
pub fn neutral(language: Language) -> &'static str {
    language.say(
        "La connexion n'a pas abouti. Vérifiez votre identifiant et votre phrase de passe.",
        "The log-in did not succeed. Check your name and your pass phrase.",
    )
}

/// What to tell whoever was refused by no rule about people. Of those [`sentence`] speaks.
#[must_use]
pub fn own_sentence(refused: &Refused, language: Language) -> String {
    match refused {
        Refused::Rule(refusal) => sentence(refusal, language, Names::default()),
        Refused::WouldLockOut => language
            .say(
                "Ces règles vous enfermeraient dehors\u{a0}: votre propre adresse ne serait plus permise. Rien n'a été changé.",
                "These rules would lock you out: your own address would no longer be allowed. Nothing was changed.",
            )
            .to_owned(),
        Refused::TooManyAddresses => language
            .say(
                "L'adresse a été changée trop souvent\u{a0}: les précédentes reçoivent encore vos avis. Réessayez dans quelques jours.",
                "The address was changed too often: those before it still get your notices. Try again in a few days.",
            )
            .to_owned(),
    }
}

/// What to tell the person whom a refusal concerns: what is the matter, and what to do about it.
#[must_use]
pub fn sentence(refusal: &Refusal, language: Language, names: Names<'_>) -> String {
    let say = |french: &str, english: &str| language.say(french, english).to_owned();
    match refusal {
        Refusal::UnknownAccount => say("Ce compte n'existe pas ici.", "There is no such account here."),
        Refusal::LogInRefused => neutral(language).to_owned(),
        Refusal::LogInRequired => say("Connectez-vous d'abord.", "Log in first."),
        Refusal::StaleLogIn => say(
            "Votre connexion a pris fin parce que votre compte a changé. Connectez-vous de nouveau.",
            "Your log-in has ended because your account has changed. Log in again.",
        ),
        Refusal::LogInExpired => say(
            "Plus de dix minutes se sont écoulées depuis votre phrase de passe. Connectez-vous de nouveau.",
            "More than ten minutes have passed since your pass phrase. Log in again.",
        ),
        Refusal::EnrolOnly(cause) => {
            let why = required_of(cause, language, names);
            language.say(
                format!("Configurez d'abord votre application d'authentification{why}."),
                format!("Set up your authenticator app first{why}."),
            )
        }
        Refusal::CodeRequired(_) => say(
            "Saisissez d'abord le code à 6\u{a0}chiffres de votre application.",
            "Enter the 6-digit code from your app first.",
        ),
        Refusal::RecoverFirst { since } => {
            let day = on_day(Some(*since), language);
            language.say(
                format!("Votre application d'authentification a été désactivée{day}. Demandez à un administrateur de réinitialiser votre compte."),
                format!("Your authenticator app was disabled{day}. Ask an administrator to reset your account."),
            )
        }
        Refusal::AlreadyCompleted => say(
            "Ce formulaire a déjà été traité. Rien n'a été fait une seconde fois.",
            "This form has been dealt with already. Nothing was done a second time.",
        ),
        Refusal::PolicyUnavailable => say(
            "Les règles de votre organisation ne peuvent pas être lues en ce moment. Réessayez dans quelques minutes.",
            "Your organisation's rules cannot be read at the moment. Try again in a few minutes.",
        ),
        Refusal::Busy => say(
            "Trop de demandes arrivent en même temps. Réessayez dans un instant.",
            "Too many requests are arriving at once. Try again in a moment.",
        ),
        Refusal::AccessDenied => say(
            "Les connexions ne sont pas permises depuis cette adresse. Essayez depuis un lieu autorisé ou demandez à un administrateur.",
            "Logging in is not allowed from this address. Try from an allowed place or ask an administrator.",
        ),
        Refusal::AccessUnknown => say(
            "Nous ne pouvons pas établir d'où vous vous connectez, et votre organisation limite les lieux de connexion.",
            "We cannot tell where you are logging in from, and your organisation limits the places.",
        ),

        Refusal::Latched(cause) => {
            let by = by(names, language);
            let why = cause.date.map(|date| {
                let day = when::day(date, language);
                // A mandate's day is the one on which it begins, and can lie ahead.
                if cause.role.is_some() {
                    language.say(
                        format!("\u{a0}: l'obligation est imposée{by} à compter du {day}"),
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
                format!("Il n'est plus possible de revenir en arrière{why}."),
                format!("There is no way back from this{why}."),
            )
        }
        Refusal::AlreadyEnabled(cause) => {
            let day = on_day(cause.date, language);
            let by = by(names, language);
            language.say(
                format!("L'authentification multi-facteur a déjà été activée pour votre organisation{by}{day}."),
                format!("Multi-factor log-in was already enabled for your organisation{by}{day}."),
            )
        }
        Refusal::NotEnabled => say(
            "L'authentification multi-facteur n'est pas encore activée pour votre organisation.",
            "Multi-factor log-in is not enabled for your organisation yet.",
        ),
        Refusal::Unchanged => say("C'est déjà le cas\u{a0}: rien n'a changé.", "That is so already: nothing has changed."),
        Refusal::UnknownRole { role } => language.say(
            format!("Le rôle numéro {} n'est pas défini dans cette organisation.", role.0),
            format!("Role number {} is not defined in this organisation.", role.0),
        ),
        Refusal::AlreadyAnnounced(cause) => {
            let (by, day) = (by(names, language), for_day(cause.date, language));
            language.say(
                format!("L'obligation est déjà annoncée{by}{day}. Vous pouvez déplacer cette date ou l'annuler."),
                format!("The requirement is already announced{by}{day}. You can move that date or cancel it."),
            )
        }
        Refusal::NothingAnnounced { .. } => say(
            "Aucune obligation n'est annoncée.",
            "No requirement is announced.",
        ),
        Refusal::TooSoon { earliest } => {
            let day = when::day(when::next_day(*earliest), language);
            language.say(
                format!("Les personnes concernées ont droit à sept jours de préavis\u{a0}: choisissez le {day} ou plus tard."),
                format!("People are given seven days' notice: choose {day} or later."),
            )
        }
        Refusal::NotConfirmed => say(
            "Cochez la case pour confirmer que chacun devra s'inscrire à sa prochaine connexion.",
            "Tick the box to confirm that everyone will have to enroll at their next log-in.",
        ),
        Refusal::TooManyPostponements(cause) => {
            let day = for_day(cause.date, language);
            language.say(
                format!("La date a déjà été repoussée deux fois et ne peut plus l'être\u{a0}: l'obligation reste annoncée{day}."),
                format!("The date has been put off twice and cannot be put off again: the requirement stays announced{day}."),
            )
        }
        Refusal::WouldStrandAdmin => say(
            "Sans code de secours scellé, cette mesure pourrait enfermer dehors tous les administrateurs.",
            "Without a sealed break-glass code this could lock out every administrator.",
        ),
        Refusal::SealNotConfirmed => say(
            "Ce n'est pas le dernier groupe du code de secours. Relisez celui que vous avez noté.",
            "That is not the last group of the break-glass code. Read again what you wrote down.",
        ),
        Refusal::OutOfBounds { least, most } => language.say(
            format!("Choisissez une valeur entre {least} et {most}."),
            format!("Choose a value from {least} to {most}."),
        ),
        Refusal::NothingScheduled => say("Aucun changement n'est en attente.", "No change is waiting."),

        Refusal::Malformed => say(
            "Un code se compose de 6\u{a0}chiffres, rien d'autre. Les espaces ne comptent pas.",
            "A code is 6\u{a0}digits and nothing else. Blanks do not count.",
        ),
        Refusal::WrongCode { behind: None } => say(
            "Ce code n'est pas le bon. Saisissez celui que votre application affiche en ce moment.",
            "This code is not right. Enter the one your app is showing now.",
        ),
        Refusal::WrongCode { behind: Some(minutes) } => language.say(
            format!(
                "Ce code n'est pas le bon\u{a0}: l'horloge de votre téléphone semble en retard d'environ {minutes}\u{a0}min. Réglez-la sur l'heure automatique, puis réessayez."
            ),
            format!(
                "This code is not right: your phone's clock seems about {minutes}\u{a0}min late. Set it to automatic time, then try again."
            ),
        ),
        Refusal::AlreadyUsed { .. } => say(
            "Ce code a déjà servi\u{a0}; chacun ne sert qu'une fois. Attendez le prochain.",
            "This code has been used; each works only once. Wait for the next one.",
        ),
        Refusal::Throttled { .. } => say(
            "Trop de codes erronés à la suite. Votre compte reste intact\u{a0}; patientez avant de réessayer.",
            "Too many wrong codes in a row. Your account is unharmed; wait before you try again.",
        ),
        Refusal::KnownDeviceOnly => say(
            "Trop de codes erronés. Connectez-vous depuis un appareil que vous avez déjà utilisé, ou demandez à un administrateur.",
            "Too many wrong codes. Log in from a device you have used before, or ask an administrator.",
        ),
        Refusal::Disabled { since } => {
            let day = on_day(Some(*since), language);
            language.say(
                format!("Les codes de cette application ne valent plus rien\u{a0}: elle a été désactivée{day}. Demandez à un administrateur de réinitialiser votre compte."),
                format!("Codes from this app no longer count: it was disabled{day}. Ask an administrator to reset your account."),
            )
        }
        Refusal::NoAuthenticator => say(
            "Aucune application d'authentification n'est liée à ce compte.",
            "No authenticator is bound to this account.",
        ),
        Refusal::AlreadyBound => say(
            "Une application d'authentification est déjà liée à votre compte. Vous pouvez la remplacer dans «\u{a0}Mon compte\u{a0}».",
            "An authenticator is already bound to your account. You can replace it in “My account”.",
        ),
        Refusal::EnrolFirst => say(
            "Configurez d'abord une application d'authentification pour ce compte.",
            "Set up an authenticator for this account first.",
        ),
        Refusal::TicketRequired(Cause { role: Some(_), .. }) => say(
            "Le délai pour vous inscrire est passé\u{a0}: il faut le billet qu'un administrateur vous remet. Demandez-le-lui.",
            "Your time to enroll is over: this takes the ticket that an administrator hands you. Ask for it.",
        ),
        Refusal::TicketRequired(Cause { by: Some(_), date, .. }) => {
            let (by, day) = (by(names, language), on_day(*date, language));
            language.say(
                format!("Votre compte a été réinitialisé{by}{day}. Il faut ici le billet qui vous a été remis."),
                format!("Your account was reset{by}{day}. This takes the ticket that you were given."),
            )
        }
        Refusal::TicketRequired(_) => say(
            "Il faut ici le billet qu'un administrateur vous remet. Demandez-le-lui.",
            "This takes the ticket that an administrator hands you. Ask for it.",
        ),
        Refusal::WrongTicket => say(
            "Ce billet n'est pas valable pour ce compte. Vérifiez ce que vous avez saisi ou demandez-en un nouveau.",
            "This ticket is not valid for this account. Check what you typed or ask for a new one.",
        ),
        Refusal::TicketExpired(cause) => {
            let whom = names.by.map(|name| language.say(format!(" à {name}"), format!(" from {name}")));
            let whom = whom.unwrap_or_default();
            let moment = cause.date.map(|date| when::moment(date, language));
            let (french, english) = match moment {
                Some(moment) => (
                    format!("n'est plus valable depuis le {moment}"),
                    format!("has not been valid since {moment}"),
                ),
                None => ("n'est plus valable".to_owned(), "is no longer valid".to_owned()),
            };
            language.say(
                format!("Ce billet {french}. Demandez-en un nouveau{whom}."),
                format!("This ticket {english}. Ask for a new one{whom}."),
            )
        }
        Refusal::NotYours => say(
            "Cette inscription a été commencée dans une autre fenêtre ou un autre appareil. Continuez là-bas ou recommencez ici.",
            "This enrollment was begun in another window or device. Go on there or begin again here.",
        ),
        Refusal::NothingPending => say(
            "Cette inscription a expiré ou n'a pas été commencée. Recommencez\u{a0}: un nouveau code QR vous sera montré.",
            "This enrollment timed out or was not begun. Begin again: you will be shown a new QR code.",
        ),
        Refusal::TooManyPendings => say(
            "Trois inscriptions sont déjà commencées pour ce compte. Terminez-en une ou attendez dix minutes.",
            "Three enrollments are already under way for this account. Finish one or wait ten minutes.",
        ),
        Refusal::SealFirst => say(
            "Renouvelez d'abord le code de secours de l'organisation.",
            "Renew the organisation's break-glass code first.",
        ),
        Refusal::NotOffered => say(
            "Votre organisation ne propose pas de codes de récupération.",
            "Your organisation does not offer recovery codes.",
        ),
        Refusal::WrongRecoveryCode => say(
            "Ce n'est pas un code de récupération de ce compte.",
            "That is not a recovery code of this account.",
        ),
        Refusal::WrongLink => say("Ce lien n'est plus valable.", "This link is no longer valid."),

        Refusal::Mandated(cause) => mandated(cause, language, names),
        Refusal::StepUp => say(
            "Confirmez avec un nouveau code de votre application.",
            "Confirm with a fresh code from your app.",
        ),
        Refusal::NotOwner => say(
            "Seul le titulaire du compte peut le faire.",
            "Only the owner of the account can do this.",
        ),

        Refusal::NotAdmin => say("Ceci est réservé aux administrateurs.", "This is for administrators."),
        Refusal::NotFresh => say(
            "Votre dernier code date de plus de cinq minutes. Confirmez avec un nouveau code.",
            "Your last code is more than five minutes old. Confirm with a fresh one.",
        ),
        Refusal::SelfReset => say(
            "Personne ne réinitialise son propre compte\u{a0}: demandez à un autre administrateur.",
            "Nobody resets their own account: ask another administrator.",
        ),
        Refusal::SelfPromotion => say(
            "Personne ne se nomme soi-même administrateur.",
            "Nobody makes themself an administrator.",
        ),
        Refusal::SelfDemotion => say(
            "Personne ne se retire soi-même le rôle d'administrateur.",
            "Nobody takes the administrator role from themself.",
        ),
        Refusal::SelfOffboard => say(
            "Un autre administrateur doit enregistrer votre départ.",
            "Another administrator must record your leaving.",
        ),
        Refusal::Rank => say(
            "Cette personne a un rang plus élevé que le vôtre.",
            "This person has a higher rank than you.",
        ),
        Refusal::TooNew { until } => {
            let moment = when::moment(*until, language);
            language.say(
                format!("Vous êtes administrateur depuis trop peu de temps. Ce sera possible le {moment}."),
                format!("You have been an administrator for too short a time. You can do this from {moment}."),
            )
        }
        Refusal::TooManyResets { .. } => say(
            "Vous avez déjà réinitialisé cinq comptes en un jour.",
            "You have already reset five accounts in a day.",
        ),
        Refusal::LastEnrolledAdmin => say(
            "C'est le dernier administrateur inscrit\u{a0}: sans lui, plus personne ne pourrait aider les autres.",
            "This is the last enrolled administrator: without them nobody could help the others.",
        ),
        Refusal::UseLeave => say(
            "C'est le dernier rôle de cette personne\u{a0}: enregistrez plutôt son départ.",
            "This is the person's last role: record their leaving instead.",
        ),
        Refusal::NoSuchRole => say("Cette personne n'a pas ce rôle.", "This person does not have this role."),
        Refusal::TooManyRoles => say(
            "Cette personne a déjà tous les rôles qu'un compte peut porter.",
            "This person has as many roles as an account can hold.",
        ),
        Refusal::HasLeft { since } => {
            let day = on_day(Some(*since), language);
            language.say(
                format!("Cette personne a quitté l'organisation{day}. Réembauchez-la d'abord."),
                format!("This person left the organisation{day}. Re-hire them first."),
            )
        }
        Refusal::NotLeft => say(
            "Cette personne n'a pas quitté l'organisation.",
            "This person has not left the organisation.",
        ),

        Refusal::NotSealed { until: Some(until) } => {
            let moment = when::moment(*until, language);
            language.say(
                format!("Trop de faux codes de secours ont été présentés\u{a0}: le vrai ne vaudra de nouveau qu'à partir du {moment}."),
                format!("Too many wrong break-glass codes were presented: the right one counts again from {moment}."),
            )
        }
        Refusal::NotSealed { until: None } => say(
            "Aucun code de secours n'est scellé, ou personne n'a encore ouvert l'enveloppe.",
            "No break-glass code is sealed, or nobody has opened the envelope yet.",
        ),
        Refusal::AlreadyOpen { ready } => {
            let moment = when::moment(*ready, language);
            language.say(
                format!("Le code de secours a déjà été présenté. Le billet pourra être retiré le {moment}."),
                format!("The break-glass code has already been presented. The ticket can be collected on {moment}."),
            )
        }
        Refusal::WrongSeal => say("Ce n'est pas le code de secours.", "That is not the break-glass code."),
        Refusal::TooEarly { ready } => {
            let moment = when::moment(*ready, language);
            language.say(
                format!("Le délai court encore, jusqu'au {moment}."),
                format!("The wait is not over until {moment}."),
            )
        }
    }
}

/// " par Luc", " by Luc", or nothing.
pub(crate) fn by(names: Names<'_>, language: Language) -> String {
    let by = |name| language.say(format!(" par {name}"), format!(" by {name}"));
    names.by.map(by).unwrap_or_default()
}

/// " le 3 décembre 2026", " on 3 December 2026", or nothing.
fn on_day(date: Option<UnixTime>, language: Language) -> String {
    let on = |date| {
        let day = when::day(date, language);
        language.say(format!(" le {day}"), format!(" on {day}"))
    };
    date.map(on).unwrap_or_default()
}

/// " pour le 3 décembre 2026", " for 3 December 2026", or nothing.
fn for_day(date: Option<UnixTime>, language: Language) -> String {
    let on = |date| {
        let day = when::day(date, language);
        language.say(format!(" pour le {day}"), format!(" for {day}"))
    };
    date.map(on).unwrap_or_default()
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
