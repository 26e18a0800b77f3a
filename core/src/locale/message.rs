//! A message: the id of a text in the catalogs, and its arguments.

use std::{borrow::Cow, fmt, sync::OnceLock};

use askama::{
    FastWritable,
    filters::{Html as HtmlEscaper, HtmlSafe, escape},
};
use chrono::NaiveDate;
use fluent_bundle::{FluentArgs, FluentValue};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::{Locale, catalog, current, format, with_units};
use crate::{
    money::{Currency, Money},
    units::{Distance, UnitPrice, Volume},
};

/// The message with this id and these arguments: `t!("core-field-too-long", most = 200)`.
///
/// A test compares each use with the catalogs: the id, and the names of the arguments.
#[macro_export]
macro_rules! t {
    ($id:literal $(,)?) => {
        $crate::locale::Message::of({
            static TEXT: $crate::locale::PlainText =
                $crate::locale::PlainText::new($id);
            &TEXT
        })
    };
    ($id:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::locale::Message::new(
            $id,
            vec![$((stringify!($name), $crate::locale::Value::from($value))),*],
        )
    };
}

/// A text for people: its id in the catalogs, and its arguments. It becomes text where it is displayed, in
/// the [current] locale.
#[derive(Debug, Clone)]
pub struct Message {
    source: Source,
    /// Boxed, since every error can contain a message.
    args: Option<Box<Args>>,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    /// The catalogs, by id.
    Id(&'static str),
    /// A text without arguments, at one place in the code.
    Text(&'static PlainText),
}

/// A message without arguments, at one place in the code. It is looked up in each locale's catalog once:
/// a page shows up to a hundred of them.
#[derive(Debug)]
pub struct PlainText {
    id: &'static str,
    texts: [OnceLock<Cow<'static, str>>; Locale::ALL.len()],
}

impl PlainText {
    /// The message `id`.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        Self { id, texts: [const { OnceLock::new() }; Locale::ALL.len()] }
    }

    fn in_locale(&self, locale: Locale) -> &str {
        self.texts[locale.index()].get_or_init(|| catalog::plain(locale, self.id))
    }
}

/// The names and the values of a message's arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Args(Vec<(&'static str, Value)>);

/// An argument of a message. Values with units become text in the reader's units, where the message is
/// displayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, shown unchanged.
    Text(String),
    /// A count, which selects the plural.
    Number(i64),
    /// A day, such as `Jan 15, 2026`.
    Day(NaiveDate),
    /// An odometer reading or a distance, with the reader's unit: `84,537 km`.
    Reading(Distance),
    /// A distance in tenths of a millimeter, in whole units of the reader's: `84,537 km`.
    Distance(i64),
    /// A volume, with the reader's unit: `40.00 L`.
    Volume(Volume),
    /// An amount of money: `$1,036.02`.
    Money(Money),
    /// A price of fuel, per unit of the reader's: `€1.799/L`.
    UnitPrice(UnitPrice, Currency),
    /// The economy of a distance (tenths of a millimeter) on a volume (picoliters), with the reader's unit:
    /// `31.4 mpg`.
    Economy {
        /// The distance, in tenths of a millimeter.
        distance: i64,
        /// The volume, in picoliters.
        volume: i64,
    },
    /// Another message.
    Message(Box<Message>),
}

impl Message {
    /// The message `id` with these arguments. Use [`t!`](crate::t) where the id is a literal.
    #[must_use]
    pub fn new(id: &'static str, args: Vec<(&'static str, Value)>) -> Self {
        let args = (!args.is_empty()).then(|| Box::new(Args(args)));
        Self { source: Source::Id(id), args }
    }

    /// The message `id` without arguments.
    #[must_use]
    pub const fn plain(id: &'static str) -> Self {
        Self { source: Source::Id(id), args: None }
    }

    /// The message `text`.
    #[must_use]
    pub const fn of(text: &'static PlainText) -> Self {
        Self { source: Source::Text(text), args: None }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self.source {
            Source::Id(id) => id,
            Source::Text(text) => text.id,
        }
    }

    /// Its text in `locale`.
    #[must_use]
    pub fn text_in(&self, locale: Locale) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text, locale, false);
        text
    }

    /// A text or a value that no catalog contains, such as a number or what a user has entered. Any other
    /// text becomes a message only by its id:
    ///
    /// ```compile_fail
    /// use motovaultpro_core::locale::Message;
    ///
    /// let message: Message = "The odometer must be a number".into();
    /// ```
    #[must_use]
    pub fn verbatim(text: impl Into<Value>) -> Self {
        let text: Value = text.into();
        crate::t!("core-verbatim", text = text)
    }

    /// Its text as HTML: the tags of the catalog are tags, and the arguments are escaped.
    #[must_use]
    pub const fn html(self) -> Html {
        Html { message: self, links: Vec::new() }
    }

    /// Its text as HTML, with the catalog's `<link>` as a link to `href`.
    #[must_use]
    pub fn link(self, href: impl Into<Cow<'static, str>>) -> Html {
        self.html().tag("link", href)
    }

    fn write(&self, to: &mut impl fmt::Write, locale: Locale, is_html: bool) -> fmt::Result {
        let Some(given) = &self.args else {
            return match self.source {
                Source::Id(id) => to.write_str(&catalog::plain(locale, id)),
                Source::Text(text) => to.write_str(text.in_locale(locale)),
            };
        };
        let mut args = FluentArgs::with_capacity(given.0.len());
        for (name, value) in &given.0 {
            args.set(*name, value.in_locale(locale, is_html));
        }
        catalog::write(to, locale, self.id(), &args)
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id() && self.args == other.args
    }
}

impl Eq for Message {}

impl fmt::Display for Message {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(to, current(), false)
    }
}

impl std::error::Error for Message {}

impl FastWritable for Message {
    fn write_into(&self, to: &mut dyn fmt::Write, _: &dyn askama::Values) -> askama::Result<()> {
        Ok(self.write(&mut &mut *to, current(), false)?)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Message {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Message".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl Value {
    fn in_locale(&self, locale: Locale, is_html: bool) -> FluentValue<'_> {
        let text = |text: String| {
            let is_plain = !is_html || !text.contains(['<', '>', '&', '"', '\'']);
            FluentValue::from(if is_plain { text } else { escaped(&text) })
        };
        match self {
            Self::Text(it) if is_html => text(it.clone()),
            Self::Text(it) => FluentValue::from(it.as_str()),
            Self::Number(number) => FluentValue::from(*number),
            Self::Day(day) => FluentValue::from(format::day_in(locale, *day)),
            Self::Reading(it) => text(with_units(|units| units.reading_with_unit(*it))),
            Self::Distance(it) => text(with_units(|units| units.exact_distance_with_unit(*it))),
            Self::Volume(it) => text(with_units(|units| units.fuel_with_unit(*it))),
            Self::Money(it) => text(with_units(|units| units.amount(*it))),
            Self::UnitPrice(price, currency) => {
                text(with_units(|units| units.unit_price_with_unit(*price, *currency)))
            }
            Self::Economy { distance, volume } => {
                text(with_units(|units| units.exact_economy_with_unit(*distance, *volume)))
            }
            Self::Message(message) => text(message.text_in(locale)),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

impl From<&NaiveDate> for Value {
    fn from(day: &NaiveDate) -> Self {
        Self::Day(*day)
    }
}

impl From<Distance> for Value {
    fn from(reading: Distance) -> Self {
        Self::Reading(reading)
    }
}

impl From<Volume> for Value {
    fn from(volume: Volume) -> Self {
        Self::Volume(volume)
    }
}

impl From<Money> for Value {
    fn from(money: Money) -> Self {
        Self::Money(money)
    }
}

impl From<Message> for Value {
    fn from(message: Message) -> Self {
        Self::Message(Box::new(message))
    }
}

impl From<&Message> for Value {
    fn from(message: &Message) -> Self {
        Self::Message(Box::new(message.clone()))
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl From<$number> for Value {
            fn from(number: $number) -> Self {
                Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
            }
        }

        impl From<&$number> for Value {
            fn from(number: &$number) -> Self {
                Self::from(*number)
            }
        }
    )+};
}

numbers!(i16, i32, i64, u8, u16, u32, u64, usize);

/// A message as HTML. Created by [`Message::html`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html {
    message: Message,
    links: Vec<(&'static str, Cow<'static, str>)>,
}

impl Html {
    /// The catalog's tag `<name>` becomes a link to `href`.
    #[must_use]
    pub fn tag(mut self, name: &'static str, href: impl Into<Cow<'static, str>>) -> Self {
        self.links.push((name, href.into()));
        self
    }
}

impl fmt::Display for Html {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut html = String::new();
        self.message.write(&mut html, current(), true)?;
        for (name, href) in &self.links {
            let open = format!("<a href=\"{}\">", escaped(href));
            html = html.replace(&format!("<{name}>"), &open).replace(&format!("</{name}>"), "</a>");
        }
        to.write_str(&html)
    }
}

impl HtmlSafe for Html {}

fn escaped(text: &str) -> String {
    escape(text, HtmlEscaper).map(|it| it.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{Locale, Value, scope, set_units};
    use crate::units::{DistanceUnit, MILE, UnitFormatter};

    #[test]
    fn a_message_has_plurals_and_grouped_numbers() {
        assert_eq!(
            t!("core-fields-invalid", count = 12_345, names = "a, b").to_string(),
            "12,345 fields are invalid: a, b"
        );
    }

    #[test]
    fn arguments_are_escaped_in_html_and_catalog_tags_are_not() {
        let html = t!("core-test-link", name = "<b>x</b><link>").link("/a?b=\"c\"");
        let expected = "Open <a href=\"/a?b=&#34;c&#34;\">&#60;b&#62;x&#60;/b&#62;&#60;link&#62;</a> <b>now</b>";
        assert_eq!(html.to_string(), expected);
    }

    #[derive(askama::Template)]
    #[template(source = "{{ message }}", ext = "html")]
    struct Page {
        message: super::Message,
    }

    #[test]
    fn a_template_escapes_a_message_with_its_arguments() {
        let page = Page { message: t!("core-in-trash", title = "<script>\"") };
        let html = askama::Template::render(&page).unwrap();
        assert!(html.starts_with("&#60;script&#62;&#34; is in your trash"), "{html}");
    }

    #[tokio::test]
    async fn values_are_in_the_units_of_the_request() {
        let message = t!("core-verbatim", text = Value::Distance(10 * MILE));
        assert_eq!(message.to_string(), "10\u{a0}mi");
        let text = async {
            set_units(UnitFormatter { distance: DistanceUnit::Kilometers, ..Default::default() });
            message.to_string()
        };
        assert_eq!(scope(Locale::EnUs, text).await, "16\u{a0}km");
    }

    #[tokio::test]
    async fn a_message_is_in_the_locale_of_the_request() {
        let text = async { t!("core-fields-invalid", count = 2, names = "a, b").to_string() };
        assert_eq!(scope(Locale::Pseudo, text).await, "2 ƒííééļðš ááŕéé ííñṽááļííð: a, b");
    }
}
