//! Reading and writing the rows of records.

use super::Record;

/// A record, and the value that the statement selects after `{*}`.
#[derive(Debug)]
pub struct With<T, V>(pub T, pub V);

/// Implements reading [`With`] on one engine.
macro_rules! read_with {
    ($row:ty, $database:ty) => {
        impl<'r, T, V> sqlx::FromRow<'r, $row> for With<T, V>
        where
            T: Record + sqlx::FromRow<'r, $row>,
            V: sqlx::Decode<'r, $database>,
        {
            fn from_row(row: &'r $row) -> sqlx::Result<Self> {
                let value = sqlx::Row::try_get_unchecked(row, T::COLUMNS.len())?;
                Ok(Self(T::from_row(row)?, value))
            }
        }
    };
}

read_with!(sqlx::sqlite::SqliteRow, sqlx::Sqlite);
read_with!(sqlx::postgres::PgRow, sqlx::Postgres);

/// The part of [`crate::record!`] that reads rows, and declares the methods that write them.
#[doc(hidden)]
#[macro_export]
macro_rules! record_rows {
    (@owner $user:ident) => { "user_id" };

    (@read $definition:tt) => {
        $crate::record_rows! { @read_on sqlx::sqlite::SqliteRow, $definition }
        $crate::record_rows! { @read_on sqlx::postgres::PgRow, $definition }
    };
    // Reads the columns in order into variables, then computes the members.
    (@read_on $row:ty, { $name:ident [$($then:path)?] [$($column:ident)*] [
        $($member:ident = $value:expr,)*
    ] }) => {
        impl<'r> sqlx::FromRow<'r, $row> for $name {
            fn from_row(row: &'r $row) -> sqlx::Result<Self> {
                let mut columns = 0..;
                let mut next = || columns.next().unwrap_or_default();
                $(let $column = sqlx::Row::try_get_unchecked(row, next())?;)*
                let read = Self { $($member: $value,)* };
                $(let read = $then(read);)?
                Ok(read)
            }
        }
    };
    (@value $type:ty [=> $read:expr] $($column:ident)*) => { $read };
    (@value $type:ty [] $column:ident) => {
        <$type as $crate::record::Column>::from_column($column)?
    };
    (@value $type:ty []) => { <$type as Default>::default() };

    (@write $statement:ident $method:ident [] $($rest:tt)*) => {};
    (@write $statement:ident $method:ident
        [($about:literal, $visibility:vis $(, $argument:ident: $argument_type:ty)*)]
        $name:ident $this:ident ($($user:ident)?) [$({ $member:ident $value:tt })*]
    ) => {
        impl $name {
            #[doc = $about]
            ///
            /// # Errors
            /// The constraints of the table.
            $visibility async fn $method(
                &self,
                tx: &mut $crate::db::Tx,
                $($user: &$crate::UserId,)?
                $($argument: $argument_type,)*
            ) -> sqlx::Result<u64> {
                let $this = self;
                $crate::sql!(
                    tx,
                    execute,
                    <Self as $crate::record::Record>::$statement
                    $(, $user.as_str())?
                    $(, $crate::record_rows!(@bind $this $member $value))*
                )
            }
        }
    };
    (@bind $this:ident $member:ident ()) => {
        $crate::record::Column::to_column(&$this.$member)
    };
    (@bind $this:ident $member:ident ($value:expr)) => { $value };
}
