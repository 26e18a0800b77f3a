//! One definition for each record: [`crate::record!`] declares a record, and everything that would
//! otherwise list its members again.

mod column;
mod form_text;
#[cfg(test)]
mod tests;
mod text;

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{SeqAccess, Visitor},
    ser::SerializeSeq,
};

pub use column::{Column, known};
pub use form_text::FormText;
pub use text::{ConstText, camel_case, insert, select, update};

/// What [`crate::record!`] knows about a record's table.
pub trait Record {
    /// The columns that are read, in the order in which they are read.
    const COLUMNS: &'static [&'static str];
    /// The statement that inserts a record.
    const INSERT: &'static str;
    /// The statement that updates a record.
    const UPDATE: &'static str;
}

/// A record, and the value that the statement selects after `{*}`.
#[derive(Debug)]
pub struct With<T, V>(pub T, pub V);

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

/// Evaluates to a [`ConstText`] as a `&'static str`, at compile time.
#[macro_export]
macro_rules! const_text {
    ($text:expr) => {{
        const LONG: &$crate::record::ConstText = &$text;
        const BYTES: [u8; LONG.length()] = LONG.to_bytes();
        const TEXT: &str = match ::std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("a name or a statement is not UTF-8"),
        };
        TEXT
    }};
}

/// A statement that reads records: `select!(FuelLog: "SELECT {f.*} FROM fuel_logs f
/// WHERE f.user_id = $1")`.
///
/// `{f.*}` becomes the record's columns with the prefix `f.`, `{*}` the columns without a prefix.
/// Columns are read by position, so every statement that reads records must be written like this.
#[macro_export]
macro_rules! select {
    ($record:ty: $statement:expr) => {
        $crate::const_text!($crate::record::select(
            $statement,
            <$record as $crate::record::Record>::COLUMNS
        ))
    };
}

/// Declares a record and what follows from its members.
///
/// ```text
/// record! {
///     /// A tire.
///     #[derive(Debug, Clone, Serialize, JsonSchema)]
///     pub struct Tire {
///         /// The ID of the tire.
///         pub id: TireId { start id; once id; }
///         /// The brand.
///         pub brand: Option<String> { column brand; input optional Text<100>; }
///         /// When the tire was added.
///         pub created_at: DateTime<Utc> { start now; once created_at; }
///     }
///     table "tires" of user by id as tire;
///     insert(pub(super));
///     update(pub(super));
///     form(pub(super)) { brand "tires-brand", }
///     new {
///         /// A tire to add
///         pub(super) struct NewTire(id: TireId, now: DateTime<Utc>) {}
///     }
///     change {
///         /// Changes to a tire
///         pub(super) struct TireChange {}
///     }
/// }
/// ```
///
/// # Members
/// Each member has a documentation comment, which is also its description in the API, and these
/// clauses, in this order. All are optional.
///
/// - `serde(…);` is an attribute for serde.
/// - `start EXPRESSION;` is the value in a new record; the expression can use the arguments of the
///   `new` struct. Without it, the value is the input or, without an input, the default.
/// - `once COLUMN;` is a column that is read, and written only when the record is inserted.
/// - `column COLUMN;` is a column that is read, and written by inserts and updates.
/// - `joined COLUMN;` is a column of another table that every statement selects after `{*}`.
/// - `read EXPRESSION;` computes a member without columns from the variables described below.
/// - `write COLUMN = EXPRESSION;` is a column that is only written.
/// - `input KIND TYPE;` means that clients can send the member, with this type. `KIND` is
///   `required`, `optional` (null clears it) or `default` (`= EXPRESSION` is the value in a new
///   record, and it can't be cleared). `TYPE` must convert to the member's type with `From`.
/// - `given KIND TYPE;` is the same, except that the feature's rules determine the member from it.
/// - `new TYPE;` is like `given optional TYPE;`, but only in the request that adds a record.
///
/// A column's value is `COLUMN = EXPRESSION`, by default the member itself. If the member is stored
/// in several columns, list all of them, and end the list with `=> EXPRESSION`, which computes the
/// member from local variables that are named like columns. Types that are stored in one column
/// implement [`Column`].
///
/// A description for requests is `, doc "…"`, or `, new "…"` and `, change "…"` if they differ.
///
/// # After the members
/// - `table NAME of user by KEY as RECORD;` names the table, the member that is its key, and the
///   variable that expressions can use. With `of user`, every statement names the user. A record of
///   no user omits it. `=> FUNCTION` before the semicolon is called with each record that is read.
/// - `write COLUMN = EXPRESSION, …;` are columns without a member.
/// - `on conflict "…";` is the end of an `ON CONFLICT` clause of the insert.
/// - `insert(VISIBILITY);` and `update(VISIBILITY);` declare methods that write the record;
///   `insert(VISIBILITY, now: DateTime<Utc>);` takes an argument that expressions can use.
/// - `cached columns;` implements serde for [`Columns`] of the record.
/// - `empty(VISIBILITY, ARGUMENTS);` declares a function that creates a record. Its arguments are
///   those that `start` expressions use, and one of the same name for each `required` input.
/// - `form(VISIBILITY) { MEMBER "LABEL", … }` declares `LABELS`, the form's fields and the message
///   IDs of their labels, in the order of the page, and `form_fields()`, the fields' values.
/// - `new { … }` declares the struct of a request that adds a record, with further members, and its
///   method `into_record`. `requires any …;` after it is that of [`crate::input!`].
/// - `change { … }` declares the struct of a merge patch, and its method `apply_to`.
#[macro_export]
macro_rules! record {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {
            $(
                $(#[doc = $doc:literal])*
                $member_visibility:vis $member:ident: $type:ty {
                    $(serde($($serde:tt)*);)?
                    $(start $start:expr;)?
                    $(once $($once:ident $(= $once_value:expr)?),+ $(=> $once_read:expr)?;)?
                    $(column $($column:ident $(= $value:expr)?),+ $(=> $read:expr)?;)?
                    $(joined $joined:ident $(=> $joined_read:expr)?;)?
                    $(read $computed:expr;)?
                    $(write $($write:ident = $written:expr),+;)?
                    $(input $kind:ident $input:ty $(= $initial:expr)?
                        $(, doc $input_doc:literal)? $(, new $input_new:literal)?
                        $(, change $input_change:literal)?;)?
                    $(given $given_kind:ident $given:ty
                        $(, doc $given_doc:literal)? $(, new $given_new:literal)?
                        $(, change $given_change:literal)?;)?
                    $(new $given_once:ty $(, doc $given_once_doc:literal)?;)?
                }
            )*
        }
        table $table:literal $(of $user:ident)? $(by $key:ident)? as $this:ident $(=> $then:path)?;
        $(write $($also:ident = $also_written:expr),+;)?
        $(on conflict $conflict:literal;)?
        $(insert($insert:vis $(, $insert_argument:ident: $insert_type:ty)*);)?
        $(update($update:vis $(, $update_argument:ident: $update_type:ty)*);)?
        $(cached $cached:ident;)?
        $(empty($empty:vis $(, $empty_argument:ident: $empty_type:ty)*);)?
        $(form($form:vis) { $($field:ident $label:literal $(= $text:expr)?,)* })?
        $(new { $($new:tt)* })?
        $(change { $($change:tt)* })?
    ) => {
        $(#[$meta])*
        $visibility struct $name {
            $(
                $(#[doc = $doc])*
                $(#[serde($($serde)*)])?
                $member_visibility $member: $type,
            )*
        }

        impl $crate::record::Record for $name {
            const COLUMNS: &'static [&'static str] =
                &[$($($(stringify!($once),)+)? $($(stringify!($column),)+)?)*];
            const INSERT: &'static str = $crate::const_text!($crate::record::insert(
                $table,
                [$($crate::record!(@owner $user),)? ""][0],
                &[$(
                    $($(stringify!($once),)+)?
                    $($(stringify!($column),)+)?
                    $($(stringify!($write),)+)?
                )* $($(stringify!($also),)+)?],
                [$($conflict,)? ""][0],
            ));
            const UPDATE: &'static str = $crate::const_text!($crate::record::update(
                $table,
                [$($crate::record!(@owner $user),)? ""][0],
                [$(stringify!($key),)? ""][0],
                &[
                    $($($(stringify!($column),)+)? $($(stringify!($write),)+)?)*
                    $($(stringify!($also),)+)?
                ],
            ));
        }

        $crate::record! { @read sqlx::sqlite::SqliteRow, $name [$($then)?]
            [$($($($once)+)? $($($column)+)?)* $($($joined)?)*]
            { $($member = $crate::record!(@value $type
                [$($(=> $once_read)?)? $($(=> $read)?)? $($(=> $joined_read)?)? $(=> $computed)?]
                $($($once)+)? $($($column)+)? $($joined)?),)* }
        }
        $crate::record! { @read sqlx::postgres::PgRow, $name [$($then)?]
            [$($($($once)+)? $($($column)+)?)* $($($joined)?)*]
            { $($member = $crate::record!(@value $type
                [$($(=> $once_read)?)? $($(=> $read)?)? $($(=> $joined_read)?)? $(=> $computed)?]
                $($($once)+)? $($($column)+)? $($joined)?),)* }
        }

        $crate::record! { @insert [$(($insert $(, $insert_argument: $insert_type)*))?]
            $name $this ($($user)?) [
                $(
                    $($({ $member ($($once_value)?) })+)?
                    $($({ $member ($($value)?) })+)?
                    $($({ $member ($written) })+)?
                )*
                $($({ $also ($also_written) })+)?
            ]
        }
        $crate::record! { @update [$(($update $(, $update_argument: $update_type)*))?]
            $name $this ($($user)?) ($($key)?) [
                $($($({ $member ($($value)?) })+)? $($({ $member ($written) })+)?)*
                $($({ $also ($also_written) })+)?
            ]
        }
        $crate::record! { @cached [$($cached)?] $name $this [$($then)?]
            [
                $(
                    $($({ $once $member ($($once_value)?) })+)?
                    $($({ $column $member ($($value)?) })+)?
                )*
            ]
            { $($member = $crate::record!(@value $type
                [$($(=> $once_read)?)? $($(=> $read)?)? $(=> $computed)?]
                $($($once)+)? $($($column)+)?),)* }
        }
        $crate::record! { @empty [$(($empty $(, $empty_argument: $empty_type)*))?]
            $name [$({ $member ($($start)?) ($($kind ($($initial)?))?) })*]
        }
        $crate::record! { @form [$(($form) $({ $field $label ($($text)?) })*)?] $name $this }
        $crate::record! { @new [$($($new)*)?] $name [$({
            $member [$($doc)*] ($($start)?)
            ($($kind $input; ($($initial)?) [$($input_doc)? $($input_new)?])?)
            ($($given_kind $given; [$($given_doc)? $($given_new)?])?
                $(optional $given_once; [$($given_once_doc)?])?)
        })*] }
        $crate::record! { @change [$($($change)*)?] $name [$({
            $member [$($doc)*]
            ($($kind $input; [$($input_doc)? $($input_change)?])?)
            ($($given_kind $given; [$($given_doc)? $($given_change)?])?)
        })*] }
    };

    (@owner $user:ident) => { "user_id" };

    // Reads the columns in order into variables, then computes the members.
    (@read $engine:ty, $name:ident [$($then:path)?] [$($column:ident)*] {
        $($member:ident = $value:expr,)*
    }) => {
        impl<'r> sqlx::FromRow<'r, $engine> for $name {
            fn from_row(row: &'r $engine) -> sqlx::Result<Self> {
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

    (@insert [] $($rest:tt)*) => {};
    (@insert [($visibility:vis $(, $argument:ident: $argument_type:ty)*)] $name:ident $this:ident ($($user:ident)?) [
        $({ $member:ident $value:tt })*
    ]) => {
        impl $name {
            /// Inserts the record. Returns the number of inserted rows.
            ///
            /// # Errors
            /// The constraints of the table.
            $visibility async fn insert(
                &self,
                tx: &mut $crate::db::Tx,
                $($user: &$crate::UserId,)?
                $($argument: $argument_type,)*
            ) -> sqlx::Result<u64> {
                let $this = self;
                $crate::sql!(
                    tx,
                    execute,
                    <Self as $crate::record::Record>::INSERT
                    $(, $user.as_str())?
                    $(, $crate::record!(@bind $this $member $value))*
                )
            }
        }
    };

    (@update [] $($rest:tt)*) => {};
    (@update [($visibility:vis $(, $argument:ident: $argument_type:ty)*)] $name:ident $this:ident ($($user:ident)?) ($($key:ident)?) [
        $({ $member:ident $value:tt })*
    ]) => {
        impl $name {
            /// Updates the record. Returns the number of updated rows.
            ///
            /// # Errors
            /// The constraints of the table.
            $visibility async fn update(
                &self,
                tx: &mut $crate::db::Tx,
                $($user: &$crate::UserId,)?
                $($argument: $argument_type,)*
            ) -> sqlx::Result<u64> {
                let $this = self;
                $crate::sql!(
                    tx,
                    execute,
                    <Self as $crate::record::Record>::UPDATE
                    $(, $user.as_str())?
                    $(, $crate::record!(@bind $this $key ()))?
                    $(, $crate::record!(@bind $this $member $value))*
                )
            }
        }
    };
    (@bind $this:ident $member:ident ()) => {
        $crate::record::Column::to_column(&$this.$member)
    };
    (@bind $this:ident $member:ident ($value:expr)) => { $value };

    (@cached [] $($rest:tt)*) => {};
    (@cached [columns] $name:ident $this:ident [$($then:path)?]
        [$({ $column:ident $member:ident $bound:tt })*]
        { $($read_member:ident = $value:expr,)* }
    ) => {
        impl $crate::record::Cached for $name {
            fn write_columns<S: serde::ser::SerializeSeq>(&self, to: &mut S) -> Result<(), S::Error> {
                let $this = self;
                $(to.serialize_element(&$crate::record!(@bind $this $member $bound))?;)*
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

    (@empty [] $($rest:tt)*) => {};
    (@empty [($visibility:vis $(, $argument:ident: $argument_type:ty)*)]
        $name:ident [$({ $member:ident $start:tt $input:tt })*]
    ) => {
        impl $name {
            /// Creates a record with required and default values only.
            $visibility fn empty($($argument: $argument_type),*) -> Self {
                Self { $($member: $crate::record!(@blank $member $start $input),)* }
            }
        }
    };
    (@blank $member:ident ($start:expr) $input:tt) => { $start };
    (@blank $member:ident () (required ())) => { $member };
    (@blank $member:ident () (default ($initial:expr))) => { $initial };
    (@blank $member:ident () $input:tt) => { Default::default() };

    (@form [] $($rest:tt)*) => {};
    (@form [($visibility:vis) $({ $field:ident $label:literal $text:tt })*]
        $name:ident $this:ident
    ) => {
        impl $name {
            /// The form's fields in the order of the page: the name and the message ID of the label.
            $visibility const LABELS: &'static [(&'static str, &'static str)] = &[$((
                $crate::const_text!($crate::record::camel_case(stringify!($field))),
                $label,
            ),)*];

            /// The form's fields with the record's values.
            $visibility fn form_fields(&self) -> Vec<(&'static str, String)> {
                let $this = self;
                let texts = [$($crate::record!(@text $this $field $text),)*];
                Self::LABELS.iter().map(|it| it.0).zip(texts).collect()
            }
        }
    };
    (@text $this:ident $field:ident ()) => {
        $crate::record::FormText::form_text(&$this.$field)
    };
    (@text $this:ident $field:ident ($text:expr)) => { $text };

    (@new [] $($rest:tt)*) => {};
    (@new [
        $(#[doc = $about:literal])*
        $visibility:vis struct $new:ident($($argument:ident: $argument_type:ty),*) {
            $($(#[doc = $extra_doc:literal])* $extra:ident: $extra_type:ty,)*
        }
        $(requires any $($required:literal),+ $(=> $why:literal)?;)?
    ] $name:ident [$({
        $member:ident $doc:tt $start:tt
        ($($kind:ident $input:ty; $initial:tt $input_doc:tt)?)
        ($($given_kind:ident $given:ty; $given_doc:tt)?)
    })*]) => {
        #[derive(Debug, Clone)]
        $visibility struct $new {
            $(
                $(pub $member: $crate::record!(@new_type $kind $input),)?
                $(pub $member: $crate::record!(@new_type $given_kind $given),)?
            )*
            $(pub $extra: $extra_type,)*
        }

        $crate::input! {
            @read $new [concat!($($about),*)] [$($($required),+ $(=> $why)?)?]
            $(
                $({ $member: $crate::record!(@new_type $kind $input),
                    $crate::record!(@doc $doc $input_doc) })?
                $({ $member: $crate::record!(@new_type $given_kind $given),
                    $crate::record!(@doc $doc $given_doc) })?
            )*
            $({ $extra: $extra_type, concat!($($extra_doc),*) })*
        }

        impl $new {
            /// Converts the request into a record, except for the members that rules determine.
            $visibility fn into_record(self $(, $argument: $argument_type)*) -> $name {
                let new = self;
                $name {
                    $($member: $crate::record!(@start new $member $start ($($kind $initial)?)),)*
                }
            }
        }
    };
    (@new_type required $type:ty) => { $type };
    (@new_type optional $type:ty) => { Option<$type> };
    (@new_type default $type:ty) => { Option<$type> };
    // The description of a record's member is a sentence, that of a request's member is not.
    (@doc [$($doc:literal)*] []) => { concat!($($doc),*).trim_end_matches('.') };
    (@doc $doc:tt [$request_doc:literal]) => { $request_doc };
    (@start $new:ident $member:ident ($start:expr) $input:tt) => { $start };
    (@start $new:ident $member:ident () (required ())) => { $new.$member.into() };
    (@start $new:ident $member:ident () (optional ())) => { $new.$member.map(Into::into) };
    (@start $new:ident $member:ident () (default ($initial:expr))) => {
        $new.$member.map_or($initial, Into::into)
    };
    (@start $new:ident $member:ident () ()) => { Default::default() };

    (@change [] $($rest:tt)*) => {};
    (@change [
        $(#[doc = $about:literal])*
        $visibility:vis struct $change:ident {
            $($(#[doc = $extra_doc:literal])* $extra:ident: $extra_type:ty,)*
        }
    ] $name:ident [$({
        $member:ident $doc:tt
        ($($kind:ident $input:ty; $input_doc:tt)?)
        ($($given_kind:ident $given:ty; $given_doc:tt)?)
    })*]) => {
        #[derive(Debug, Clone)]
        $visibility struct $change {
            $(
                $(pub $member: $crate::record!(@change_type $kind $input),)?
                $(pub $member: $crate::record!(@change_type $given_kind $given),)?
            )*
            $(pub $extra: $extra_type,)*
        }

        $crate::input! {
            @read $change [concat!($($about),*)] []
            $(
                $({ $member: $crate::record!(@change_type $kind $input),
                    $crate::record!(@doc $doc $input_doc) })?
                $({ $member: $crate::record!(@change_type $given_kind $given),
                    $crate::record!(@doc $doc $given_doc) })?
            )*
            $({ $extra: $extra_type, concat!($($extra_doc),*) })*
        }

        impl $change {
            /// Applies the changes, except for those of members that rules determine.
            $visibility fn apply_to(self, record: &mut $name) {
                $($(
                    <$crate::record!(@change_type $kind $input)>::apply_to(
                        self.$member,
                        &mut record.$member,
                    );
                )?)*
            }
        }
    };
    (@change_type required $type:ty) => { $crate::input::Change<$type> };
    (@change_type optional $type:ty) => { $crate::input::Clearable<$type> };
    (@change_type default $type:ty) => { $crate::input::Change<$type> };
}
