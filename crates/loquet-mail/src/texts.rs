//! What is said of each event.

use loquet::Preset;
use loquet::limits::FEW_RECOVERY_CODES;
use loquet::{Event, Letter, MandateKind, Purpose, RoleId, Setting, SettingKind, UnixTime};

use crate::{Language, when};

/// A line for each event: its key, subject and text in French, subject and text in English. `~` is a no-break space;
/// `{account}`, `{role}`, `{day}`, `{moment}`, `{change}`, `{left}` and `{code}` are replaced.
const TEXTS: &str = include_str!("texts.txt");

/// What the host calls its roles.
pub(crate) struct Names<'a> {
    pub(crate) role: &'a dyn Fn(RoleId) -> Option<String>,
}

/// The subject and the text of a letter.
pub(crate) fn said(letter: &Letter, language: Language, names: &Names<'_>) -> (String, String) {
    let key = match &letter.code {
        Some(_) => ADDRESS_CODE,
        None => key(&letter.event, letter.about.is_some()),
    };
    let (subject, text) = find(key, language);
    let fill = |text: &str| {
        let mut text = text.replace('~', "\u{a0}");
        for (name, value) in values(letter, language, names) {
            text = text.replace(name, &value);
        }
        text
    };
    (fill(subject), fill(text))
}

fn find(key: &str, language: Language) -> (&'static str, &'static str) {
    let line = TEXTS.lines().find_map(|line| {
        let rest = line.strip_prefix(key)?.strip_prefix('|')?;
        let mut parts = rest.split('|');
        let mut part = || parts.next().unwrap_or_default();
        Some([part(), part(), part(), part()])
    });
    // A test finds a line for every event.
    let [french, french_text, english, english_text] = line.unwrap_or_default();
    language.say((french, french_text), (english, english_text))
}

/// The line of the letter that brings the code for a new address.
const ADDRESS_CODE: &str = "ADDRESS_CODE";

/// The line of an event; `other` where it happened to another account than the reader's.
#[expect(clippy::too_many_lines, reason = "one line for each event")]
const fn key(event: &Event, other: bool) -> &'static str {
    match event {
        Event::Enabled { .. } => "ENABLED",
        Event::PresetChanged { preset } => match preset {
            Preset::Standard => "PRESET_STANDARD",
            Preset::StrictLatch => "PRESET_STRICT",
        },
        Event::MandateAnnounced {
            kind: MandateKind::Passkey,
            ..
        } => "PASSKEY_ANNOUNCED",
        Event::MandateAnnounced { .. } => "MANDATE_ANNOUNCED",
        Event::MandateCancelled {
            kind: MandateKind::Passkey,
            ..
        } => "PASSKEY_NOT_REQUIRED",
        Event::MandateCancelled { .. } => "MANDATE_CANCELLED",
        Event::MandateReminder {
            kind: MandateKind::Passkey,
            ..
        } => "PASSKEY_REMINDER",
        Event::MandateReminder { .. } => "MANDATE_REMINDER",
        Event::MandateInForce {
            kind: MandateKind::Passkey,
            ..
        } => "PASSKEY_IN_FORCE",
        Event::MandateInForce { .. } => "MANDATE_IN_FORCE",
        Event::NoAdministratorEnrolled { .. } => "NO_ADMINISTRATOR_ENROLLED",
        Event::BreakGlassCodeRenewed => "BREAK_GLASS_CODE_RENEWED",
        Event::BreakGlassCodeVoid => "BREAK_GLASS_CODE_VOID",
        Event::BreakGlassOpening { .. } => "BREAK_GLASS_OPENING",
        Event::BreakGlassCancelled { .. } => "BREAK_GLASS_CANCELLED",
        Event::BreakGlassOpen { .. } => "BREAK_GLASS_OPEN",
        Event::ChangeScheduled { .. } => "CHANGE_SCHEDULED",
        Event::ChangeInForce { .. } => "CHANGE_IN_FORCE",
        Event::ChangeCancelled { .. } => "CHANGE_CANCELLED",
        Event::CodeReused => "CODE_REUSED",
        Event::WrongCodes => "WRONG_CODES",
        Event::Imported => "IMPORTED",
        Event::ReplaceAdvised => "REPLACE_ADVISED",
        Event::ClockCorrected => "CLOCK_CORRECTED",
        Event::DisabledByFailures if other => "DISABLED_BY_FAILURES_OTHER",
        Event::DisabledByFailures => "DISABLED_BY_FAILURES",
        Event::ReportedLost if other => "REPORTED_LOST_OTHER",
        Event::ReportedLost => "REPORTED_LOST",
        Event::ReportUndone if other => "REPORT_UNDONE_OTHER",
        Event::ReportUndone => "REPORT_UNDONE",
        Event::AuthenticatorRemoved if other => "AUTHENTICATOR_REMOVED_OTHER",
        Event::AuthenticatorRemoved => "AUTHENTICATOR_REMOVED",
        Event::PasskeyCloned if other => "PASSKEY_CLONED_OTHER",
        Event::PasskeyCloned => "PASSKEY_CLONED",
        Event::Bound { passkey: true, .. } if other => "BOUND_PASSKEY_OTHER",
        Event::Bound {
            purpose: Purpose::Add,
            passkey: true,
        } => "BOUND_PASSKEY_TOO",
        Event::Bound { passkey: true, .. } => "BOUND_PASSKEY",
        Event::Bound { .. } if other => "BOUND_OTHER",
        Event::Bound {
            purpose: Purpose::Add,
            ..
        } => "BOUND_TOO",
        Event::Bound { .. } => "BOUND",
        Event::ReportedUnrecognized if other => "REPORTED_UNRECOGNIZED_OTHER",
        Event::ReportedUnrecognized => "REPORTED_UNRECOGNIZED",
        Event::AddressChangeBegun => "ADDRESS_CHANGE_BEGUN",
        Event::AddressChanged => "ADDRESS_CHANGED",
        Event::RecoveryCodeUsed {
            left: ..=FEW_RECOVERY_CODES,
        } => "FEW_RECOVERY_CODES",
        Event::RecoveryCodeUsed { .. } => "RECOVERY_CODE_USED",
        Event::RecoveryCodesRenewed => "RECOVERY_CODES_RENEWED",
        Event::Resynchronized => "RESYNCHRONIZED",
        Event::Toggled { on: true } => "TOGGLED_ON",
        Event::Toggled { on: false } => "TOGGLED_OFF",
        Event::Reset { .. } => "RESET",
        Event::ResetByHost { .. } => "RESET_BY_HOST",
        Event::AppointedByHost { .. } => "APPOINTED_BY_HOST",
        Event::ResetCodeVoid => "RESET_CODE_VOID",
        Event::Promoted { .. } => "PROMOTED",
        Event::Demoted { .. } => "DEMOTED",
        Event::Deactivated { .. } => "DEACTIVATED",
        Event::NewDevice => "NEW_DEVICE",
        Event::NewPlace => "NEW_PLACE",
        Event::DeviceRemembered => "DEVICE_REMEMBERED",
        Event::DevicesForgotten { .. } => "DEVICES_FORGOTTEN",
        Event::DevicesSwitched { on: true, .. } => "DEVICES_SWITCHED_ON",
        Event::DevicesSwitched { on: false, .. } => "DEVICES_SWITCHED_OFF",
        Event::AccessRulesSuspended => "ACCESS_RULES_SUSPENDED",
        Event::AccessRulesRolledBack => "ACCESS_RULES_ROLLED_BACK",
    }
}

/// What an event's text is filled in with.
fn values(letter: &Letter, language: Language, names: &Names<'_>) -> Vec<(&'static str, String)> {
    let role = |role| {
        let named = (names.role)(role);
        let named = named.unwrap_or_else(|| language.say("votre rôle", "your role").to_owned());
        ("{role}", named)
    };
    let day = |at: UnixTime| ("{day}", when::day(at, language));
    let moment = |at: UnixTime| ("{moment}", when::moment(at, language));
    let mut values = Vec::new();
    match letter.event {
        Event::MandateAnnounced { role: of, date, .. }
        | Event::MandateReminder { role: of, date, .. } => {
            values.extend([role(of), day(date)]);
        }
        Event::MandateCancelled { role: of, .. }
        | Event::MandateInForce { role: of, .. }
        | Event::NoAdministratorEnrolled { role: of } => values.push(role(of)),
        Event::BreakGlassOpening { ready, .. } => values.push(moment(ready)),
        Event::ChangeScheduled { setting, due } => {
            values.extend([("{change}", change(&setting, language)), moment(due)]);
        }
        Event::ChangeInForce { setting } => values.push(("{change}", change(&setting, language))),
        Event::ChangeCancelled { setting } => {
            values.push(("{change}", kind(setting, language).to_owned()));
        }
        Event::RecoveryCodeUsed { left: number } | Event::DevicesForgotten { count: number } => {
            values.push(("{left}", number.to_string()));
        }
        _ => {}
    }
    if let Some(code) = &letter.code {
        let digits = code.expose().as_bytes().chunks(4);
        let groups: Vec<_> = digits.map(String::from_utf8_lossy).collect();
        values.push(("{code}", groups.join("\u{a0}")));
    }
    // Last, so that no name is filled in.
    values.push(("{account}", account(letter, language)));
    values
}

/// The account that the letter is about: the reader's own, or another by its name.
fn account(letter: &Letter, language: Language) -> String {
    match letter.about.as_deref().map(one_line) {
        Some(name) => language.say(
            format!("le compte «\u{a0}{name}\u{a0}»"),
            format!("the account “{name}”"),
        ),
        None => language.say("votre compte", "your account").to_owned(),
    }
}

/// A name or a subject is one line, whatever a user or an organization is called.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn change(setting: &Setting, language: Language) -> String {
    const HOUR: u64 = 3600;
    match *setting {
        Setting::RecoveryCodes { offered: true } => {
            let (french, english) = (
                "des codes de récupération sont proposés",
                "recovery codes are offered",
            );
            language.say(french, english).to_owned()
        }
        Setting::RecoveryCodes { offered: false } => {
            let (french, english) = (
                "les codes de récupération ne sont plus proposés",
                "recovery codes are no longer offered",
            );
            language.say(french, english).to_owned()
        }
        Setting::ResetCodeLife { seconds } => {
            let hours = seconds.div_ceil(HOUR);
            language.say(
                format!("un code de réinitialisation vaut {hours}\u{a0}h"),
                format!("a reset code lives {hours}\u{a0}h"),
            )
        }
        Setting::EnrollmentWindow { seconds } => {
            let days = seconds.div_ceil(24 * HOUR);
            language.say(
                format!("le délai d’activation est de {days}\u{a0}jours"),
                format!("the time to enroll is {days}\u{a0}days"),
            )
        }
        Setting::AccessRules { .. } => kind(SettingKind::AccessRules, language).to_owned(),
    }
}

fn kind(kind: SettingKind, language: Language) -> &'static str {
    match kind {
        SettingKind::RecoveryCodes => language.say("les codes de récupération", "recovery codes"),
        SettingKind::ResetCodeLife => language.say(
            "la durée des codes de réinitialisation",
            "the life of reset codes",
        ),
        SettingKind::EnrollmentWindow => {
            language.say("le délai d’activation", "the time to enroll")
        }
        SettingKind::AccessRules => language.say("les règles d’accès", "the access rules"),
    }
}

/// What to do with the link or the code that a letter brings.
fn brought(letter: &Letter, language: Language, pages: &str) -> Option<String> {
    if let Some(link) = &letter.link {
        let link = link.expose();
        let link = link.as_str();
        if letter.event == Event::ReportedLost {
            return Some(language.say(
                format!("Si vous avez toujours votre application, connectez-vous avec votre mot de passe, puis ouvrez ce lien et donnez un code. Changez ensuite votre mot de passe\u{a0}: une autre personne le connaît peut-être.\n{pages}/undo-report/{link}"),
                format!("If you still have your app, log in with your password, then open this link and give a code. Change your password afterwards: another person may know it.\n{pages}/undo-report/{link}"),
            ));
        }
        return Some(language.say(
            format!("Si ce n’était pas vous, ouvrez ce lien dans les sept jours, puis changez votre mot de passe\u{a0}:\n{pages}/not-me/{link}"),
            format!("If this was not you, open this link within seven days, then change your password:\n{pages}/not-me/{link}"),
        ));
    }
    if letter.code.is_some() {
        return Some(language.say(
            format!("Votre compte\u{a0}: {pages}/account/address\nSi vous n’avez rien demandé, ne faites rien\u{a0}: sans le code, rien ne change."),
            format!("Your account: {pages}/account/address\nIf you asked for nothing, do nothing: without the code nothing changes."),
        ));
    }
    None
}

/// What to do about it, where there is something to do.
pub(crate) fn advice(letter: &Letter, language: Language, pages: &str) -> Option<String> {
    if let Some(advice) = brought(letter, language, pages) {
        return Some(advice);
    }
    let advice = match letter.event {
        // A colleague's: there is nothing of the reader's own to look after.
        Event::DisabledByFailures
        | Event::ReportedLost
        | Event::ReportUndone
        | Event::AuthenticatorRemoved
        | Event::PasskeyCloned
        | Event::Bound { .. }
        | Event::ReportedUnrecognized
        | Event::ResetCodeVoid
            if letter.about.is_some() =>
        {
            administration(language, pages)
        }
        Event::ReportedLost => language.say(
            "Le lien qui annule ce signalement est allé à votre adresse la plus ancienne qui reçoit encore vos avis. Un code de récupération ou un administrateur peut l’annuler aussi.".to_owned(),
            "The link that undoes this report went to your oldest address that still receives your notices. A recovery code or an administrator can undo it too.".to_owned(),
        ),
        Event::Bound { .. } => language.say(
            "Si ce n’était pas vous, ouvrez le lien qui est allé à votre adresse la plus ancienne qui reçoit encore vos avis, ou prévenez un administrateur.".to_owned(),
            "If this was not you, open the link that went to your oldest address that still receives your notices, or tell an administrator.".to_owned(),
        ),
        Event::MandateAnnounced { .. }
        | Event::MandateReminder { .. }
        | Event::MandateInForce { .. } => language.say(
            format!("Votre compte\u{a0}: {pages}/account"),
            format!("Your account: {pages}/account"),
        ),
        Event::CodeReused
        | Event::WrongCodes
        | Event::ReplaceAdvised
        | Event::ClockCorrected
        | Event::DisabledByFailures
        | Event::ReportUndone
        | Event::AddressChangeBegun
        | Event::AddressChanged
        | Event::RecoveryCodeUsed { .. }
        | Event::RecoveryCodesRenewed
        | Event::AuthenticatorRemoved
        | Event::PasskeyCloned
        | Event::Toggled { .. }
        | Event::NewDevice
        | Event::NewPlace
        | Event::DeviceRemembered
        | Event::Resynchronized => language.say(
            format!("Si ce n’était pas vous, changez votre mot de passe et prévenez un administrateur. Votre compte\u{a0}: {pages}/account"),
            format!("If this was not you, change your password and tell an administrator. Your account: {pages}/account"),
        ),
        Event::ChangeScheduled { .. }
        | Event::BreakGlassOpening { .. }
        | Event::BreakGlassCodeVoid
        | Event::NoAdministratorEnrolled { .. } => administration(language, pages),
        _ => return None,
    };
    Some(advice)
}

fn administration(language: Language, pages: &str) -> String {
    let administration = language.say("Administration\u{a0}:", "Administration:");
    format!("{administration} {pages}/admin")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key that `key` can return is a line of the table, and every line is a key.
    #[test]
    fn every_event_has_its_line() {
        let source = include_str!("texts.rs");
        let (_, keys) = source.split_once("const fn key(").unwrap();
        let (keys, _) = keys.split_once("\n}\n").unwrap();
        let mut keys: Vec<&str> = keys.split('"').skip(1).step_by(2).collect();
        keys.push(ADDRESS_CODE);
        let mut lines: Vec<&str> = TEXTS
            .lines()
            .map(|line| line.split('|').next().unwrap())
            .collect();
        keys.sort_unstable();
        lines.sort_unstable();
        assert_eq!(keys, lines);
        assert!(TEXTS.lines().all(|line| line.split('|').count() == 5));
    }

    #[test]
    fn texts_follow_the_typography_of_their_language() {
        for line in TEXTS.lines() {
            let parts: Vec<&str> = line.split('|').collect();
            for (at, part) in parts.iter().enumerate().skip(1) {
                assert!(!part.contains('\''), "a curly apostrophe: {part}");
                assert_eq!(part.ends_with('.'), at % 2 == 0, "{part}");
                let is_french = at < 3;
                assert_eq!(
                    part.contains('~'),
                    is_french && part.contains(':'),
                    "{part}"
                );
                assert!(!part.contains(" :") && !part.contains(" ;"), "{part}");
            }
        }
    }
}
