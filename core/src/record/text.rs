//! The names and statements of records, written at compile time.

/// The length of the longest statement.
const MAX_LENGTH: usize = 4096;

/// A text that is written at compile time; see [`crate::const_text!`].
#[derive(Debug)]
pub struct ConstText {
    bytes: [u8; MAX_LENGTH],
    length: usize,
}

impl ConstText {
    const fn new() -> Self {
        Self { bytes: [0; MAX_LENGTH], length: 0 }
    }

    const fn push_byte(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    /// Adds the bytes of `text` from `start` to `end`, exclusively.
    const fn push_range(&mut self, text: &[u8], start: usize, end: usize) {
        let mut at = start;
        while at < end {
            self.push_byte(text[at]);
            at += 1;
        }
    }

    const fn push(&mut self, text: &str) {
        self.push_range(text.as_bytes(), 0, text.len());
    }

    /// Adds a column, given as a Rust identifier: `r#type` is the column `type`.
    const fn push_column(&mut self, identifier: &str) {
        let bytes = identifier.as_bytes();
        let is_raw = bytes.len() > 2 && bytes[0] == b'r' && bytes[1] == b'#';
        self.push_range(bytes, if is_raw { 2 } else { 0 }, bytes.len());
    }

    /// Adds the columns, each with the prefix that is in `text` from `start` to `end`, exclusively.
    const fn push_columns(&mut self, columns: &[&str], text: &[u8], start: usize, end: usize) {
        let mut nth = 0;
        while nth < columns.len() {
            if nth > 0 {
                self.push(", ");
            }
            self.push_range(text, start, end);
            self.push_column(columns[nth]);
            nth += 1;
        }
    }

    /// Adds the placeholder of the bound value `number`, which is at least 1.
    const fn push_placeholder(&mut self, number: usize) {
        const DIGITS: &[u8; 10] = b"0123456789";
        self.push_byte(b'$');
        let mut unit = 1;
        while number / unit >= 10 {
            unit *= 10;
        }
        while unit > 0 {
            self.push_byte(DIGITS[number / unit % 10]);
            unit /= 10;
        }
    }

    /// The length in bytes.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// The bytes. `N` must be the length.
    #[must_use]
    pub const fn to_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        let mut at = 0;
        while at < N {
            bytes[at] = self.bytes[at];
            at += 1;
        }
        bytes
    }
}

/// `odometer_reading` → `odometerReading`.
#[must_use]
pub const fn camel_case(identifier: &str) -> ConstText {
    let mut snake = ConstText::new();
    snake.push_column(identifier);
    let mut text = ConstText::new();
    let mut at = 0;
    while at < snake.length {
        if snake.bytes[at] == b'_' {
            at += 1;
            text.push_byte(snake.bytes[at].to_ascii_uppercase());
        } else {
            text.push_byte(snake.bytes[at]);
        }
        at += 1;
    }
    text
}

/// Replaces `{*}` and `{f.*}` in a statement with the columns, and `{name}` with the text of that name;
/// see [`crate::select!`].
///
/// # Panics
/// If the statement contains neither, or another name. This is an error of compilation.
#[must_use]
pub const fn select(statement: &str, columns: &[&str], texts: &[(&str, &str)]) -> ConstText {
    let statement = statement.as_bytes();
    let mut text = ConstText::new();
    let mut is_replaced = false;
    let mut at = 0;
    while at < statement.len() {
        if statement[at] != b'{' {
            text.push_byte(statement[at]);
            at += 1;
            continue;
        }
        let start = at + 1;
        while statement[at] != b'}' {
            at += 1;
        }
        if statement[at - 1] == b'*' {
            text.push_columns(columns, statement, start, at - 1);
        } else {
            text.push(find(texts, statement, start, at));
        }
        is_replaced = true;
        at += 1;
    }
    assert!(is_replaced, "the statement does not contain {{*}}, {{f.*}} or a name");
    text
}

/// The text whose name is the part of `statement` from `start` to `end`, exclusively.
const fn find<'a>(
    texts: &[(&str, &'a str)],
    statement: &[u8],
    start: usize,
    end: usize,
) -> &'a str {
    let mut nth = 0;
    while nth < texts.len() {
        let name = texts[nth].0.as_bytes();
        let mut same = 0;
        while same < name.len() && start + same < end && name[same] == statement[start + same] {
            same += 1;
        }
        if same == name.len() && start + same == end {
            return texts[nth].1;
        }
        nth += 1;
    }
    panic!("the statement contains an unknown name")
}

/// `INSERT INTO table (owner, a, b) VALUES ($1, $2, $3)` and the `ON CONFLICT` clause. `owner` is the
/// column with the user, or empty.
#[must_use]
pub const fn insert(table: &str, owner: &str, columns: &[&str], conflict: &str) -> ConstText {
    let mut text = ConstText::new();
    text.push("INSERT INTO ");
    text.push(table);
    text.push(" (");
    text.push(owner);
    let first = if owner.is_empty() { 0 } else { 1 };
    let mut nth = 0;
    while nth < columns.len() {
        if first + nth > 0 {
            text.push(", ");
        }
        text.push_column(columns[nth]);
        nth += 1;
    }
    text.push(") VALUES (");
    let mut nth = 0;
    while nth < first + columns.len() {
        if nth > 0 {
            text.push(", ");
        }
        text.push_placeholder(nth + 1);
        nth += 1;
    }
    text.push(")");
    if !conflict.is_empty() {
        text.push(" ON CONFLICT ");
        text.push(conflict);
    }
    text
}

/// `UPDATE table SET a = $3, b = $4 WHERE owner = $1 AND key = $2`. `owner` is the column with the
/// user. `owner` or `key`, but not both, may be empty.
///
/// # Panics
/// If both are empty. This is an error of compilation.
#[must_use]
pub const fn update(table: &str, owner: &str, key: &str, columns: &[&str]) -> ConstText {
    assert!(!owner.is_empty() || !key.is_empty(), "a record needs a user or a key");
    let mut text = ConstText::new();
    text.push("UPDATE ");
    text.push(table);
    text.push(" SET ");
    let key_number = if owner.is_empty() { 1 } else { 2 };
    let first = if key.is_empty() { key_number } else { key_number + 1 };
    let mut nth = 0;
    while nth < columns.len() {
        if nth > 0 {
            text.push(", ");
        }
        text.push_column(columns[nth]);
        text.push(" = ");
        text.push_placeholder(first + nth);
        nth += 1;
    }
    text.push(" WHERE ");
    if !owner.is_empty() {
        text.push(owner);
        text.push(" = $1");
        if !key.is_empty() {
            text.push(" AND ");
        }
    }
    if !key.is_empty() {
        text.push_column(key);
        text.push(" = ");
        text.push_placeholder(key_number);
    }
    text
}

/// Evaluates to a [`ConstText`] as a `&'static str`, at compile time.
#[macro_export]
macro_rules! const_text {
    ($text:expr) => {{
        const LONG: &$crate::record::ConstText = &$text;
        const BYTES: [u8; LONG.length()] = LONG.to_bytes();
        const TEXT: &str = match ::std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("a name or a statement is not UTF-8"),
        };
        TEXT
    }};
}

/// A statement that reads records: `select!(FuelLog: "SELECT {f.*} FROM fuel_logs f
/// WHERE f.user_id = $1")`.
///
/// `{f.*}` becomes the record's columns with the prefix `f.`, `{*}` the columns without a prefix.
/// Columns are read by position, so every statement that reads records must be written like this.
///
/// Other names in braces become the texts that follow the statement: `select!(FuelLog: "SELECT {*} FROM
/// {table} WHERE user_id = $1", table = "fuel_logs")`.
#[macro_export]
macro_rules! select {
    ($record:ty: $statement:expr $(, $name:ident = $text:expr)* $(,)?) => {
        $crate::const_text!($crate::record::select(
            $statement,
            <$record as $crate::record::Record>::COLUMNS,
            &[$((stringify!($name), $text)),*]
        ))
    };
}
