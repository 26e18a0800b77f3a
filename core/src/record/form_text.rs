//! Records in forms: the values as texts, and the fields.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    money::{Currency, Money},
    units::{Distance, UnitPrice, Volume},
};

/// A value that can be shown in a form field.
pub trait FormText {
    /// The field's text, as a user would type it.
    fn form_text(&self) -> String;
}

impl<T: FormText> FormText for Option<T> {
    fn form_text(&self) -> String {
        self.as_ref().map(T::form_text).unwrap_or_default()
    }
}

/// Implements [`FormText`] for types whose text in a form is that of `Display`.
#[macro_export]
macro_rules! form_text_is_display {
    ($($type:ty),+ $(,)?) => {
        $(
            impl $crate::record::FormText for $type {
                fn form_text(&self) -> String {
                    self.to_string()
                }
            }
        )+
    };
}

form_text_is_display! { bool, i32, Currency, NaiveDate, String, Uuid }

impl FormText for Distance {
    fn form_text(&self) -> String {
        self.value()
    }
}

impl FormText for Volume {
    fn form_text(&self) -> String {
        self.value()
    }
}

impl FormText for UnitPrice {
    fn form_text(&self) -> String {
        self.text()
    }
}

impl FormText for Money {
    fn form_text(&self) -> String {
        self.number()
    }
}

/// The part of [`crate::record!`] that declares the fields of a form.
#[doc(hidden)]
#[macro_export]
macro_rules! record_form {
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
                let texts = [$($crate::record_form!(@text $this $field $text),)*];
                Self::LABELS.iter().map(|it| it.0).zip(texts).collect()
            }
        }
    };
    (@text $this:ident $field:ident ()) => {
        $crate::record::FormText::form_text(&$this.$field)
    };
    (@text $this:ident $field:ident ($text:expr)) => { $text };
}
