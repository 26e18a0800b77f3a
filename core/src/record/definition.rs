//! The macro that defines a record.

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
/// implement [`Column`](crate::record::Column).
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
/// - `cached columns;` implements serde for [`Columns`](crate::record::Columns) of the record.
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
                [$($crate::record_rows!(@owner $user),)? ""][0],
                &[$(
                    $($(stringify!($once),)+)?
                    $($(stringify!($column),)+)?
                    $($(stringify!($write),)+)?
                )* $($(stringify!($also),)+)?],
                [$($conflict,)? ""][0],
            ));
            const UPDATE: &'static str = $crate::const_text!($crate::record::update(
                $table,
                [$($crate::record_rows!(@owner $user),)? ""][0],
                [$(stringify!($key),)? ""][0],
                &[
                    $($($(stringify!($column),)+)? $($(stringify!($write),)+)?)*
                    $($(stringify!($also),)+)?
                ],
            ));
        }

        $crate::record_rows! { @read { $name [$($then)?]
            [$($($($once)+)? $($($column)+)?)* $($($joined)?)*]
            [$($member = $crate::record_rows!(@value $type
                [$($(=> $once_read)?)? $($(=> $read)?)? $($(=> $joined_read)?)? $(=> $computed)?]
                $($($once)+)? $($($column)+)? $($joined)?),)*]
        } }
        $crate::record_rows! { @write INSERT insert [$((
                "Inserts the record. Returns the number of inserted rows.",
                $insert $(, $insert_argument: $insert_type)*
            ))?]
            $name $this ($($user)?) [
                $(
                    $($({ $member ($($once_value)?) })+)?
                    $($({ $member ($($value)?) })+)?
                    $($({ $member ($written) })+)?
                )*
                $($({ $also ($also_written) })+)?
            ]
        }
        $crate::record_rows! { @write UPDATE update [$((
                "Updates the record. Returns the number of updated rows.",
                $update $(, $update_argument: $update_type)*
            ))?]
            $name $this ($($user)?) [
                $({ $key () })?
                $($($({ $member ($($value)?) })+)? $($({ $member ($written) })+)?)*
                $($({ $also ($also_written) })+)?
            ]
        }
        $crate::record_cached! { @cached [$($cached)?] $name $this [$($then)?]
            [
                $(
                    $($({ $once $member ($($once_value)?) })+)?
                    $($({ $column $member ($($value)?) })+)?
                )*
            ]
            { $($member = $crate::record_rows!(@value $type
                [$($(=> $once_read)?)? $($(=> $read)?)? $(=> $computed)?]
                $($($once)+)? $($($column)+)?),)* }
        }
        $crate::record_requests! { @empty [$(($empty $(, $empty_argument: $empty_type)*))?]
            $name [$({ $member ($($start)?) ($($kind ($($initial)?))?) })*]
        }
        $crate::record_form! { @form [$(($form) $({ $field $label ($($text)?) })*)?] $name $this }
        $crate::record_requests! { @new [$($($new)*)?] $name [$({
            $member [$($doc)*] ($($start)?)
            ($($kind $input; ($($initial)?) [$($input_doc)? $($input_new)?])?)
            ($($given_kind $given; [$($given_doc)? $($given_new)?])?
                $(optional $given_once; [$($given_once_doc)?])?)
        })*] }
        $crate::record_requests! { @change [$($($change)*)?] $name [$({
            $member [$($doc)*]
            ($($kind $input; [$($input_doc)? $($input_change)?])?)
            ($($given_kind $given; [$($given_doc)? $($given_change)?])?)
        })*] }
    };
}
