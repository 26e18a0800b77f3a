//! The catalogs of messages, and one Fluent bundle for each locale.

use std::{borrow::Cow, fmt, sync::LazyLock};

use fluent_bundle::{
    FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle as ConcurrentBundle,
};
use unic_langid::LanguageIdentifier;

use super::{Locale, format, pseudo};

type Bundle = ConcurrentBundle<FluentResource>;

// `EN_US`: all files in `locales/en-US`, as listed by `build.rs`.
include!(concat!(env!("OUT_DIR"), "/catalogs.rs"));

/// Every locale's bundle, in the order of [`Locale::ALL`].
static BUNDLES: LazyLock<[Bundle; Locale::ALL.len()]> =
    LazyLock::new(|| Locale::ALL.map(|locale| bundle(locale, catalogs(locale))));

/// The catalogs of `locale`: each file's name, and what is in it. The pseudo-locale has those of American
/// English.
#[must_use]
pub const fn catalogs(locale: Locale) -> &'static [(&'static str, &'static str)] {
    match locale {
        Locale::EnUs | Locale::Pseudo => EN_US,
    }
}

/// A bundle of these catalogs. A test parses each of them and looks for duplicates: what cannot be read is
/// left out here.
fn bundle(locale: Locale, catalogs: &[(&str, &str)]) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![
        locale.tag().parse::<LanguageIdentifier>().unwrap_or_default(),
    ]);
    // The marks that isolate arguments are for text of both directions; no locale is written from right
    // to left.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match locale {
        Locale::EnUs => |value, _| number(Locale::EnUs, value),
        Locale::Pseudo => |value, _| number(Locale::Pseudo, value),
    }));
    if locale == Locale::Pseudo {
        bundle.set_transform(Some(pseudo::accent));
    }
    for (_, text) in catalogs {
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(it, _)| it);
        let _ = bundle.add_resource(resource);
    }
    bundle
}

/// A number within a message, as `locale` groups its digits.
fn number(locale: Locale, value: &FluentValue) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    Some(format::number_in(locale, &number.as_string()))
}

/// The message `id` in `locale`, without arguments. A message that is in no catalog is its own id, as Fluent
/// has it: a test compares all ids in the code with the catalogs.
pub(super) fn plain(locale: Locale, id: &'static str) -> Cow<'static, str> {
    let bundle = &BUNDLES[locale.index()];
    match bundle.get_message(id).and_then(|it| it.value()) {
        Some(pattern) => bundle.format_pattern(pattern, None, &mut Vec::new()),
        None => Cow::Borrowed(id),
    }
}

/// Writes the message `id` in `locale`; as for [`plain`], a missing one is its own id.
pub(super) fn write(
    to: &mut impl fmt::Write,
    locale: Locale,
    id: &str,
    args: &FluentArgs,
) -> fmt::Result {
    let bundle = &BUNDLES[locale.index()];
    match bundle.get_message(id).and_then(|it| it.value()) {
        Some(pattern) => bundle.write_pattern(to, pattern, Some(args), &mut Vec::new()),
        None => to.write_str(id),
    }
}
