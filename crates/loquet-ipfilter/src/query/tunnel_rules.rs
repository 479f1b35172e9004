//! Whether a change of rules may open an address that carries an embedded IPv4 address.
//!
//! Several addresses decide about such a request, so rules are compared instead of addresses. A rule is taken apart into
//! one piece for each of its networks: it applies where one of its pieces does, with the best rank of these. If each
//! piece that allows was there before, and each piece that denies still is, nothing is opened: what allows a request
//! after the change also allowed it before, unless a piece that denies came first, and then it still does.

use std::collections::{HashMap, HashSet};

use crate::address::special::tunnel_prefixes;
use crate::query::evaluate::{fires, geo_truth};
use crate::query::facts::Facts;
use crate::rules::rule::Extra;
use crate::{Decision, Embedded, Filter, Geo, PlaceItem, Precedence, Prefix, Rule, Rules};

/// A part of a rule that applies on its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Piece {
    decision: Decision,
    location: Location,
    /// The other conditions.
    extra: Extra,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Location {
    Everywhere,
    One(PlaceItem),
    /// Networks and parts of places: one of each must match.
    Both(Vec<Prefix>, Vec<PlaceItem>),
}

pub(crate) fn tunnels_may_open(before: &Filter, after: &Filter) -> bool {
    let (old_rules, new_rules) = (before.rules(), after.rules());
    let (old, new) = (pieces(old_rules), pieces(new_rules));
    let allows = |pieces: &[Piece]| pieces.iter().any(|it| it.decision == Decision::Allow);
    if new_rules.default == Decision::Deny && !allows(&new) {
        return false;
    }
    let trusted = |rules: &Rules| rules.embedded == Embedded::Trusted;
    if (old_rules.default, new_rules.default) == (Decision::Deny, Decision::Allow)
        || (trusted(new_rules) && !trusted(old_rules))
        || (trusted(new_rules) && !Geo::are_same(before.geo(), after.geo()))
    {
        return true;
    }
    if !allows(&old) && !allows(&new) {
        return !is_covered(Decision::Deny, &old, &new);
    }
    if old_rules.precedence != new_rules.precedence {
        return true;
    }
    match new_rules.precedence {
        Precedence::DenyOverrides => {
            !(is_covered(Decision::Deny, &old, &new) && is_covered(Decision::Allow, &new, &old))
        }
        Precedence::MostSpecific => !is_tightened(&old, &new, false),
        Precedence::FirstMatch => !is_tightened(&old, &new, true),
    }
}

/// Returns whether the others have each piece of this decision, or one that is the same in a shorter network or
/// everywhere. That is enough where neither order nor length decides.
fn is_covered(decision: Decision, pieces: &[Piece], others: &[Piece]) -> bool {
    let mut locations: HashMap<&Extra, HashSet<&Location>> = HashMap::new();
    for other in others.iter().filter(|it| it.decision == decision) {
        let found = locations.entry(&other.extra).or_default();
        found.insert(&other.location);
    }
    let mut pieces = pieces.iter().filter(|it| it.decision == decision);
    pieces.all(|piece| {
        locations.get(&piece.extra).is_some_and(|found| {
            found.contains(&piece.location)
                || found.contains(&Location::Everywhere)
                || wider(&piece.location).any(|location| found.contains(&location))
        })
    })
}

fn wider(location: &Location) -> impl Iterator<Item = Location> {
    let network = match location {
        Location::One(PlaceItem::Prefix(network)) => Some(*network),
        Location::Everywhere | Location::One(_) | Location::Both(..) => None,
    };
    network.into_iter().flat_map(|network| {
        let lengths = (0..network.len()).rev();
        lengths.map(move |len| {
            let wider = Prefix::around(network.network(), len);
            Location::One(PlaceItem::Prefix(wider))
        })
    })
}

/// Returns whether pieces that allow were only removed, and pieces that deny only added. With `ordered`, none that denies
/// may get behind one that allows.
fn is_tightened(old: &[Piece], new: &[Piece], ordered: bool) -> bool {
    let mut places: HashMap<&Piece, usize> = HashMap::new();
    for (at, piece) in new.iter().enumerate() {
        places.entry(piece).or_insert(at);
    }
    let (mut known, mut last_denying) = (HashSet::new(), None);
    for piece in old {
        // The first of equal pieces decides.
        if !known.insert(piece) {
            continue;
        }
        let at = places.get(piece).copied();
        match piece.decision {
            Decision::Deny if at.is_none() => return false,
            Decision::Deny => last_denying = last_denying.max(at),
            Decision::Allow if ordered && at.is_some() && at < last_denying => return false,
            Decision::Allow => {}
        }
    }
    let mut allowing = new.iter().filter(|it| it.decision == Decision::Allow);
    allowing.all(|piece| known.contains(piece))
}

/// Takes rules apart, in order, without what reaches no tunnel.
fn pieces(rules: &Rules) -> Vec<Piece> {
    let in_tunnel = Facts::gather(
        tunnel_prefixes().first().map(|tunnel| tunnel.network()),
        Embedded::DenyOnly,
        None,
    );
    let mut pieces = Vec::new();
    for rule in rules.rules.iter() {
        let mut extra = rule.extra.as_deref().cloned().unwrap_or_default();
        extra.places.clear();
        extra.unknown_address = false;
        // Unless the embedded address is trusted, no database says anything of a tunnel.
        if rules.embedded == Embedded::DenyOnly {
            if !fires(geo_truth(&extra, &in_tunnel), rule.decision) {
                continue;
            }
            extra.countries.clear();
            extra.asns.clear();
            extra.classes.clear();
        }
        pieces.extend(locations(rules, rule).into_iter().map(|location| Piece {
            decision: rule.decision,
            location,
            extra: extra.clone(),
        }));
    }
    pieces
}

/// Returns where a rule applies: at each of these.
fn locations(rules: &Rules, rule: &Rule) -> Vec<Location> {
    let reaching = |item: &PlaceItem| reaches_tunnels(*item, rule.decision, rules.embedded);
    let own = rule.prefixes().iter().copied().map(PlaceItem::Prefix);
    let own: Vec<PlaceItem> = own.filter(reaching).collect();
    let places: Vec<PlaceItem> = rules.place_items(rule).copied().filter(reaching).collect();
    let is_placed = rule.places().next().is_some();
    let is_networked = !rule.prefixes().is_empty() || rule.names_unknown_address();
    match (is_networked, is_placed) {
        (false, false) => vec![Location::Everywhere],
        (true, false) => own.into_iter().map(Location::One).collect(),
        (false, true) => places.into_iter().map(Location::One).collect(),
        (true, true) if own.is_empty() || places.is_empty() => Vec::new(),
        (true, true) => vec![Location::Both(rule.prefixes().to_vec(), places)],
    }
}

/// Returns whether an address in a tunnel can match a network or a part of a place.
fn reaches_tunnels(item: PlaceItem, decision: Decision, embedded: Embedded) -> bool {
    let inner = decision == Decision::Deny || embedded == Embedded::Trusted;
    match item {
        PlaceItem::Prefix(network) => {
            let overlaps = |tunnel: Prefix| {
                tunnel.contains(network.network()) || network.contains(tunnel.network())
            };
            (network.network().is_ipv4() && inner) || tunnel_prefixes().into_iter().any(overlaps)
        }
        // Unknown for a tunnel, unless the embedded address is trusted.
        PlaceItem::Country(_) | PlaceItem::Asn(_) => inner,
    }
}
