//! Stations by their words, by each engine's own index over text.

use sqlx::Result;

use crate::{
    core::{UserId, db::Tx, fold::folded},
    features::stations::{Station, model::Row, store::stations},
    sql,
};

/// The most words of a search that are looked for.
const WORDS: usize = 6;

/// Words that a station's name, brand and address are to have, all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::features::stations) struct Words {
    /// Each as a pattern of `LIKE` that finds it anywhere; an empty one is in any.
    pub(super) patterns: [String; WORDS],
    /// What each begins with, in letters and digits alone.
    beginnings: Vec<String>,
}

impl Words {
    /// The words of a text. More than are looked for are left out.
    pub(in crate::features::stations) fn of(text: &str) -> Self {
        let mut patterns = [const { String::new() }; WORDS];
        let mut beginnings = Vec::new();
        let text = folded(text);
        let mut words = text.split_whitespace();
        for pattern in &mut patterns {
            let word = words.next().unwrap_or_default();
            // What `LIKE` takes for a placeholder stands for itself.
            let plain = word.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            *pattern = format!("%{plain}%");
            let parts = word.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
            beginnings.extend(parts.map(str::to_owned));
        }
        Self { patterns, beginnings }
    }

    /// What begins with them, as an engine's index is asked: each word written by `one`. A single
    /// letter stands for itself: too much begins with it.
    fn asked(&self, and: &str, one: fn(&str, bool) -> String) -> String {
        let words = self.beginnings.iter().map(|it| one(it, it.chars().count() > 1));
        words.collect::<Vec<_>>().join(and)
    }

    /// As PostgreSQL's `to_tsquery` reads it.
    fn for_postgres(&self) -> String {
        let one = |it: &str, is_part| format!("'{it}'{}", if is_part { ":*" } else { "" });
        self.asked(" & ", one)
    }

    /// As SQLite's FTS5 reads it: nothing where there is nothing to ask.
    fn for_sqlite(&self) -> String {
        let one = |it: &str, is_part| format!("\"{it}\"{}", if is_part { "*" } else { "" });
        let asked = self.asked(" AND ", one);
        if asked.is_empty() { "\"\"".to_owned() } else { asked }
    }
}

/// Has SQLite's index take in the words of the stations that this transaction has added.
pub(in crate::features::stations) async fn take_in(tx: &mut Tx) -> Result<u64> {
    let Tx::Sqlite(_) = tx else { return Ok(0) };
    sql!(
        tx,
        execute,
        "INSERT INTO station_words (rowid, words)
         SELECT n.number, s.search_key
         FROM station_numbers n JOIN stations s ON s.id = n.station_id
         WHERE n.number > (SELECT COALESCE(MAX(rowid), 0) FROM station_words)",
    )
}

/// A statement over the stations that the index finds and the user's favourites. Of more than a
/// thousand that the index finds, a thousand are looked at.
macro_rules! found_by {
    ($index:literal) => {
        stations!(
            "WHERE s.id IN (SELECT id FROM (",
            $index,
            " LIMIT 1000) AS found
               UNION ALL SELECT station_id FROM station_favorites WHERE user_id = $1)
               AND s.search_key LIKE $2 ESCAPE '!' AND s.search_key LIKE $3 ESCAPE '!'
               AND s.search_key LIKE $4 ESCAPE '!' AND s.search_key LIKE $5 ESCAPE '!'
               AND s.search_key LIKE $6 ESCAPE '!' AND s.search_key LIKE $7 ESCAPE '!'
             ORDER BY CASE WHEN f.station_id IS NULL THEN 1 ELSE 0 END, s.name, s.id LIMIT $8"
        )
    };
}

/// A test holds either's plan.
pub(in crate::features::stations) const IN_POSTGRES: &str = found_by!(
    "SELECT id FROM stations
     WHERE to_tsvector('simple', translate(search_key, '-./_@:+~&<>=?;', '              '))
           @@ to_tsquery('simple', $9)"
);
pub(in crate::features::stations) const IN_SQLITE: &str = found_by!(
    "SELECT n.station_id AS id FROM station_words w
     JOIN station_numbers n ON n.number = w.rowid WHERE w.words MATCH $9"
);

/// At most `most` stations with words that begin like all of these, by name, the user's favourites
/// first; of those, it may stand anywhere.
pub(in crate::features::stations) async fn named(
    tx: &mut Tx,
    user: &UserId,
    words: &Words,
    most: i64,
) -> Result<Vec<Station>> {
    let (statement, asked) = match tx {
        Tx::Postgres { .. } => (IN_POSTGRES, words.for_postgres()),
        Tx::Sqlite(_) => (IN_SQLITE, words.for_sqlite()),
    };
    let [first, second, third, fourth, fifth, sixth] = &words.patterns;
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        statement,
        user.as_str(),
        first,
        second,
        third,
        fourth,
        fifth,
        sixth,
        most,
        &asked,
    )?;
    Ok(rows.into_iter().map(Station::from).collect())
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn words_are_asked_for_in_letters_and_digits_alone() {
        let words = Words::of("  Aral-TANK o'Neill \"x\" 5 & _%! one two");
        assert_eq!(words.patterns[0], "%aral-tank%");
        assert_eq!(words.patterns[5], "%!_!%!!%");
        assert_eq!(words.for_postgres(), "'aral':* & 'tank':* & 'o' & 'neill':* & 'x' & '5'");
        let asked = "\"aral\"* AND \"tank\"* AND \"o\" AND \"neill\"* AND \"x\" AND \"5\"";
        assert_eq!(words.for_sqlite(), asked);
        let accented = Words::of("Café Cafe\u{301} STRASSE straße");
        assert_eq!(accented.patterns[..2], ["%cafe%", "%cafe%"]);
        assert_eq!(accented.for_postgres(), "'cafe':* & 'cafe':* & 'strasse':* & 'strasse':*");
        let nothing = Words::of("- _ %");
        assert_eq!((nothing.for_postgres().as_str(), nothing.for_sqlite().as_str()), ("", "\"\""));
    }
}
