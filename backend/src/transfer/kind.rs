//! The types of columns, independent of the engine.

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `BOOLEAN`, or `INTEGER` with 0 and 1.
    Bool,
    /// An integer of this many bytes.
    Int(u32),
    /// `NUMERIC(precision, scale)`, or an `INTEGER` in units of the last digit.
    Decimal {
        /// Total number of digits.
        precision: u32,
        /// Number of decimal places.
        scale: u32,
    },
    /// Text, with an optional maximum number of characters.
    Text(Option<usize>),
    /// `CHAR(n)`: trailing blanks are not significant.
    Char(usize),
    /// `BYTEA` or `BLOB`.
    Bytes,
    /// `UUID`, or a `BLOB` of 16 bytes.
    Uuid,
    /// `TIMESTAMP WITH TIME ZONE`, or `TEXT` in RFC 3339 format, with microseconds.
    Time,
    /// `DATE`, or `TEXT` such as 2026-01-31.
    Date,
    /// `JSONB`, or `TEXT`.
    Json,
}

impl Kind {
    /// Parses the type name returned by PostgreSQL's `format_type`.
    pub(super) fn of_postgres(declared: &str) -> Option<Self> {
        let (name, sizes) = match declared.split_once('(') {
            Some((name, rest)) => (name, rest.strip_suffix(')')?.split(',').collect()),
            None => (declared, Vec::new()),
        };
        let sizes: Vec<u32> = sizes.into_iter().map(str::parse).collect::<Result<_, _>>().ok()?;
        let length = |it: u32| usize::try_from(it).ok();
        Some(match (name, &sizes[..]) {
            ("boolean", []) => Self::Bool,
            ("smallint", []) => Self::Int(2),
            ("integer", []) => Self::Int(4),
            ("bigint", []) => Self::Int(8),
            // SQLite integers hold up to eighteen digits.
            ("numeric", &[precision @ 1..=18, scale]) if scale <= precision => {
                Self::Decimal { precision, scale }
            }
            ("text", []) => Self::Text(None),
            ("character varying", &[size]) => Self::Text(Some(length(size)?)),
            ("character", &[size]) => Self::Char(length(size)?),
            ("bytea", []) => Self::Bytes,
            ("uuid", []) => Self::Uuid,
            ("timestamp with time zone", []) => Self::Time,
            ("date", []) => Self::Date,
            ("jsonb", []) => Self::Json,
            _ => return None,
        })
    }

    /// Parses the type name of a STRICT SQLite table. Used if both databases are SQLite, so that values are
    /// copied as they are stored.
    pub(super) fn of_sqlite(declared: &str) -> Option<Self> {
        Some(match declared {
            "INTEGER" => Self::Int(8),
            "TEXT" => Self::Text(None),
            "BLOB" => Self::Bytes,
            _ => return None,
        })
    }

    /// The corresponding type in SQLite.
    pub(super) fn sqlite_type(self) -> &'static str {
        match self {
            Self::Bool | Self::Int(_) | Self::Decimal { .. } => "INTEGER",
            Self::Text(_) | Self::Char(_) | Self::Time | Self::Date | Self::Json => "TEXT",
            Self::Bytes | Self::Uuid => "BLOB",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn unsupported_column_types_are_unknown() {
        for declared in
            ["numeric", "numeric(20,2)", "numeric(4,6)", "real", "integer[]", "text(", ""]
        {
            assert_eq!(Kind::of_postgres(declared), None, "{declared}");
        }
        assert_eq!(Kind::of_sqlite("REAL"), None);
        let decimal = Kind::Decimal { precision: 8, scale: 3 };
        assert_eq!(Kind::of_postgres("numeric(8,3)"), Some(decimal));
        assert_eq!(Kind::of_postgres("character(64)"), Some(Kind::Char(64)));
    }
}
