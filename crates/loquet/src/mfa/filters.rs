//! The compiled access rules that are kept: those in force in each organization.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use loquet_ipfilter::{CompileLimits, Filter};
use loquet_policy::{Digest, OrgId};

/// What the rules of one organization may cost, unless the host sets other limits: no tenant's text should take the memory
/// or the processor of all others.
pub(crate) const LIMITS: CompileLimits = CompileLimits {
    networks: 50_000,
    located: 500_000,
    bytes: 8 << 20,
};

/// What all compiled rules together may take, in bytes, unless the host sets another limit.
pub(crate) const MEMORY: usize = 128 << 20;

/// Rules compiled once; `None` where they cannot be compiled, which would cost every request as much.
type Compiled = Arc<OnceLock<Option<Arc<Filter>>>>;

pub(crate) struct Filters {
    pub(crate) limits: CompileLimits,
    memory: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    organizations: BTreeMap<OrgId, Entry>,
    /// Of all entries.
    bytes: usize,
    /// Counts uses, so that the entry unused for longest is known.
    uses: u64,
    /// Counts how often the databases were replaced.
    databases: u64,
}

struct Entry {
    digest: Digest,
    compiled: Compiled,
    bytes: usize,
    used: u64,
}

impl Filters {
    pub(crate) fn new(limits: CompileLimits, memory: usize) -> Self {
        Self {
            limits,
            memory,
            kept: Mutex::default(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the rules of an organization, compiled where they are not kept. Others of the same organization wait for
    /// that; other organizations do not.
    pub(crate) fn of(
        &self,
        org: OrgId,
        digest: Digest,
        compile: impl FnOnce() -> Option<Filter>,
    ) -> Option<Arc<Filter>> {
        let compiled = self.kept().entry(org, digest);
        if let Some(filter) = compiled.get() {
            return filter.clone();
        }
        let filter = compiled.get_or_init(|| compile().map(Arc::new)).clone();
        let bytes = filter.as_ref().map_or(0, |filter| filter.bytes());
        self.kept().weigh(org, &compiled, bytes, self.memory);
        filter
    }

    /// Keeps rules that were compiled before they came into force, unless the databases are others by now.
    pub(crate) fn keep(&self, org: OrgId, digest: Digest, filter: Arc<Filter>, databases: u64) {
        let mut kept = self.kept();
        if kept.databases != databases {
            return;
        }
        let (compiled, bytes) = (kept.entry(org, digest), filter.bytes());
        if compiled.set(Some(filter)).is_ok() {
            kept.weigh(org, &compiled, bytes, self.memory);
        }
    }

    /// Tells the databases of now from those that others were compiled with.
    pub(crate) fn databases(&self) -> u64 {
        self.kept().databases
    }

    /// Forgets all: the databases were replaced.
    pub(crate) fn clear(&self) {
        let mut kept = self.kept();
        *kept = Kept {
            databases: kept.databases.wrapping_add(1),
            ..Kept::default()
        };
    }
}

impl Kept {
    /// Returns the entry of an organization, whose rules of before are dropped.
    fn entry(&mut self, org: OrgId, digest: Digest) -> Compiled {
        self.uses = self.uses.wrapping_add(1);
        let is_other = |entry: &Entry| entry.digest != digest;
        if self.organizations.get(&org).is_some_and(is_other) {
            self.remove(org);
        }
        let entry = self.organizations.entry(org).or_insert_with(|| Entry {
            digest,
            compiled: Arc::default(),
            bytes: 0,
            used: 0,
        });
        entry.used = self.uses;
        Arc::clone(&entry.compiled)
    }

    /// Counts what an entry takes, and drops those that were unused for longest while all take too much.
    fn weigh(&mut self, org: OrgId, compiled: &Compiled, bytes: usize, memory: usize) {
        let entry = self.organizations.get_mut(&org);
        let Some(entry) = entry.filter(|it| Arc::ptr_eq(&it.compiled, compiled) && it.bytes == 0)
        else {
            return;
        };
        // An entry whose rules cannot be compiled takes something as well.
        entry.bytes = bytes.saturating_add(size_of::<(OrgId, Entry)>());
        self.bytes = self.bytes.saturating_add(entry.bytes);
        while self.bytes > memory {
            let others = self
                .organizations
                .iter()
                .filter(|(other, _)| **other != org);
            let Some(oldest) = others.min_by_key(|(_, entry)| entry.used) else {
                return;
            };
            self.remove(*oldest.0);
        }
    }

    fn remove(&mut self, org: OrgId) {
        if let Some(entry) = self.organizations.remove(&org) {
            self.bytes = self.bytes.saturating_sub(entry.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use loquet_ipfilter::Rules;

    use super::*;
    use crate::hash;

    const ORGS: u64 = 4;

    fn org(id: u64) -> OrgId {
        OrgId::from(id)
    }

    fn digest(text: &str) -> Digest {
        hash::digest("access rules", text.as_bytes())
    }

    fn compiled(text: &str) -> Filter {
        Filter::compile(&Rules::parse_text(text).unwrap(), None).unwrap()
    }

    /// Whether the rules must be compiled.
    fn is_new(filters: &Filters, id: u64, text: &str) -> bool {
        let mut is_new = false;
        let filter = filters.of(org(id), digest(text), || {
            is_new = true;
            Some(compiled(text))
        });
        assert!(filter.is_some());
        is_new
    }

    #[test]
    fn t60_other_tenants_rules_stay_cached() {
        let filters = Filters::new(LIMITS, MEMORY);
        for id in 1..=ORGS {
            assert!(is_new(&filters, id, "allow any"));
        }
        // One tenant changes its rules a thousand times, and one entry is kept.
        for at in 0..1000 {
            assert!(is_new(&filters, 1, &format!("allow any # {at}")));
        }
        assert!((2..=ORGS).all(|id| !is_new(&filters, id, "allow any")));
        assert_eq!(filters.kept().organizations.len(), 4);
        let bytes = |it: &Kept| {
            it.organizations
                .values()
                .map(|entry| entry.bytes)
                .sum::<usize>()
        };
        let counted = filters.kept().bytes;
        assert_eq!(counted, bytes(&filters.kept()));
    }

    #[test]
    fn t60_cache_is_bounded_in_bytes() {
        let one = compiled("allow any").bytes() + size_of::<(OrgId, Entry)>();
        let filters = Filters::new(LIMITS, 3 * one);
        for id in 1..=3 {
            assert!(is_new(&filters, id, "allow any"));
        }
        assert!(!is_new(&filters, 1, "allow any"));
        // The second was unused for longest.
        assert!(is_new(&filters, 4, "allow any"));
        assert!(
            [1, 3, 4]
                .iter()
                .all(|id| !is_new(&filters, *id, "allow any"))
        );
        assert_eq!(filters.kept().bytes, 3 * one);
        assert!(is_new(&filters, 2, "allow any"));
        // What is larger than all memory is kept alone.
        let small = Filters::new(LIMITS, 1);
        assert!(is_new(&small, 1, "allow any") && !is_new(&small, 1, "allow any"));
        assert!(is_new(&small, 2, "allow any") && is_new(&small, 1, "allow any"));
    }

    #[test]
    fn t60_rules_compile_outside_of_the_lock() {
        let filters = Filters::new(LIMITS, MEMORY);
        let filter = filters.of(org(1), digest("a"), || {
            assert!(is_new(&filters, 2, "allow any"));
            // The databases are replaced meanwhile, and what comes of the old ones is not kept.
            filters.clear();
            Some(compiled("allow any"))
        });
        assert!(filter.is_some());
        assert_eq!(filters.kept().bytes, 0);
        let before = filters.databases();
        filters.clear();
        filters.keep(
            org(1),
            digest("allow any"),
            compiled("allow any").into(),
            before,
        );
        assert!(is_new(&filters, 1, "allow any"));
        let now = filters.databases();
        filters.keep(
            org(2),
            digest("allow any"),
            compiled("allow any").into(),
            now,
        );
        assert!(!is_new(&filters, 2, "allow any"));
    }

    #[test]
    fn t60_unreadable_rules_are_compiled_once() {
        let filters = Filters::new(LIMITS, MEMORY);
        let mut tries = 0;
        for _ in 0..3 {
            let filter = filters.of(org(1), digest("x"), || {
                tries += 1;
                None
            });
            assert!(filter.is_none());
        }
        assert_eq!(tries, 1);
    }
}
