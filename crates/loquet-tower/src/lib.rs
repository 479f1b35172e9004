//! loquet-tower.
