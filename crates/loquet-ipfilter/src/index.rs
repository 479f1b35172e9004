//! Address to behaviour, as fast as memory allows.

use crate::spans::Spans;

/// The frozen index of both families.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    v4: Spans<u32, u16>,
    v6: Spans<u128, u16>,
}

impl Index {
    pub(crate) fn new(v4: &Spans<u32, u16>, v6: &Spans<u128, u16>, _behaviours: usize) -> Self {
        Self {
            v4: v4.clone(),
            v6: v6.clone(),
        }
    }

    pub(crate) fn v4(&self, address: u32) -> u16 {
        self.v4.at(address).unwrap_or(u16::MAX)
    }

    pub(crate) fn v6(&self, address: u128) -> u16 {
        self.v6.at(address).unwrap_or(u16::MAX)
    }

    pub(crate) fn bytes(&self) -> usize {
        0
    }
}
