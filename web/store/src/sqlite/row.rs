//! What rows of all tables share: who wrote them, at which revision, and what remains after removal.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

use super::{Failure, MAX_REMOVED, Work};
use crate::error::{StoreError, Thing};
use crate::scope::{Revision, Stamp};

/// The columns of [`stamp`], in order.
pub(super) const STAMP: &str = "owner, created_ms, changed_by, changed_ms, revision";

/// The stamp that begins at a column.
pub(super) fn stamp(row: &Row<'_>, first: usize) -> rusqlite::Result<Stamp> {
    Ok(Stamp {
        owner: row.get(first)?,
        created_at: time(row.get(first + 1)?),
        changed_by: row.get(first + 2)?,
        changed_at: time(row.get(first + 3)?),
        revision: row.get(first + 4)?,
    })
}

/// The time in a column; the Unix epoch if it is out of range, which never happens with our own.
pub(super) fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

/// The day in a column.
pub(super) fn day(row: &Row<'_>, column: usize) -> rusqlite::Result<Date> {
    parsed(&row.get::<_, String>(column)?, column)
}

/// The day in a column, which may be null.
pub(super) fn maybe_day(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Date>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| parsed(&text, column)).transpose()
}

fn parsed(text: &str, column: usize) -> rusqlite::Result<Date> {
    let wrong =
        |error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error));
    text.parse().map_err(wrong)
}

/// The result of a query that counts rows.
pub(super) fn count(n_rows: i64) -> usize {
    usize::try_from(n_rows).unwrap_or_default()
}

/// A table of things with revisions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) thing: Thing,
    pub(super) name: &'static str,
    /// The plural, in words.
    pub(super) words: &'static str,
}

impl Table {
    /// Fails unless the thing is at the revision, is removed or not as expected, and belongs to the caller.
    pub(super) fn expect(
        self,
        work: Work<'_>,
        at: Revision,
        is_removed: bool,
    ) -> Result<(), Failure> {
        let thing = self.thing;
        let sql =
            format!("SELECT {STAMP}, is_removed FROM {} WHERE id = ?1 AND dataset = ?2", self.name);
        let found = work.transaction.query_row(&sql, params![at.id, work.scope.dataset], |row| {
            Ok((stamp(row, 0)?, row.get::<_, bool>(5)?))
        });
        let Some((stamp, was_removed)) = found.optional()? else {
            return Err(StoreError::NotFound { thing, id: at.id.to_string() }.into());
        };
        let Stamp { owner, changed_by: by, changed_at, revision, .. } = stamp;
        if owner != work.scope.person {
            return Err(StoreError::NotYours { thing, owner }.into());
        }
        if was_removed && !is_removed {
            return Err(StoreError::Removed { thing, by, at: changed_at }.into());
        }
        if revision != at.number || was_removed != is_removed {
            return Err(StoreError::Changed { thing, by, at: changed_at, revision }.into());
        }
        Ok(())
    }

    /// Records a change: who and when, and the next revision.
    pub(super) fn touch(self, work: Work<'_>, id: i64, is_removed: bool) -> Result<(), Failure> {
        let sql = format!(
            "UPDATE {} SET revision = revision + 1, changed_by = ?2, changed_ms = ?3, is_removed = ?4 WHERE id = ?1",
            self.name
        );
        let now = work.now.as_millisecond();
        work.transaction.execute(&sql, params![id, work.scope.person, now, is_removed])?;
        Ok(())
    }

    /// Deletes things that were removed long ago.
    pub(super) fn forget(self, work: Work<'_>) -> Result<(), Failure> {
        let name = self.name;
        let sql = format!(
            "DELETE FROM {name} WHERE is_removed = 1 AND dataset = ?1 AND id NOT IN (SELECT id FROM {name} \
             WHERE is_removed = 1 AND dataset = ?1 ORDER BY changed_ms DESC, id DESC LIMIT ?2)"
        );
        work.transaction.execute(&sql, params![work.scope.dataset, MAX_REMOVED])?;
        Ok(())
    }

    /// Fails if there is no room for one more of those that a condition on the dataset (`?1`) and the person (`?2`)
    /// selects.
    pub(super) fn expect_room(
        self,
        work: Work<'_>,
        condition: &str,
        limit: usize,
    ) -> Result<(), Failure> {
        let sql = format!("SELECT COUNT(*) FROM {} WHERE {condition}", self.name);
        let n_there: i64 = work.transaction.query_row(
            &sql,
            params![work.scope.dataset, work.scope.person],
            |row| row.get(0),
        )?;
        let n_there = count(n_there);
        if n_there < limit {
            return Ok(());
        }
        Err(StoreError::TooMany { part: self.words, value: n_there + 1, limit }.into())
    }
}
