//! The door of an organization: what its access rules answer.

use std::net::IpAddr;
use std::sync::Arc;

use loquet_ipfilter::{Decision, DeviceTier, Filter, Origin, Tag};
use loquet_policy::Access;

/// The organization's access rules, ready to answer.
#[derive(Debug, Default, Clone)]
pub(crate) enum Door {
    /// There are rules that cannot be read: nobody can tell.
    #[default]
    Unreadable,
    /// There are no rules.
    Open,
    /// These rules.
    Guarded(Arc<Filter>),
}

impl Door {
    pub(crate) fn access(
        &self,
        address: Option<IpAddr>,
        tags: &[Tag],
        device: DeviceTier,
    ) -> Access {
        match self {
            Self::Unreadable => Access::Unknown,
            Self::Open => Access::Allowed,
            Self::Guarded(filter) => {
                let origin = Origin {
                    address,
                    tags,
                    device,
                };
                if filter.decide(&origin) == Decision::Allow {
                    Access::Allowed
                } else if address.is_none() {
                    Access::Unknown
                } else {
                    Access::Denied
                }
            }
        }
    }
}
