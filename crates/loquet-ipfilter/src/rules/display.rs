//! Writes rules as the text that [`Rules::parse_text`] parses.

use core::fmt;

use crate::{Embedded, Named, Place, PlaceItem, Prefix, Rule, Rules};

fn write_prefix(f: &mut fmt::Formatter<'_>, prefix: Prefix) -> fmt::Result {
    match prefix {
        Prefix::ANY_V4 => f.write_str(" any-v4"),
        Prefix::ANY_V6 => f.write_str(" any-v6"),
        _ => write!(f, " {prefix}"),
    }
}

fn write_named<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    values: &[Named<T>],
) -> fmt::Result {
    if !values.is_empty() {
        write!(f, " {key}")?;
    }
    for value in values {
        match value {
            Named::Is(value) => write!(f, " {value}")?,
            Named::Unknown => f.write_str(" unknown")?,
        }
    }
    Ok(())
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.tags().is_empty() {
            f.write_str("for tag ")?;
            for tag in self.tags() {
                write!(f, "{} ", tag.0)?;
            }
        }
        write!(f, "{}", self.decision)?;
        for prefix in self.prefixes() {
            write_prefix(f, *prefix)?;
        }
        let Some(extra) = self.extra.as_deref() else {
            return Ok(());
        };
        if extra.unknown_address {
            f.write_str(" unknown")?;
        }
        if !extra.places.is_empty() {
            f.write_str(" place")?;
        }
        for name in &extra.places {
            write!(f, " \"{name}\"")?;
        }
        write_named(f, "country", &extra.countries)?;
        write_named(f, "asn", &extra.asns)?;
        write_named(f, "class", &extra.classes)?;
        if !extra.devices.is_empty() {
            f.write_str(" device")?;
        }
        for tier in &extra.devices {
            write!(f, " {tier}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "place \"{}\" =", self.name)?;
        let mut key = "address";
        for item in &self.items {
            let (next, is_new) = match item {
                PlaceItem::Prefix(_) => ("address", key != "address"),
                PlaceItem::Country(_) => ("country", key != "country"),
                PlaceItem::Asn(_) => ("asn", key != "asn"),
            };
            if is_new {
                write!(f, " {next}")?;
            }
            key = next;
            match item {
                PlaceItem::Prefix(prefix) => write_prefix(f, *prefix)?,
                PlaceItem::Country(country) => write!(f, " {country}")?,
                PlaceItem::Asn(asn) => write!(f, " {asn}")?,
            }
        }
        Ok(())
    }
}

/// Writes the text that [`Rules::parse_text`] parses into the same rules; line numbers may differ.
impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "precedence {}", self.precedence)?;
        writeln!(f, "default {}", self.default)?;
        if self.embedded == Embedded::Trusted {
            writeln!(f, "embedded trusted")?;
        }
        for place in &self.places {
            writeln!(f, "{place}")?;
        }
        for rule in self.rules.iter() {
            writeln!(f, "{rule}")?;
        }
        Ok(())
    }
}
