//! Limits of what rules may cost to compile and to keep.

use crate::Rules;
use crate::compile::error::{CompileError, Limit};

/// The greatest number of networks whatever the caller allows: rule numbers share their bits with flags, see `ListId`.
const MAX_NETWORKS: usize = 32_000_000;

/// What rules may cost to compile and to keep, for [`Filter::compile_within`](crate::Filter::compile_within).
///
/// Sixteen KiB of text can name a hundred thousand networks: a range becomes up to 254 of them, and every rule counts. The
/// default is for rules that the operator wrote; give less to rules of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// The greatest number of networks that rules and their places name, after ranges are split, counted for each rule.
    /// A rule without networks counts as one.
    pub networks: usize,
    /// The greatest number of networks that the databases give for countries, network operators and classes, counted
    /// for each rule. A rule that searches a database also counts one for each 256 of its networks.
    pub located: usize,
    /// The greatest number of bytes of the filter, its rules included.
    pub bytes: usize,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            networks: MAX_NETWORKS,
            located: MAX_NETWORKS,
            bytes: 2 << 30,
        }
    }
}

impl CompileLimits {
    /// Returns twice these limits: for rules that are in force already and should outlive a larger database.
    #[must_use]
    pub const fn doubled(self) -> Self {
        Self {
            networks: self.networks.saturating_mul(2),
            located: self.located.saturating_mul(2),
            bytes: self.bytes.saturating_mul(2),
        }
    }

    /// Refuses more bytes than these limits allow.
    pub(crate) const fn check_bytes(&self, bytes: usize) -> Result<(), CompileError> {
        if bytes <= self.bytes {
            return Ok(());
        }
        Err(CompileError::TooLarge {
            limit: Limit::Bytes(self.bytes),
            rule: None,
        })
    }
}

/// What remains of the limits while rules are compiled.
pub(crate) struct Budget<'r> {
    rules: &'r Rules,
    limits: CompileLimits,
    networks: usize,
    located: usize,
}

impl<'r> Budget<'r> {
    pub(crate) fn new(rules: &'r Rules, limits: &CompileLimits) -> Self {
        let most = |limit: usize| limit.min(MAX_NETWORKS);
        let limits = CompileLimits {
            networks: most(limits.networks),
            located: most(limits.located),
            ..*limits
        };
        Self {
            rules,
            limits,
            networks: limits.networks,
            located: limits.located,
        }
    }

    /// Counts networks that a rule or its places name.
    pub(crate) fn take_networks(&mut self, rule: u32, count: usize) -> Result<(), CompileError> {
        let limit = Limit::Networks(self.limits.networks);
        let left = self.networks.checked_sub(count);
        self.networks = left.ok_or_else(|| self.exceeded(rule, limit))?;
        Ok(())
    }

    /// Counts networks that the databases give for a rule.
    pub(crate) fn take_located(&mut self, rule: u32, count: usize) -> Result<(), CompileError> {
        let limit = Limit::Located(self.limits.located);
        let left = self.located.checked_sub(count);
        self.located = left.ok_or_else(|| self.exceeded(rule, limit))?;
        Ok(())
    }

    fn exceeded(&self, rule: u32, limit: Limit) -> CompileError {
        CompileError::TooLarge {
            limit,
            rule: self.rules.reference(rule),
        }
    }
}
