//! How a text must be set: spaces as the OQLF asks for, curly apostrophes, no word of the other language, no name of the
//! code.

use axum::http::StatusCode;
use loquet_web::Language;

use crate::browser::Browser;
use crate::site::{HELENE, JULIE, MARC, SOFIA, Site};

const HARD: char = '\u{a0}';

/// Words after a number that must stay on its line.
const UNITS: [&str; 48] = [
    "s",
    "min",
    "h",
    "j",
    "jour",
    "jours",
    "heures",
    "minutes",
    "secondes",
    "chiffres",
    "lettres",
    "codes",
    "fois",
    "personnes",
    "appareils",
    "days",
    "hours",
    "minutes",
    "seconds",
    "digits",
    "letters",
    "times",
    "people",
    "devices",
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Words that betray a forgotten translation. None is a name, and none is a word of both languages.
const FRENCH: [&str; 12] = [
    "votre",
    "vous",
    "avec",
    "connexion",
    "compte",
    "saisissez",
    "demandez",
    "code de réinitialisation",
    "est",
    "sera",
    "depuis",
    "réessayez",
];
const ENGLISH: [&str; 14] = [
    "the", "your", "you", "this", "with", "account", "enter", "ask", "reset", "is", "was", "since",
    "again", "log",
];

/// What is wrong with a text in `language`, each fault with where it stands.
pub(crate) fn faults(text: &str, language: Language) -> Vec<String> {
    // A name of others, spelled as they do.
    let text = &text.replace("JavaScript", "Javascript");
    let letters: Vec<char> = text.chars().collect();
    let around = |at: usize| -> String {
        let (from, to) = (at.saturating_sub(24), (at + 12).min(letters.len()));
        letters[from..to].iter().collect()
    };
    let mut faults = Vec::new();
    let mut quoted = false;
    let mut fault = |what: &str, at: usize| faults.push(format!("{what}: …{}…", around(at)));
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1).copied();
        let ends = after.is_none_or(char::is_whitespace);
        // What is quoted says itself, in whatever language.
        quoted = letter == '«' || (quoted && letter != '»');
        if quoted && letter != '«' {
            continue;
        }
        // In Quebec the colon alone has a space before it.
        let hard = language == Language::French && letter == ':';
        match letter {
            _ if hard && ends && before != Some(HARD) => fault("no hard space before", at),
            ':' | ';' | '?' | '!' | ',' | '.'
                if ends && !hard && before.is_some_and(char::is_whitespace) =>
            {
                fault("a space before", at);
            }
            '\'' => fault("a straight apostrophe", at),
            '_' => fault("a name of the code", at),
            _ if letter.is_lowercase() && after.is_some_and(char::is_uppercase) => {
                fault("a name of the code", at);
            }
            '«' if after != Some(HARD) => fault("no hard space after", at),
            '»' if before != Some(HARD) => fault("no hard space before", at),
            ' ' if after == Some(' ') => fault("two spaces", at),
            ' ' if before.is_some_and(|it| it.is_ascii_digit()) => {
                let rest: String = letters[at + 1..].iter().collect();
                let word = rest.split(|it: char| !it.is_alphabetic()).next();
                if word.is_some_and(|word| UNITS.contains(&word)) {
                    fault("a number may lose its unit", at);
                }
            }
            '{' | '}' => fault("a hole that was not filled", at),
            _ => {}
        }
    }
    let foreign: &[&str] = match language {
        Language::French => &ENGLISH,
        Language::English => &FRENCH,
    };
    let unquoted: String = text
        .split('«')
        .map(|part| part.rsplit('»').next().unwrap_or_default())
        .collect();
    for word in unquoted.split(|it: char| !it.is_alphabetic()) {
        if foreign.contains(&word.to_lowercase().as_str()) {
            faults.push(format!("a word of the other language: {word}"));
        }
    }
    faults
}

/// What people read of a page, a text for each run between tags that end a line. What is quoted as it is (codes, rules, keys)
/// is left out, and so is what is said in another language on purpose.
pub(crate) fn page_faults(page: &str) -> Vec<String> {
    let Some(start) = page.find("<html lang=\"") else {
        return Vec::new();
    };
    let language = if page[start..].starts_with("<html lang=\"fr\"") {
        Language::French
    } else {
        Language::English
    };
    let mut text = String::new();
    let mut faulty = Vec::new();
    let mut skipped: Option<String> = None;
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        if skipped.is_none() {
            text.push_str(&plain(&rest[..at]));
        }
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        let tag = &rest[at + 1..end - 1];
        rest = &rest[end..];
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        match &skipped {
            Some(open) => {
                if tag.starts_with('/') && *open == name {
                    skipped = None;
                }
            }
            None => {
                let quoted = [
                    "code", "pre", "textarea", "script", "style", "svg", "option",
                ];
                let elsewhere = name != "html" && tag.contains(" lang=");
                if (quoted.contains(&name.as_str()) || elsewhere) && !tag.starts_with('/') {
                    skipped = Some(name);
                } else if !["span", "strong", "em", "a", "b"].contains(&name.as_str())
                    // Links of a list stand apart.
                    || (tag == "/a" && rest.starts_with("<a "))
                {
                    faulty.extend(faults(text.trim(), language));
                    text.clear();
                }
            }
        }
    }
    faulty
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[test]
fn typographic_faults_are_found() {
    let french = |text: &str| faults(text, Language::French).len();
    assert_eq!(
        french("Demandez-en un\u{a0}: «\u{a0}oui\u{a0}»; l’autre?"),
        0
    );
    assert_eq!(french("Pourquoi ? Ceci: cela ; fin\u{a0}!"), 4);
    assert_eq!(french("« oui »"), 2);
    assert_eq!(french("Il dit\u{a0}: «\u{a0}the end\u{a0}». Enter."), 1);
    assert_eq!(french("dans 45 s, à 14 h, le 3 mars"), 3);
    assert_eq!(french("Enter {code}"), 3);
    assert_eq!(french("à 14:36, sur 2001:db8::1"), 0);
    assert_eq!(french("l'autre, en UpdateSettings, reset_life"), 4);
    let english = |text: &str| faults(text, Language::English).len();
    assert_eq!(english("Why? This: that; the phone’s done!"), 0);
    assert_eq!(english("Why ? Votre reset code"), 2);
    assert_eq!(english("on 1 February, 2 May, 3 October, 4 November"), 4);
    assert_eq!(english("UpdateSettings the user's reset_code"), 3);
    let page = "<html lang=\"fr\"><p>Un <strong>mot</strong> : deux</p><code>3 s ?</code><a lang=\"en\">the</a><p>Fin ?</p>";
    assert_eq!(page_faults(page).len(), 2);
}

/// Opens pages in a language: [`Browser::send`] reads each.
pub(crate) async fn reads(browser: &mut Browser<'_>, language: &str, paths: &[&str]) {
    let cookie = ("loquet-language".to_owned(), language.to_owned());
    browser.cookies.extend([cookie]);
    for path in paths {
        let answer = browser.open(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        browser.shows(&format!("<html lang=\"{language}\""));
    }
}

const BEFORE_ENABLING: [&str; 2] = ["/mfa/admin", "/mfa/admin/enable"];

const OF_ADMINISTRATORS: [&str; 13] = [
    "/mfa/admin",
    "/mfa/admin?done=imposed",
    "/mfa/admin?done=break-glass",
    "/mfa/admin/mandate",
    "/mfa/admin/people",
    "/mfa/admin/access",
    "/mfa/admin/access?done=saved",
    "/mfa/admin/devices",
    "/mfa/admin/options",
    "/mfa/admin/options?done=set",
    "/mfa/admin/options?done=stopped",
    "/mfa/admin/options/latch",
    "/mfa/admin/break-glass",
];

pub(crate) const OF_PEOPLE: [&str; 10] = [
    "/mfa/account",
    "/mfa/account?done=sent",
    "/mfa/account?done=on",
    "/mfa/account?done=off",
    "/mfa/account/on",
    "/mfa/account/off",
    "/mfa/account/replace",
    "/mfa/account/lost",
    "/mfa/account/address",
    "/mfa/step-up",
];

#[tokio::test]
async fn pages_of_both_languages_follow_the_typography() {
    for language in ["fr", "en"] {
        let site = Site::open().await;
        let mut helene = site.browser();
        helene.log_in(HELENE).await;
        reads(&mut helene, language, &BEFORE_ENABLING).await;
        let mut helene = site.browser();
        let key = helene.enable(HELENE).await;
        reads(&mut helene, language, &OF_ADMINISTRATORS).await;
        reads(&mut helene, language, &OF_PEOPLE).await;

        // The pages of faults in a form, of a reset, and of what weakens.
        let announce = "/mfa/admin/mandate/announce";
        helene.open("/mfa/admin/mandate").await;
        helene.submit_mandate(announce, &[("start", "now")]).await;
        let date = [("start", "date"), ("date", "2027-02-01")];
        helene.submit_mandate(announce, &date).await;
        reads(&mut helene, language, &OF_ADMINISTRATORS).await;
        helene.open("/mfa/admin/access").await;
        for (what, country) in [("typed", ""), ("country", "XX")] {
            let fields = [
                ("draft", ""),
                ("do", what),
                ("answer", "allow"),
                ("name", ""),
                ("network", ""),
                ("country", country),
            ];
            helene.submit("/mfa/admin/access/plan", &fields).await;
        }
        helene.open("/mfa/admin/options").await;
        let weaker = [("kind", "recovery-codes"), ("value", "on")];
        helene.submit("/mfa/admin/options", &weaker).await;
        helene.shows("data-testid=\"weaken-page\"");
        let code = site.code(&key);
        let weaker = [weaker[0], weaker[1], ("code", &code)];
        helene.submit("/mfa/admin/options", &weaker).await;
        reads(&mut helene, language, &["/mfa/admin/options"]).await;

        let reset = format!("/mfa/admin/people/{MARC:032x}/reset");
        reads(&mut helene, language, &[&reset]).await;
        let code = site.code(&key);
        helene.submit(&reset, &[("code", &code)]).await;
        helene.shows("data-testid=\"reset-code-page\"");

        // Accounts that owe something, or nothing.
        for account in [MARC, SOFIA, JULIE] {
            let mut browser = site.browser();
            browser.log_in(account).await;
            reads(&mut browser, language, &["/mfa/enroll"]).await;
        }
        let mut julie = site.browser();
        julie.log_in(JULIE).await;
        julie.open("/mfa/enroll").await;
        julie.submit("/mfa/enroll", &[]).await;
        let enrolling = ["/mfa/enroll", "/mfa/enroll/key"];
        reads(&mut julie, language, &enrolling).await;
        let mut again = site.browser();
        again.log_in(HELENE).await;
        reads(&mut again, language, &["/mfa/code", "/mfa/account/lost"]).await;
        again.submit("/mfa/account/lost", &[]).await;
        again.log_in(HELENE).await;
    }
}
