//! Where a page of an answer ends.

use std::fmt;
use std::str::FromStr;

use crate::id::SnapshotId;

/// A position between two rows of an answer, on one snapshot: `after` of the query for the next page.
///
/// Always true: rows of one query on one snapshot have one order, so a position is a number of rows. The text is only
/// to be read by whoever made it; it contains nothing that the answer does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The snapshot that the rows come from.
    pub snapshot: SnapshotId,
    /// The number of rows before the position.
    pub n_before: u64,
    /// The digest of the query: [`question_digest`](crate::question_digest).
    pub question: u64,
}

/// The version of the text.
const VERSION: &str = "c1";

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { snapshot, n_before, question } = self;
        write!(f, "{VERSION}-{}-{n_before}-{question:016x}", snapshot.0)
    }
}

/// A text that is not a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a cursor; expected one from an answer")]
pub struct CursorParseError(String);

impl FromStr for Cursor {
    type Err = CursorParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let mut parts = text.split('-');
            parts.next().filter(|version| *version == VERSION)?;
            let snapshot = SnapshotId(parts.next()?.parse().ok()?);
            let n_before = parts.next()?.parse().ok()?;
            let question = u64::from_str_radix(parts.next()?, 16).ok()?;
            Some(Self { snapshot, n_before, question })
        };
        // Only the canonical spelling, so that two cursors of one position are equal.
        let found = parsed().filter(|cursor| cursor.to_string() == text);
        found.ok_or_else(|| CursorParseError(crate::error::Shortened(text).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_alone() {
        let cursor = Cursor { snapshot: SnapshotId(7), n_before: 300, question: 0xab };
        assert_eq!(cursor.to_string(), "c1-7-300-00000000000000ab");
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in [
            "",
            "c1",
            "c2-7-300-00000000000000ab",
            "c1-7-300-ab",
            "c1-7-300-00000000000000AB",
            "c1-07-300-00000000000000ab",
            "c1-+7-300-00000000000000ab",
            "c1-7--300-00000000000000ab",
            "c1-7-300-00000000000000ab-",
            "c1-7-18446744073709551616-00000000000000ab",
        ] {
            let error = text.parse::<Cursor>().unwrap_err().to_string();
            assert_eq!(error, format!("`{text}` is not a cursor; expected one from an answer"));
        }
    }
}
