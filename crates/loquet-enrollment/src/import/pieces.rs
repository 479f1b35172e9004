//! Pieces of a URI that keep their positions.

use core::ops::Range;
use std::borrow::Cow;

use super::errors::{ImportError, ImportFault, WarningKind};
use crate::encoding::percent::{self, PercentError};
use crate::label::has_deceptive;

/// A piece of the URI with its position.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// Whether the whole URI has no escapes or plus signs, as most, so that they need not be searched again.
    pub(super) plain: bool,
}

impl<'a> Piece<'a> {
    pub(super) const fn fault(self, fault: ImportFault) -> ImportError {
        ImportError {
            position: self.at,
            fault,
        }
    }

    /// Returns a part of the piece, or an empty piece if the range is not on character boundaries.
    pub(super) fn part(self, range: Range<usize>) -> Self {
        Self {
            text: self.text.get(range.clone()).unwrap_or_default(),
            at: self.at.saturating_add(range.start),
            plain: self.plain,
        }
    }

    /// Returns the empty piece at the end.
    pub(super) fn end(self) -> Self {
        self.part(self.text.len()..self.text.len())
    }

    pub(super) fn split(self, at: usize, skip: usize) -> (Self, Self) {
        (
            self.part(0..at),
            self.part(at.saturating_add(skip)..self.text.len()),
        )
    }

    /// Splits at an ASCII character.
    pub(super) fn split_once(self, mark: u8) -> Option<(Self, Self)> {
        Some(self.split(self.position(mark)?, 1))
    }

    /// Returns the offset of the first occurrence of an ASCII character. Compares sixteen bytes at once.
    pub(super) fn position(self, mark: u8) -> Option<usize> {
        let is_mark = |byte: &u8| *byte == mark;
        let (blocks, _) = self.text.as_bytes().as_chunks::<16>();
        let without = blocks.iter().take_while(|block| {
            !block
                .iter()
                .fold(false, |found, byte| found | is_mark(byte))
        });
        let start = without.count().saturating_mul(16);
        let rest = self.text.as_bytes().get(start..)?;
        Some(rest.iter().position(is_mark)?.saturating_add(start))
    }

    /// Returns the offset and the length of the first colon, escaped or not.
    pub(super) fn colon(self) -> Option<(usize, usize)> {
        let literal = self.position(b':').map(|at| (at, 1));
        let escaped = self.escaped_colon().map(|at| (at, 3));
        literal.into_iter().chain(escaped).min()
    }

    /// Returns the offset of the first `%3A`.
    fn escaped_colon(self) -> Option<usize> {
        if self.plain {
            return None;
        }
        let mut windows = self.text.as_bytes().windows(3);
        windows.position(|three| three.eq_ignore_ascii_case(b"%3a"))
    }

    pub(super) fn has_plus(self) -> bool {
        !self.plain && self.text.contains('+')
    }

    pub(super) fn trim(self) -> Self {
        let text = self.text.trim_start();
        let start = self.text.len().saturating_sub(text.len());
        self.part(start..start.saturating_add(text.trim_end().len()))
    }

    pub(super) fn decode(self) -> Result<Cow<'a, str>, ImportError> {
        if self.plain {
            return Ok(Cow::Borrowed(self.text));
        }
        percent::decode(self.text).map_err(|error| match error {
            PercentError::Escape(at) => ImportError {
                position: self.at.saturating_add(at),
                fault: ImportFault::Escape,
            },
            PercentError::Utf8 => self.fault(ImportFault::Utf8),
        })
    }

    /// Decodes and trims a name.
    pub(super) fn name(self) -> Result<Cow<'a, str>, ImportError> {
        let name = self.decode()?;
        if has_deceptive(&name) {
            return Err(self.fault(ImportFault::Control));
        }
        Ok(match name {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        })
    }
}

/// The known parameters of the query.
#[derive(Default)]
pub(super) struct Query<'a> {
    pub(super) secret: Option<Piece<'a>>,
    pub(super) issuer: Option<Piece<'a>>,
    pub(super) algorithm: Option<Piece<'a>>,
    pub(super) digits: Option<Piece<'a>>,
    pub(super) period: Option<Piece<'a>>,
    pub(super) counter: Option<Piece<'a>>,
}

impl<'a> Query<'a> {
    pub(super) fn read(
        mut rest: Piece<'a>,
        warn: &mut impl FnMut(Piece<'_>, WarningKind),
    ) -> Result<Self, ImportError> {
        let mut query = Self::default();
        loop {
            let (pair, next) = rest
                .split_once(b'&')
                .map_or((rest, None), |(pair, next)| (pair, Some(next)));
            let (key, value) = pair.split_once(b'=').unwrap_or((pair, pair.end()));
            for piece in [key, value] {
                if !piece.plain && percent::has_control(piece.text) {
                    return Err(piece.fault(ImportFault::Control));
                }
            }
            let name = key.decode()?;
            if let Some(slot) = query.slot(&name) {
                match *slot {
                    None => *slot = Some(value),
                    Some(first)
                        if name.eq_ignore_ascii_case("issuer")
                            && first.name()? == value.name()? =>
                    {
                        warn(key, WarningKind::RepeatedIssuer);
                    }
                    Some(_) => return Err(key.fault(ImportFault::Duplicate)),
                }
            }
            match next {
                Some(next) => rest = next,
                None => return Ok(query),
            }
        }
    }

    fn slot(&mut self, key: &str) -> Option<&mut Option<Piece<'a>>> {
        let slots = [
            ("secret", &mut self.secret),
            ("issuer", &mut self.issuer),
            ("algorithm", &mut self.algorithm),
            ("digits", &mut self.digits),
            ("period", &mut self.period),
            ("counter", &mut self.counter),
        ];
        slots
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, slot)| slot)
    }
}
