//! Access rules as a plan, for administrators who do not know the notation: places that may or may not log in.
//!
//! A plan is rules of one shape, and what its text says: it is written, read back and compared before it is one. Rules of
//! another shape were written by hand, and are left to the field for them.

use std::net::IpAddr;

use loquet_ipfilter::{Country, Decision, PlaceItem, Precedence, Prefix, Rule, Rules};

use crate::Language;
use crate::countries;

/// More places than a page can show.
const MOST: usize = 40;

/// Somewhere people log in from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) name: String,
    pub(crate) allowed: bool,
    pub(crate) items: Vec<PlaceItem>,
}

/// Where people may log in from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// What the text says, and nothing else.
    spots: Vec<Spot>,
    text: String,
}

/// Why there is no such plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Name,
    LongName,
    /// The name looks otherwise than it reads, so that the filter refuses it.
    Unseen,
    Address,
    /// That place is allowed and denied at once.
    Both,
    Country,
    TooMany,
    /// A text without any rule. It is not taken for the wish to have none.
    Blank,
    /// A text of another shape, or none that the filter reads.
    Unreadable,
    /// Its text would not say the same.
    Unwritable,
}

impl Fault {
    pub(crate) const fn field(self) -> Option<&'static str> {
        match self {
            Self::Name | Self::LongName | Self::Unseen | Self::Both => Some("name"),
            Self::Address => Some("network"),
            Self::Country => Some("country"),
            Self::TooMany | Self::Blank | Self::Unreadable | Self::Unwritable => None,
        }
    }

    pub(crate) fn sentence(self, language: Language) -> &'static str {
        match self {
            Self::Name => language.say(
                "Donnez un nom à cet endroit, sans guillemets\u{a0}: «\u{a0}Bureau de Laval\u{a0}» se reconnaît mieux qu’une adresse.",
                "Give this place a name, without quotation marks: “Laval office” is easier to recognize than an address.",
            ),
            Self::LongName => language.say(
                "Ce nom est trop long. Raccourcissez-le.",
                "This name is too long. Shorten it.",
            ),
            Self::Unseen => language.say(
                "Ce nom contient un caractère invisible, ou qui change le sens de l’écriture. Effacez-le et tapez-le au clavier.",
                "This name holds an invisible character, or one that changes the direction of writing. Clear it and type it.",
            ),
            Self::Address => language.say(
                "Ce n’est pas une adresse. Elle ressemble à 203.0.113.7 ou à 2001:db8::7; votre fournisseur Internet la connaît.",
                "This is no address. One looks like 203.0.113.7 or 2001:db8::7; your Internet provider knows it.",
            ),
            Self::Both => language.say(
                "Cet endroit existe déjà avec l’autre réponse. Retirez-le d’abord.",
                "This place is there already with the other answer. Remove it first.",
            ),
            Self::Country => language.say("Choisissez un pays.", "Choose a country."),
            Self::TooMany => language.say(
                "Il y a déjà beaucoup d’endroits. Écrivez les règles vous-même, plus bas.",
                "There are many places already. Write the rules yourself, below.",
            ),
            Self::Blank => language.say(
                "Aucun choix n’est arrivé, et rien n’a été changé. Pour permettre les connexions de partout, retirez chaque endroit, puis mettez ce choix en vigueur.",
                "No choice arrived, and nothing was changed. To allow logging in from everywhere, remove each place, then put that choice in force.",
            ),
            Self::Unreadable => language.say(
                "Le choix qui est arrivé ne se lit pas, et rien n’a été changé. Recommencez à partir des règles en vigueur.",
                "The choice that arrived cannot be read, and nothing was changed. Start again from the rules in force.",
            ),
            Self::Unwritable => language.say(
                "Ce choix ne peut pas être écrit comme des règles, et rien n’a été changé. Écrivez les règles vous-même, plus bas.",
                "This choice cannot be written as rules, and nothing was changed. Write the rules yourself, below.",
            ),
        }
    }
}

impl Plan {
    /// The rules in force as a plan: an empty text is no rules. `None` when they are of another shape.
    pub(crate) fn in_force(text: &str) -> Option<Self> {
        match Self::read(text) {
            Err(Fault::Blank) => Self::of(Vec::new()).ok(),
            read => read.ok(),
        }
    }

    /// Reads a plan from the text that [`Plan::text`] gave.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        if text.trim().is_empty() {
            return Err(Fault::Blank);
        }
        let rules = Rules::parse_text(text).map_err(|_| Fault::Unreadable)?;
        let spots = spots(&rules).ok_or(Fault::Unreadable)?;
        let plan = Self::of(spots).map_err(|_| Fault::Unreadable)?;
        // What this plan does not say, the rules must not say either. Both sides come from text, because comparing compares
        // lines too.
        let same = Rules::parse_text(&plan.text).is_ok_and(|said| said == rules);
        (same && plan.spots.len() <= MOST)
            .then_some(plan)
            .ok_or(Fault::Unreadable)
    }

    /// The plan of these places, where its text says just that.
    fn of(spots: Vec<Spot>) -> Result<Self, Fault> {
        let text = written(&spots).ok_or(Fault::Unwritable)?;
        let rules = Rules::parse_text(&text).map_err(|_| Fault::Unwritable)?;
        match self::spots(&rules) {
            Some(said) if said == spots => Ok(Self { spots, text }),
            _ => Err(Fault::Unwritable),
        }
    }

    /// Where people may log in from, and where not.
    pub(crate) fn spots(&self) -> &[Spot] {
        &self.spots
    }

    /// Whether every other place is kept out.
    pub(crate) fn closes(&self) -> bool {
        closes(&self.spots)
    }

    /// The text of its rules, never blank.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The same plan, where its text is no longer than rules may be.
    pub(crate) fn within(self, limit: usize) -> Result<Self, Fault> {
        (self.text.len() <= limit)
            .then_some(self)
            .ok_or(Fault::TooMany)
    }

    /// With an address, or a network, at the place of this name, which is made if there is none.
    pub(crate) fn with_address(
        &self,
        name: &str,
        address: &str,
        allowed: bool,
    ) -> Result<Self, Fault> {
        let prefix = prefix(address).ok_or(Fault::Address)?;
        let name = name.trim();
        if name.is_empty() || name.contains('"') {
            return Err(Fault::Name);
        }
        if name.len() > Rules::MAX_NAME {
            return Err(Fault::LongName);
        }
        Rules::check_place_name(name).map_err(|_| Fault::Unseen)?;
        self.with(name, PlaceItem::Prefix(prefix), allowed)
    }

    /// With a country, named as its people's neighbours name it.
    pub(crate) fn with_country(
        &self,
        code: &str,
        language: Language,
        allowed: bool,
    ) -> Result<Self, Fault> {
        let country = Country::from_code(code).ok_or(Fault::Country)?;
        let name = countries::name(code, language).unwrap_or(code);
        self.with(name, PlaceItem::Country(country), allowed)
    }

    fn with(&self, name: &str, item: PlaceItem, allowed: bool) -> Result<Self, Fault> {
        let mut spots = self.spots.clone();
        let full = spots.len() >= MOST;
        match spots.iter_mut().find(|spot| spot.name == name) {
            Some(spot) if spot.allowed != allowed => return Err(Fault::Both),
            Some(spot) if spot.items.len() >= MOST => return Err(Fault::TooMany),
            Some(spot) if spot.items.contains(&item) => {}
            Some(spot) => spot.items.push(item),
            None if full => return Err(Fault::TooMany),
            None => spots.push(Spot {
                name: name.to_owned(),
                allowed,
                items: vec![item],
            }),
        }
        Self::of(spots)
    }

    /// Without a place, by its position.
    pub(crate) fn without(&self, at: usize) -> Result<Self, Fault> {
        let mut spots = self.spots.clone();
        if at < spots.len() {
            spots.remove(at);
        }
        Self::of(spots)
    }
}

/// What rules say of places: a place a rule. `None` where some rule says something else.
fn spots(rules: &Rules) -> Option<Vec<Spot>> {
    let spot = |rule: &Rule| {
        let name = rule.places().next()?;
        Some(Spot {
            name: name.to_owned(),
            allowed: rule.decision() == Decision::Allow,
            items: rules.place(name)?.items().to_vec(),
        })
    };
    rules.rules().iter().map(spot).collect()
}

/// Where some place is allowed: otherwise every log-in would be refused.
fn closes(spots: &[Spot]) -> bool {
    spots.iter().any(|spot| spot.allowed)
}

fn written(spots: &[Spot]) -> Option<String> {
    let mut rules = Rules::new();
    rules.set_precedence(Precedence::DenyOverrides);
    if !closes(spots) {
        rules.set_default(Decision::Allow);
    }
    for spot in spots {
        rules.add_place(&spot.name, spot.items.clone()).ok()?;
    }
    for spot in spots {
        let rule = if spot.allowed {
            Rule::allow()
        } else {
            Rule::deny()
        };
        rules.add_rule(rule.from_place(&spot.name)).ok()?;
    }
    Some(rules.to_string())
}

/// One address, or a network in the notation. Never every address: that is what no rules say.
fn prefix(text: &str) -> Option<Prefix> {
    let text = text.trim();
    match text.parse::<IpAddr>() {
        Ok(address) => Some(Prefix::host(address)),
        Err(_) => text
            .parse::<Prefix>()
            .ok()
            .filter(|prefix| prefix.len() > 0),
    }
}

/// What a person reads of an item: one address without its length.
pub(crate) fn shown(item: &PlaceItem, language: Language) -> String {
    match item {
        PlaceItem::Prefix(prefix) => {
            let text = prefix.to_string();
            let whole = if text.contains(':') { "/128" } else { "/32" };
            text.strip_suffix(whole).unwrap_or(&text).to_owned()
        }
        PlaceItem::Country(country) => {
            let code = country.to_string();
            countries::name(&code, language).map_or(code.clone(), str::to_owned)
        }
        PlaceItem::Asn(asn) => format!("AS{asn}"),
    }
}

#[cfg(test)]
mod tests;
