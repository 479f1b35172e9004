//! Serde for parameters. Deserialization checks the same limits as the constructors.
//!
//! `Secret`, `Key`, `Code` and `TypedCode` have no serde, so that a derive on a struct with them does not compile.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Digits, Drift, LookAhead, Period, Reach, Window};

macro_rules! as_number {
    ($($type:ident: $number:ident = $value:ident,)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.$value().serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new($number::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    )*};
}

as_number! {
    Digits: u8 = count,
    Drift: i64 = steps,
    LookAhead: u8 = counters,
    Period: u64 = seconds,
    Reach: u8 = steps,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Window", deny_unknown_fields)]
struct Sides {
    past: u8,
    future: u8,
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Sides {
            past: self.past(),
            future: self.future(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Sides { past, future } = Sides::deserialize(deserializer)?;
        Self::new(past, future).map_err(D::Error::custom)
    }
}
