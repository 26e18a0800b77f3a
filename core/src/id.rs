//! The types of ids.

/// Declares the type of a record's id: `id! { /// The id of a vehicle. pub VehicleId }`. It is a
/// UUID in the database and in the API.
#[macro_export]
macro_rules! id {
    ($(#[$attribute:meta])* $visibility:vis $name:ident) => {
        $(#[$attribute])*
        #[derive(
            Debug,
            Clone,
            Copy,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            serde::Serialize,
            serde::Deserialize,
            schemars::JsonSchema,
            sqlx_derive::Type,
        )]
        #[serde(transparent)]
        $visibility struct $name($visibility uuid::Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        $crate::column_as_is! { $name }
        $crate::form_text_is_display! { $name }

        impl $crate::http::SortValue for $name {
            fn last() -> Self {
                Self($crate::http::SortValue::last())
            }

            fn text(self) -> String {
                $crate::http::SortValue::text(self.0)
            }

            fn parse(text: &str) -> Option<Self> {
                $crate::http::SortValue::parse(text).map(Self)
            }
        }
    };
}
