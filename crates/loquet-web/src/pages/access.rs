//! Restricting log-ins by place.

use std::net::IpAddr;

use axum::response::Response;
use loquet::{Config, Error, RulesChange, SettingKind};
use loquet_ipfilter::DatabaseKind;

use crate::Language;
use crate::answer::NotTaken;
use crate::field_fault::{FieldFault, FieldFaultKind};
use crate::fields::{MAX_FORM, if_given};
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::plan::{Fault, Plan};
use crate::session::{Here, Stop};
use crate::views::access::{self, Access, Entry, Forecast};
use crate::when;

const PLACE: &str = "/admin/access";
/// What the address says after an undoing.
const UNDONE: &str = "undone";

/// What a form came to, to be shown on the page.
#[derive(Default)]
struct Shown<'a> {
    /// The rules as typed; those in force otherwise.
    rules: Option<&'a str>,
    /// The plan as edited; that in force otherwise.
    draft: Option<&'a Plan>,
    entry: Entry<'a>,
    done: Option<&'a str>,
    trouble: Option<&'a Trouble>,
}

async fn draw<H: PagesHost>(here: &Here<H>, shown: Shown<'_>) -> Result<Response, Stop> {
    let language = here.visit.language;
    let mfa = &here.pages.0.mfa;
    let at = here.setting(shown.trouble)?;
    let in_force = match here.reading_admin()?.access_rules().await {
        Ok(rules) => rules,
        Err(error) => return Err(here.closed(error, PLACE).await?),
    };
    let scheduled = here.organization().scheduled_changes().iter();
    let waiting = scheduled
        .filter(|change| change.setting.kind() == SettingKind::AccessRules)
        .map(|change| when::moment(change.due, language))
        .next();
    let undo = match here.reading_admin()?.access_rules_undoable_until().await {
        Ok(until) => until.map(|until| when::moment(until, language)),
        Err(Error::Refused(_)) => None,
        Err(fault) => return Err(fault.into()),
    };
    let plan = Plan::in_force(&in_force);
    // What comes to the same as the rules in force is no choice that could be put in force.
    let draft = shown
        .draft
        .filter(|draft| plan.as_ref().is_none_or(|plan| plan.text() != draft.text()));
    let plan = draft.cloned().or(plan);
    let draft = match draft {
        Some(draft) => Some(forecast(here, draft).await?),
        None => None,
    };
    let access = Access {
        rules: shown.rules.unwrap_or(&in_force),
        enabled: here.organization().is_enabled(),
        limit: mfa.rules_limit(),
        plan: plan.as_ref(),
        entry: shown.entry,
        draft: draft.as_ref(),
        address: here.pages.address(&here.visit),
        countries: mfa.geo().built(DatabaseKind::Country).is_some(),
        done: shown.done,
        waiting: waiting.as_deref(),
        undo: undo.as_deref(),
        undone: here.visit.parameter("done").as_deref() == Some(UNDONE),
    };
    let title = at.say("D’où se connecter", "Where to log in from");
    here.page(shown.trouble, title, false, access::access(&at, &access))
        .await
}

/// What a plan would change, with people's names.
async fn forecast<H: PagesHost>(here: &Here<H>, plan: &Plan) -> Result<Forecast, Stop> {
    let mut forecast = Forecast {
        is_empty: plan.spots().is_empty(),
        ..Forecast::default()
    };
    let admin = here.reading_admin()?;
    let what_if = match admin.what_if_access_rules(plan.text()).await {
        Ok(what_if) => what_if,
        Err(Error::Config(bad)) => {
            forecast.fault = Some(bad_rules(&bad, here.visit.language));
            return Ok(forecast);
        }
        Err(error) => return Err(here.closed(error, PLACE).await?),
    };
    forecast.seen = what_if.seen;
    forecast.people = what_if.people;
    for affected in what_if.affected {
        let name = here.pages.0.host.name(affected.account).await?;
        let name = name.unwrap_or(affected.external_id);
        if affected.everywhere {
            forecast.locked_out.push(name);
        } else {
            forecast.limited.push(name);
        }
    }
    Ok(forecast)
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    let language = here.visit.language;
    let done = match here.visit.parameter("done").as_deref() {
        Some("saved") => {
            Some(language.say("Les règles sont en vigueur.", "The rules are in force."))
        }
        Some(UNDONE) => Some(language.say(
            "Le dernier changement est annulé\u{a0}: les règles d’avant sont en vigueur.",
            "The last change is undone: the rules of before are in force.",
        )),
        _ => None,
    };
    let shown = Shown {
        done,
        ..Shown::default()
    };
    draw(&here, shown).await
}

/// The plan that the page shows, as it was sent.
fn draft(form: &Form, limit: usize) -> Result<Plan, Fault> {
    // Browsers send CRLF.
    match form.fields.lines("draft", limit.saturating_mul(2)) {
        Ok(text) => Plan::read(&text.replace("\r\n", "\n")),
        Err(FieldFault {
            what: FieldFaultKind::Missing,
            ..
        }) => Err(Fault::Blank),
        Err(_) => Err(Fault::Unreadable),
    }
}

/// One step of planning: nothing is changed until the plan is put in force.
pub(crate) async fn plan<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let language = here.visit.language;
    let limit = here.pages.0.mfa.rules_limit();
    // As it was typed, to be shown again; the plan judges it.
    let text = |field| form.fields.lines(field, MAX_FORM).unwrap_or_default();
    let typed = Entry {
        denied: text("answer") == "deny",
        name: text("name"),
        network: text("network"),
        country: text("country"),
    };
    let draft = draft(&form, limit);
    let step = text("do");
    if let (Ok(draft), "apply") = (&draft, step) {
        let typed = Typed::Plan(draft, typed);
        return put_in_force(&here, &form, typed).await;
    }
    let address = here.pages.address(&here.visit);
    let next = draft.as_ref().map_err(|fault| *fault);
    let next = next.and_then(|draft| stepped(draft, step, typed, address, language));
    let next = next.and_then(|plan| plan.within(limit));
    let trouble = next.as_ref().err().map(|fault| Trouble {
        field: fault.field(),
        ..Trouble::of_form(fault.sentence(language))
    });
    // What became a place is not shown again as typed.
    let is_added = trouble.is_none() && ["here", "typed", "country"].contains(&step);
    let shown = Shown {
        draft: next.as_ref().or(draft.as_ref()).ok(),
        entry: if is_added { Entry::default() } else { typed },
        trouble: trouble.as_ref(),
        ..Shown::default()
    };
    draw(&here, shown).await
}

/// The plan after a step.
fn stepped(
    draft: &Plan,
    step: &str,
    typed: Entry<'_>,
    address: Option<IpAddr>,
    language: Language,
) -> Result<Plan, Fault> {
    let allowed = !typed.denied;
    match step {
        "here" => {
            let address = address.map(|address| address.to_string());
            draft.with_address(typed.name, &address.unwrap_or_default(), allowed)
        }
        "typed" => draft.with_address(typed.name, typed.network, allowed),
        "country" => draft.with_country(typed.country, language, allowed),
        other => match other.strip_prefix("remove ").and_then(|at| at.parse().ok()) {
            Some(at) => draft.without(at),
            None => Ok(draft.clone()),
        },
    }
}

pub(crate) async fn save<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let limit = here.pages.0.mfa.rules_limit();
    // Browsers send CRLF.
    let rules = form
        .fields
        .lines("rules", limit.saturating_mul(2))
        .map(|rules| rules.replace("\r\n", "\n"));
    let (rules, fault) = match rules {
        Ok(rules) if rules.len() <= limit => {
            let typed = Typed::ByHand(&rules);
            return put_in_force(&here, &form, typed).await;
        }
        Ok(rules) => {
            let (field, what) = ("rules", FieldFaultKind::TooLong(limit));
            (Some(rules), FieldFault { field, what })
        }
        Err(fault) => (None, fault),
    };
    let trouble = Trouble::of_field(fault, here.visit.language);
    let shown = Shown {
        rules: rules.as_deref(),
        trouble: Some(&trouble),
        ..Shown::default()
    };
    draw(&here, shown).await
}

/// Rules to put in force.
#[derive(Clone, Copy)]
enum Typed<'a> {
    ByHand(&'a str),
    /// With what was typed for another place.
    Plan(&'a Plan, Entry<'a>),
}

impl<'a> Typed<'a> {
    /// What is wrong with the code is said in the form that it was typed in.
    fn at_its_code(self, trouble: Trouble) -> Trouble {
        match (self, trouble.field) {
            (Self::ByHand(_), Some("code")) => Trouble {
                field: Some(access::RULES_CODE),
                ..trouble
            },
            _ => trouble,
        }
    }

    /// The page as it was sent, with what is wrong or done.
    fn shown(self, done: Option<&'a str>, trouble: Option<&'a Trouble>) -> Shown<'a> {
        let (rules, draft, entry) = match self {
            Self::ByHand(rules) => (Some(rules), None, Entry::default()),
            Self::Plan(plan, entry) => (None, Some(plan), entry),
        };
        Shown {
            rules,
            draft,
            entry,
            done,
            trouble,
        }
    }
}

async fn put_in_force<H: PagesHost>(
    here: &Here<H>,
    form: &Form,
    typed: Typed<'_>,
) -> Result<Response, Stop> {
    let language = here.visit.language;
    // Before multi-factor log-in is enabled there is none; afterwards it is asked for where it is missing.
    let code = match if_given(form.fields.code()) {
        Ok(code) => code.unwrap_or_default(),
        Err(fault) => {
            let trouble = typed.at_its_code(Trouble::of_field(fault, language));
            return draw(here, typed.shown(None, Some(&trouble))).await;
        }
    };
    let text = match typed {
        Typed::ByHand(rules) => rules.to_owned(),
        Typed::Plan(plan, _) => plan.text().to_owned(),
    };
    match here.admin(form)?.set_access_rules(&text, code).await {
        Ok(RulesChange::InForce) => Ok(here.go("/admin/access?done=saved")),
        Ok(RulesChange::Due(due)) => {
            let moment = when::moment(due, language);
            let done = language.say(
                format!("Ces règles laissent peut-être entrer davantage de monde\u{a0}: elles prendront effet le {moment}. Tous les administrateurs sont prévenus, et chacun peut les arrêter."),
                format!("These rules may let more people in: they take effect on {moment}. All administrators are told, and each can stop them."),
            );
            draw(here, typed.shown(Some(&done), None)).await
        }
        Err(Error::Config(bad)) => {
            let field = match typed {
                Typed::ByHand(_) => Some("rules"),
                Typed::Plan(..) => None,
            };
            let trouble = Trouble {
                field,
                ..Trouble::of_form(bad_rules(&bad, language))
            };
            draw(here, typed.shown(None, Some(&trouble))).await
        }
        Err(Error::Refused(refusal)) => {
            let known: &[&str] = match typed {
                Typed::ByHand(_) => &["code", "rules"],
                // What is wrong with a plan is said above it, not at the field for other rules.
                Typed::Plan(..) => &["code"],
            };
            let trouble = typed.at_its_code(here.trouble(&refusal, known, PLACE).await?);
            draw(here, typed.shown(None, Some(&trouble))).await
        }
        Err(fault) => Err(fault.into()),
    }
}

/// The rules of before hold again.
pub(crate) async fn undo<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let undone = here.admin(&form)?.undo_access_rules().await;
    match here
        .answer(undone.map_err(NotTaken::Mfa), &[], PLACE)
        .await?
    {
        Ok(_) => Ok(here.go(&format!("{PLACE}?done={UNDONE}"))),
        Err(trouble) => {
            let shown = Shown {
                trouble: Some(&trouble),
                ..Shown::default()
            };
            draw(&here, shown).await
        }
    }
}

/// Stops rules that wait.
pub(crate) async fn cancel<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let kind = SettingKind::AccessRules;
    let cancelled = here.admin(&form)?.cancel_change(kind).await;
    match here
        .answer(cancelled.map_err(NotTaken::Mfa), &[], PLACE)
        .await?
    {
        Ok(()) => Ok(here.go(PLACE)),
        Err(trouble) => {
            let shown = Shown {
                trouble: Some(&trouble),
                ..Shown::default()
            };
            draw(&here, shown).await
        }
    }
}

/// The filter's own words are English and say where; the sentence before them is the reader's.
fn bad_rules(bad: &Config, language: Language) -> String {
    language.say(
        format!("Ces règles ne se lisent pas; rien n’a été changé. Le filtre dit, en anglais\u{a0}: «\u{a0}{bad}\u{a0}»."),
        format!("These rules cannot be read; nothing was changed. The filter says: “{bad}”."),
    )
}
