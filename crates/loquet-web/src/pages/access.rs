//! Restricting log-ins by address.

use axum::response::Response;
use loquet::flow::{CancelChange, RulesChange, SetAccessRules};
use loquet_policy::SettingKind;

use crate::fields::Fields;
use crate::host::Host;
use crate::parts::{MAX_CODE, Trouble};
use crate::session::{Here, Stop};
use crate::views::access::{self, Access, MAX_RULES};
use crate::{Pages, Visit, when};

const PLACE: &str = "/admin/access";

async fn draw<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    rules: &str,
    done: Option<&str>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let scheduled = here.standing.organisation.scheduled.iter();
    let waiting = scheduled
        .filter(|change| change.setting.kind() == SettingKind::AccessRules)
        .map(|change| when::moment(change.due, visit.language))
        .next();
    let access = Access {
        rules,
        address: pages.0.host.address(&visit.extensions),
        done,
        waiting: waiting.as_deref(),
    };
    let title = at.say("Filtrage par adresse", "Filtering by address");
    pages
        .page_for(
            visit,
            here,
            trouble,
            title,
            false,
            access::access(&at, &access),
        )
        .await
}

pub(crate) async fn show<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.enrolled_administrator(&visit).await?;
    let rules = match pages.0.service.access_rules(&here.stamp).await? {
        Ok(rules) => rules,
        Err(refusal) => return Err(pages.closed(&visit, &here, refusal, PLACE).await?),
    };
    let done = visit
        .parameter("done")
        .filter(|done| done == "saved")
        .map(|_| {
            visit
                .language
                .say("Les règles sont en vigueur.", "The rules are in force.")
        });
    draw(&pages, &visit, &here, &rules, done, None).await
}

pub(crate) async fn save<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.enrolled_administrator(&visit).await?;
    let language = visit.language;
    let rules = match fields.lines("rules", MAX_RULES) {
        Ok(rules) => rules,
        Err(fault) => {
            return draw(
                &pages,
                &visit,
                &here,
                "",
                None,
                Some(&Trouble::of_field(fault, language)),
            )
            .await;
        }
    };
    // Only rules that may let more in need the code; the rules say so where it is missing.
    let typed = match fields.optional("code", MAX_CODE) {
        Ok(typed) => typed.unwrap_or_default(),
        Err(fault) => {
            return draw(
                &pages,
                &visit,
                &here,
                rules,
                None,
                Some(&Trouble::of_field(fault, language)),
            )
            .await;
        }
    };
    // Browsers send CRLF.
    let text = rules.replace("\r\n", "\n");
    let change = match SetAccessRules::new(here.stamp, &text, typed) {
        Ok(change) => change,
        Err(bad) => {
            let trouble = Trouble {
                field: Some("rules"),
                ..Trouble::of_form(bad_rules(&bad, language))
            };
            return draw(&pages, &visit, &here, rules, None, Some(&trouble)).await;
        }
    };
    match pages.run(&visit, attempt, change).await? {
        Ok(RulesChange::InForce) => Ok(pages.go("/admin/access?done=saved")),
        Ok(RulesChange::Due(due)) => {
            let moment = when::moment(due, language);
            let done = language.say(
                format!("Ces règles laissent peut-être entrer davantage de monde\u{a0}: elles prendront effet le {moment}. Tous les administrateurs sont prévenus, et chacun peut les arrêter."),
                format!("These rules may let more people in: they take effect on {moment}. All administrators are told, and each can stop them."),
            );
            draw(&pages, &visit, &here, rules, Some(&done), None).await
        }
        Err(refused) => {
            let next = format!("{}{PLACE}", pages.0.base);
            let trouble = pages
                .trouble(&visit, &here, &refused, &["code", "rules"], &next)
                .await?;
            draw(&pages, &visit, &here, rules, None, Some(&trouble)).await
        }
    }
}

/// Stops rules that wait.
pub(crate) async fn cancel<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.enrolled_administrator(&visit).await?;
    let cancel = CancelChange {
        stamp: here.stamp,
        kind: SettingKind::AccessRules,
    };
    match pages.run(&visit, attempt, cancel).await? {
        Ok(()) => Ok(pages.go(PLACE)),
        Err(refused) => {
            let next = format!("{}{PLACE}", pages.0.base);
            let trouble = pages.trouble(&visit, &here, &refused, &[], &next).await?;
            draw(&pages, &visit, &here, "", None, Some(&trouble)).await
        }
    }
}

/// The filter's own words are English and say where; the sentence before them is the reader's.
fn bad_rules(bad: &loquet::flow::BadRules, language: crate::Language) -> String {
    language.say(
        format!("Ces règles ne se lisent pas, rien n'a été changé\u{a0}: {bad}."),
        format!("These rules cannot be read, nothing was changed: {bad}."),
    )
}
