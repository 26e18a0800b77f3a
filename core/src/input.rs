//! Reads client input field by field, so that one response names every invalid field.
//!
//! JSON bodies and HTML forms share one reader. Numbers are parsed from their text, never through a
//! float.

mod confirm;
mod field;
mod invisible;
pub mod number;
mod planned;
mod reader;
#[cfg(test)]
mod tests;
mod timestamp;

pub use confirm::{Confirmed, Pointers};
pub use field::{Change, Clearable, Field, LongText, Member, ModelYear, Odometer, Text, schema_of};
pub use invisible::strip_invisible;
pub use planned::{FilterDay, PlannedDay, WholeNumber};
pub use reader::{FieldValue, Reader};
pub use timestamp::Timestamp;

use super::error::FieldError;

/// Client input that [`Reader`] can read.
pub trait Input: Sized {
    /// Reads every field.
    ///
    /// # Errors
    /// All fields that are missing, invalid or unknown.
    fn read(reader: Reader) -> Result<Self, Vec<FieldError>>;
}

/// Declares an input: a struct whose members are read from JSON or a form under their camel-case
/// names, and its JSON schema. `requires any "a", "b";` after the struct rejects a request that has
/// none of these members, and reports the first as missing; `=> "vehicles-field-…"` before the
/// semicolon is the ID of another message.
///
/// [`crate::record!`] declares the inputs that add and change a record.
#[macro_export]
macro_rules! input {
    (
        $(#[doc = $about:literal])*
        $visibility:vis struct $name:ident {
            $($(#[doc = $doc:literal])* $field_visibility:vis $field:ident: $type:ty,)*
        }
        $(requires any $($required:literal),+ $(=> $why:literal)?;)?
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone)]
        $visibility struct $name {
            $($(#[doc = $doc])* $field_visibility $field: $type,)*
        }

        $crate::input! {
            @read $name [concat!($($about),*)] [$($($required),+ $(=> $why)?)?]
            $({ $field: $type, concat!($($doc),*) })*
        }
    };
    (
        @read $name:ident [$about:expr] [$($($required:literal),+ $(=> $why:literal)?)?]
        $({ $field:ident: $type:ty, $doc:expr })*
    ) => {
        impl $crate::input::Input for $name {
            fn read(
                mut reader: $crate::input::Reader,
            ) -> Result<Self, Vec<$crate::error::FieldError>> {
                $(reader.require_any(&[$($required),+], [$($why,)? "core-field-required"][0]);)?
                $(let $field = reader.member::<$type>(stringify!($field));)*
                reader.finish()?;
                // `finish` fails unless every member was read; the `else` only satisfies the types.
                Ok(Self { $($field: match $field { Some(it) => it, None => return Err(Vec::new()) },)* })
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::input::schema_of(
                    $about,
                    &[$((
                        stringify!($field),
                        $doc,
                        <$type as $crate::input::Member>::schema(),
                        <$type as $crate::input::Member>::REQUIRED,
                    ),)*],
                )
            }
        }
    };
}
