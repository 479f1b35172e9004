//! Reading and writing of rows.

pub(crate) mod read;
pub(crate) mod write;
