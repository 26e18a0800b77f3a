//! Records in a cache.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{SeqAccess, Visitor},
    ser::SerializeSeq,
};

/// A record in a cache: the exact values of its columns, as a list. A record itself is serialized as in
/// the API, where some members are rounded or missing.
#[derive(Debug)]
pub struct Columns<T>(pub T);

/// A record whose [`Columns`] can be cached.
pub trait Cached: Sized {
    /// Writes the values of the columns, in order.
    ///
    /// # Errors
    /// Those of the serializer.
    fn write_columns<S: SerializeSeq>(&self, to: &mut S) -> Result<(), S::Error>;

    /// Reads what [`Cached::write_columns`] wrote.
    ///
    /// # Errors
    /// A column is missing or has another type.
    fn read_columns<'de, A: SeqAccess<'de>>(columns: A) -> Result<Self, A::Error>;
}

impl<T: Cached> Serialize for Columns<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut columns = serializer.serialize_seq(None)?;
        self.0.write_columns(&mut columns)?;
        columns.end()
    }
}

impl<'de, T: Cached> Deserialize<'de> for Columns<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Cached> Visitor<'de> for Reader<T> {
            type Value = Columns<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the columns of a record")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, columns: A) -> Result<Self::Value, A::Error> {
                T::read_columns(columns).map(Columns)
            }
        }

        deserializer.deserialize_seq(Reader(PhantomData))
    }
}

/// The part of [`crate::record!`] that implements [`Cached`].
#[doc(hidden)]
#[macro_export]
macro_rules! record_cached {
    (@cached [] $($rest:tt)*) => {};
    (@cached [columns] $name:ident $this:ident [$($then:path)?]
        [$({ $column:ident $member:ident $bound:tt })*]
        { $($read_member:ident = $value:expr,)* }
    ) => {
        impl $crate::record::Cached for $name {
            fn write_columns<S: serde::ser::SerializeSeq>(&self, to: &mut S) -> Result<(), S::Error> {
                let $this = self;
                $(to.serialize_element(&$crate::record_rows!(@bind $this $member $bound))?;)*
                Ok(())
            }

            fn read_columns<'de, A: serde::de::SeqAccess<'de>>(
                mut columns: A,
            ) -> Result<Self, A::Error> {
                use serde::de::Error as _;
                let missing = || A::Error::custom("a column is missing");
                $(let $column = columns.next_element()?.ok_or_else(missing)?;)*
                let read = || -> sqlx::Result<Self> {
                    let read = Self { $($read_member: $value,)* };
                    $(let read = $then(read);)?
                    Ok(read)
                };
                read().map_err(A::Error::custom)
            }
        }
    };
}
