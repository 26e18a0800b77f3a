//! The values of records as texts in forms.

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
