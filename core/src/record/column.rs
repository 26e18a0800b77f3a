//! How values are stored in columns.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::{db::fixed::Fixed, input::Pointers};

/// A type that is stored in one column, on both engines.
pub trait Column: Sized {
    /// The type that is read from a row, which may borrow from it.
    type Read<'r>;
    /// The type that is bound to a statement.
    type Bound<'q>
    where
        Self: 'q;

    /// Converts the column's value.
    ///
    /// # Errors
    /// `Decode` if the value is unknown.
    fn from_column(read: Self::Read<'_>) -> sqlx::Result<Self>;

    /// The value to bind.
    fn to_column(&self) -> Self::Bound<'_>;
}

impl<T: Column> Column for Option<T> {
    type Read<'r> = Option<T::Read<'r>>;
    type Bound<'q>
        = Option<T::Bound<'q>>
    where
        Self: 'q;

    fn from_column(read: Self::Read<'_>) -> sqlx::Result<Self> {
        read.map(T::from_column).transpose()
    }

    fn to_column(&self) -> Self::Bound<'_> {
        self.as_ref().map(T::to_column)
    }
}

impl Column for String {
    type Read<'r> = Self;
    type Bound<'q> = &'q str;

    fn from_column(read: Self) -> sqlx::Result<Self> {
        Ok(read)
    }

    fn to_column(&self) -> &str {
        self
    }
}

impl Column for Vec<u8> {
    type Read<'r> = Self;
    type Bound<'q> = &'q [u8];

    fn from_column(read: Self) -> sqlx::Result<Self> {
        Ok(read)
    }

    fn to_column(&self) -> &[u8] {
        self
    }
}

impl Column for Pointers {
    type Read<'r> = Option<&'r str>;
    type Bound<'q> = Option<String>;

    fn from_column(read: Option<&str>) -> sqlx::Result<Self> {
        Ok(Self::from(read))
    }

    fn to_column(&self) -> Option<String> {
        self.column()
    }
}

/// Implements [`Column`] for types that sqlx reads and binds itself: `column_as_is! { FuelLogId }`.
#[macro_export]
macro_rules! column_as_is {
    ($($type:ty),+ $(,)?) => {
        $(
            impl $crate::record::Column for $type {
                type Read<'r> = Self;
                type Bound<'q> = Self;

                fn from_column(read: Self) -> sqlx::Result<Self> {
                    Ok(read)
                }

                fn to_column(&self) -> Self {
                    *self
                }
            }
        )+
    };
}

column_as_is! { bool, i32, i64, Uuid, NaiveDate, DateTime<Utc> }

impl<const P: u32, const S: u32> Column for Fixed<P, S> {
    type Read<'r> = Self;
    type Bound<'q> = Self;

    fn from_column(read: Self) -> sqlx::Result<Self> {
        Ok(read)
    }

    fn to_column(&self) -> Self {
        *self
    }
}

/// Converts the name of a value. A name that a newer version of the service stored, and that this one
/// does not know, counts as no value.
#[must_use]
pub fn known<'r, T: TryFrom<&'r str>>(name: Option<&'r str>) -> Option<T> {
    name.and_then(|it| T::try_from(it).ok())
}
