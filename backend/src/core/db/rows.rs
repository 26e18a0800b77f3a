//! Reads rows by column position.

/// Implements reading rows of either engine into `$target`: the statement's columns, in this order,
/// become the fields of `$row`, which is then converted. Looking up columns by name, and allocating
/// a `String` for each text, would take longer than everything else that a list does per row.
#[macro_export]
macro_rules! rows_by_position {
    ($row:ident => $target:ty { $($field:ident),+ $(,)? }) => {
        $crate::rows_by_position!(@engine sqlx::sqlite::SqliteRow, $row => $target { $($field),+ });
        $crate::rows_by_position!(@engine sqlx::postgres::PgRow, $row => $target { $($field),+ });
    };
    (@engine $engine:ty, $row:ident => $target:ty { $($field:ident),+ }) => {
        impl<'r> sqlx::FromRow<'r, $engine> for $target {
            fn from_row(row: &'r $engine) -> sqlx::Result<Self> {
                let mut columns = 0..;
                let mut next = || columns.next().unwrap_or_default();
                // Fields are evaluated in source order.
                let read = $row {
                    $($field: sqlx::Row::try_get_unchecked(row, next())?),+
                };
                Ok(read.into())
            }
        }
    };
}
