//! Reading what a client sends, field by field, so that every field at fault is named at once.
//!
//! JSON bodies and HTML forms go through the same reader. Numbers are read from their own text,
//! never through a float.

mod confirm;
mod field;
mod hidden;
mod moment;
pub mod number;
mod planned;
mod reader;
#[cfg(test)]
mod tests;

pub use confirm::{Confirmed, Pointers};
pub use field::{Change, Clearable, Field, LongText, Member, ModelYear, Odometer, Text, schema_of};
pub use hidden::visible;
pub use moment::Moment;
pub use planned::{FilterDay, PlannedDay, Whole};
pub use reader::{Given, Reader};

use super::error::Fault;

/// What a client may send, read by [`Reader`].
pub trait Input: Sized {
    /// Reads every field, or tells of every one at fault.
    ///
    /// # Errors
    /// All fields that are missing, wrong or unknown.
    fn read(reader: Reader) -> Result<Self, Vec<Fault>>;
}

/// Declares what a client may send: a struct whose members are read from JSON or a form under
/// their camel-case names, with its JSON schema. `requires any "a", "b";` after the struct refuses a
/// request that has none of these members, and reports the first as missing; `=> "is required, or …"`
/// before the semicolon reports it in other words.
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

        impl $crate::core::input::Input for $name {
            fn read(
                mut reader: $crate::core::input::Reader,
            ) -> Result<Self, Vec<$crate::core::error::Fault>> {
                $(reader.require_any(&[$($required),+], [$($why,)? "is required"][0]);)?
                $(let $field = reader.member::<$type>(stringify!($field));)*
                reader.finish()?;
                // After `finish` every member was read; the `else` only satisfies the types.
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
                $crate::core::input::schema_of(
                    concat!($($about),*),
                    &[$((
                        stringify!($field),
                        concat!($($doc),*),
                        <$type as $crate::core::input::Member>::schema(),
                        <$type as $crate::core::input::Member>::REQUIRED,
                    ),)*],
                )
            }
        }
    };
}
