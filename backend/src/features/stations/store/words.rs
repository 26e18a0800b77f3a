//! Finds stations by words, with each engine's full-text index.

use sqlx::Result;

use crate::{
    core::{UserId, db::Tx, search_text::normalize},
    features::stations::{Station, store::stations},
    sql,
};

/// The maximum number of words to search for.
const MAX_WORDS: usize = 6;

/// Words that must all occur in a station's name, brand or address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::features::stations) struct SearchWords {
    /// A `LIKE` pattern for each word, which matches it anywhere. An empty word matches everything.
    pub(super) patterns: [String; MAX_WORDS],
    /// The alphanumeric parts of the words, for prefix matching.
    prefixes: Vec<String>,
}

impl SearchWords {
    /// Splits a text into words. Words beyond the maximum are ignored.
    pub(in crate::features::stations) fn of(text: &str) -> Self {
        let mut patterns = [const { String::new() }; MAX_WORDS];
        let mut prefixes = Vec::new();
        let text = normalize(text);
        let mut words = text.split_whitespace();
        for pattern in &mut patterns {
            let word = words.next().unwrap_or_default();
            // Escape wildcards.
            let escaped = word.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            *pattern = format!("%{escaped}%");
            let parts = word.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
            prefixes.extend(parts.map(str::to_owned));
        }
        Self { patterns, prefixes }
    }

    /// A full-text query for the prefixes, joined with `and` and formatted by `format`. Single characters
    /// match only whole words, since too many words start with them.
    fn index_query(&self, and: &str, format: fn(&str, bool) -> String) -> String {
        let words = self.prefixes.iter().map(|it| format(it, it.chars().count() > 1));
        words.collect::<Vec<_>>().join(and)
    }

    /// The query for PostgreSQL's `to_tsquery`.
    fn for_postgres(&self) -> String {
        let format = |it: &str, is_prefix| format!("'{it}'{}", if is_prefix { ":*" } else { "" });
        self.index_query(" & ", format)
    }

    /// The query for SQLite's FTS5. Without words, it matches nothing.
    fn for_sqlite(&self) -> String {
        let format = |it: &str, is_prefix| format!("\"{it}\"{}", if is_prefix { "*" } else { "" });
        let query = self.index_query(" AND ", format);
        if query.is_empty() { "\"\"".to_owned() } else { query }
    }
}

/// Adds the stations that this transaction inserted to SQLite's index.
pub(in crate::features::stations) async fn index_new(tx: &mut Tx) -> Result<u64> {
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

/// A `SELECT` over the user's favorites and up to 1,000 stations that the index finds.
macro_rules! search_with_index {
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

// A test checks the plans of both.
pub(in crate::features::stations) const IN_POSTGRES: &str = search_with_index!(
    "SELECT id FROM stations
     WHERE to_tsvector('simple', translate(search_key, '-./_@:+~&<>=?;', '              '))
           @@ to_tsquery('simple', $9)"
);
pub(in crate::features::stations) const IN_SQLITE: &str = search_with_index!(
    "SELECT n.station_id AS id FROM station_words w
     JOIN station_numbers n ON n.number = w.rowid WHERE w.words MATCH $9"
);

/// Finds up to `limit` stations that contain all of the words, the user's favorites first, then by name.
/// Words must match at the start of a word, except in favorites.
pub(in crate::features::stations) async fn search_by_words(
    tx: &mut Tx,
    user: &UserId,
    words: &SearchWords,
    limit: i64,
) -> Result<Vec<Station>> {
    let (statement, query) = match tx {
        Tx::Postgres { .. } => (IN_POSTGRES, words.for_postgres()),
        Tx::Sqlite(_) => (IN_SQLITE, words.for_sqlite()),
    };
    let [first, second, third, fourth, fifth, sixth] = &words.patterns;
    sql!(
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
        limit,
        &query,
    )
}

#[cfg(test)]
mod tests {
    use super::SearchWords;

    #[test]
    fn index_queries_contain_only_letters_and_digits() {
        let words = SearchWords::of("  Aral-TANK o'Neill \"x\" 5 & _%! one two");
        assert_eq!(words.patterns[0], "%aral-tank%");
        assert_eq!(words.patterns[5], "%!_!%!!%");
        assert_eq!(words.for_postgres(), "'aral':* & 'tank':* & 'o' & 'neill':* & 'x' & '5'");
        let expected = "\"aral\"* AND \"tank\"* AND \"o\" AND \"neill\"* AND \"x\" AND \"5\"";
        assert_eq!(words.for_sqlite(), expected);
        let accented = SearchWords::of("Café Cafe\u{301} STRASSE straße");
        assert_eq!(accented.patterns[..2], ["%cafe%", "%cafe%"]);
        assert_eq!(accented.for_postgres(), "'cafe':* & 'cafe':* & 'strasse':* & 'strasse':*");
        let nothing = SearchWords::of("- _ %");
        assert_eq!((nothing.for_postgres().as_str(), nothing.for_sqlite().as_str()), ("", "\"\""));
    }
}
