//! What a change of rules changes, for every address there is: counted and listed, not sampled.

use core::net::IpAddr;

use crate::address::tunnel_prefixes;
use crate::evaluate::Audience;
use crate::lists::{ListId, rule_at};
use crate::spans::{FixedMap, Item, Spans, Word, sweep};
use crate::{Decision, DeviceTier, Filter, Prefix, RuleRef, Tag};

/// Whom a difference is about: somebody with just this tag, or without any, on such a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who {
    /// The one tag; `None` for somebody without tags.
    pub tag: Option<Tag>,
    /// How well the device is known.
    pub device: DeviceTier,
}

/// A run of addresses whose verdict changes, all in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Change {
    /// The lowest address.
    pub first: IpAddr,
    /// The highest address.
    pub last: IpAddr,
    /// What is decided after the change; before it was the other.
    pub after: Decision,
    /// The rule that decides after the change; `None` for the default.
    pub rule: Option<RuleRef>,
}

/// Everything that changes for one kind of person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whom it is about.
    pub who: Who,
    /// The runs of addresses, IPv4 first, ascending, none adjacent to one of the same kind.
    pub changes: Vec<Change>,
    /// How many addresses are allowed now and were denied before.
    pub gained: u128,
    /// How many addresses are denied now and were allowed before.
    pub lost: u128,
    /// The decision about an unknown address after the change, if it changes.
    pub unknown_address: Option<Decision>,
}

impl Difference {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.unknown_address.is_none()
    }
}

/// What changes from one filter to another, for somebody without tags and for each tag that either names, on unknown and
/// on known devices where a rule tells them apart.
///
/// People with several tags are asked for by [`diff_for`]. Addresses that carry an embedded IPv4 address (6to4, Teredo,
/// NAT64, IPv4-compatible) are left out: what happens to them follows from what happens to the address inside.
///
/// ```
/// use loquet_ipfilter::{Filter, Rules, diff};
///
/// let filter = |text: &str| Filter::compile(&Rules::parse_text(text).unwrap(), None).unwrap();
/// let found = diff(&filter("allow 203.0.113.0/24"), &filter("allow 203.0.113.0/25"));
/// assert_eq!((found[0].gained, found[0].lost), (0, 128));
/// assert_eq!(found[0].changes[0].first.to_string(), "203.0.113.128");
/// ```
#[must_use]
pub fn diff(before: &Filter, after: &Filter) -> Vec<Difference> {
    let mut tags = before.rules().tags();
    tags.extend(after.rules().tags());
    tags.sort_unstable();
    tags.dedup();
    let devices: &[DeviceTier] = if [before, after]
        .into_iter()
        .any(|filter| filter.rules().tell_devices_apart())
    {
        &[DeviceTier::Unknown, DeviceTier::Known]
    } else {
        &[DeviceTier::Unknown]
    };
    let mut found = Vec::new();
    for tag in [None].into_iter().chain(tags.into_iter().map(Some)) {
        for &device in devices {
            found.push(diff_for(before, after, tag.as_slice(), device));
        }
    }
    found
}

/// What changes for somebody with exactly these tags on such a device.
#[must_use]
pub fn diff_for(before: &Filter, after: &Filter, tags: &[Tag], device: DeviceTier) -> Difference {
    let audience = Audience::Person(tags, device);
    let mut old = Deciders::new(before, audience);
    let mut new = Deciders::new(after, audience);
    let tag = match tags {
        [tag] => Some(*tag),
        _ => None,
    };
    let mut difference = Difference {
        who: Who { tag, device },
        changes: Vec::new(),
        gained: 0,
        lost: 0,
        unknown_address: None,
    };
    walk(
        &before.folded().table.v4,
        &after.folded().table.v4,
        &mut old,
        &mut new,
        None,
        &mut difference,
    );
    let plain = plain_addresses();
    walk(
        &before.folded().table.v6,
        &after.folded().table.v6,
        &mut old,
        &mut new,
        Some(&plain),
        &mut difference,
    );
    let nowhere = (
        old.at(before.folded().nowhere).0,
        new.at(after.folded().nowhere).0,
    );
    difference.unknown_address = (nowhere.0 != nowhere.1).then_some(nowhere.1);
    difference
}

/// Who decides in each list, for one audience, asked once a list.
struct Deciders<'f> {
    filter: &'f Filter,
    audience: Audience<'f>,
    lists: FixedMap<ListId, (Decision, Option<RuleRef>)>,
}

impl<'f> Deciders<'f> {
    fn new(filter: &'f Filter, audience: Audience<'f>) -> Self {
        Self {
            filter,
            audience,
            lists: FixedMap::default(),
        }
    }

    fn at(&mut self, list: ListId) -> (Decision, Option<RuleRef>) {
        let rules = self.filter.rules();
        let named = |index: u32| {
            let decision = rule_at(rules, index)?.decision();
            Some((
                decision,
                Some(rules.reference(usize::try_from(index).ok()?)?),
            ))
        };
        let default = (rules.default_decision(), None);
        if let Some(index) = list.single() {
            return named(index).unwrap_or(default);
        }
        let lists = &self.filter.folded().lists;
        let audience = self.audience;
        *self.lists.entry(list).or_insert_with(|| {
            lists
                .decider(rules, list, audience)
                .and_then(named)
                .unwrap_or(default)
        })
    }
}

/// Where an address is just an address: neither a tunnel's nor an IPv4-mapped one, which is IPv4.
fn plain_addresses() -> Spans<u128, bool> {
    let mapped = Prefix::from_v6_bits(0xffff << 32, 96);
    let mut items: Vec<Item<u128, bool>> = tunnel_prefixes()
        .into_iter()
        .chain([mapped])
        .filter_map(|prefix| {
            Some(Item {
                start: prefix.base_v6()?,
                len: prefix.len(),
                what: false,
            })
        })
        // The unspecified and the loopback address.
        .chain([Item {
            start: 0,
            len: 127,
            what: true,
        }])
        .collect();
    sweep(&mut items, true, |_, item| item.what, |plain| plain)
}

fn walk<K: Word>(
    before: &Spans<K, ListId>,
    after: &Spans<K, ListId>,
    old: &mut Deciders<'_>,
    new: &mut Deciders<'_>,
    plain: Option<&Spans<K, bool>>,
    into: &mut Difference,
) {
    let both = before.zip(after);
    let everywhere = Spans::uniform(true);
    let cut = both.zip(plain.unwrap_or(&everywhere));
    // What changes, in each span; neighbours that change alike under the same rule are one.
    let changed = cut.map(|((before, after), plain)| {
        let ((was, _), (is, rule)) = (old.at(before), new.at(after));
        (plain && was != is).then_some((is, rule))
    });
    for (first, last, change) in changed.runs() {
        let Some((after, rule)) = change else {
            continue;
        };
        let count = first.count_to(last);
        match after {
            Decision::Allow => into.gained = into.gained.saturating_add(count),
            Decision::Deny => into.lost = into.lost.saturating_add(count),
        }
        into.changes.push(Change {
            first: first.address(),
            last: last.address(),
            after,
            rule,
        });
    }
}

impl Filter {
    /// An address from which somebody with these tags on such a device is allowed; `None` is a proof that there is no
    /// such address, tunnels apart.
    #[must_use]
    pub fn allowed_somewhere(&self, tags: &[Tag], device: DeviceTier) -> Option<IpAddr> {
        let mut deciders = Deciders::new(self, Audience::Person(tags, device));
        let table = &self.folded().table;
        let v4 = table
            .v4
            .iter()
            .find(|(_, list)| deciders.at(*list).0 == Decision::Allow);
        if let Some((start, _)) = v4 {
            return Some(start.address());
        }
        let plain = plain_addresses();
        let cut = table.v6.zip(&plain);
        let v6 = cut
            .iter()
            .find(|(_, (list, plain))| *plain && deciders.at(*list).0 == Decision::Allow);
        v6.map(|(start, _)| start.address())
    }
}
