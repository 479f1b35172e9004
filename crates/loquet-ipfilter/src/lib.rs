//! loquet-ipfilter.
