//! Views as rows.

use rusqlite::{ErrorCode, OptionalExtension, Row, params};

use super::row::{Table, stamp, time};
use super::{Failure, Work};
use crate::error::{StoreError, Thing};
use crate::scope::Revision;
use crate::view::{View, ViewDraft};

const TABLE: Table = Table { thing: Thing::View, name: "views", words: "views" };

/// Reads views, for a dataset (`?1`) and a person (`?2`).
const SELECT: &str = "
SELECT v.id, v.name, v.address, v.is_shared, v.owner, v.created_ms, v.changed_by, v.changed_ms, v.revision,
       d.view IS NOT NULL, o.opened_ms
FROM views v
LEFT JOIN default_views d ON d.view = v.id AND d.dataset = v.dataset AND d.person = ?2
LEFT JOIN opened_views o ON o.view = v.id AND o.person = ?2
WHERE v.dataset = ?1 AND (v.owner = ?2 OR v.is_shared = 1)";

fn view(row: &Row<'_>) -> rusqlite::Result<View> {
    let opened: Option<i64> = row.get(10)?;
    Ok(View {
        id: row.get(0)?,
        name: row.get(1)?,
        address: row.get(2)?,
        is_shared: row.get(3)?,
        stamp: stamp(row, 4)?,
        is_default: row.get(9)?,
        opened_at: opened.map(time),
    })
}

pub(super) fn all(work: Work<'_>) -> Result<Vec<View>, Failure> {
    let sql = format!("{SELECT} AND v.is_removed = 0 ORDER BY v.name, v.id");
    let mut select = work.transaction.prepare(&sql)?;
    let found = select.query_map(params![work.scope.dataset, work.scope.person], view)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The view with an id, removed or not.
fn find(work: Work<'_>, id: i64) -> Result<View, Failure> {
    let sql = format!("{SELECT} AND v.id = ?3");
    let found =
        work.transaction.query_row(&sql, params![work.scope.dataset, work.scope.person, id], view);
    let missing = || StoreError::NotFound { thing: Thing::View, id: id.to_string() };
    Ok(found.optional()?.ok_or_else(missing)?)
}

/// The view with an id, if it is not removed.
fn find_there(work: Work<'_>, id: i64) -> Result<View, Failure> {
    let view = find(work, id)?;
    let is_removed: bool =
        work.transaction
            .query_row("SELECT is_removed FROM views WHERE id = ?1", [id], |row| row.get(0))?;
    if is_removed {
        let (by, at) = (view.stamp.changed_by, view.stamp.changed_at);
        return Err(StoreError::Removed { thing: Thing::View, by, at }.into());
    }
    Ok(view)
}

/// The index of names keeps two views from sharing one.
fn named(name: &str, written: rusqlite::Result<usize>) -> Result<(), Failure> {
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(StoreError::NameTaken { name: name.to_owned() }.into())
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn add(work: Work<'_>, draft: &ViewDraft) -> Result<View, Failure> {
    let condition = "dataset = ?1 AND owner = ?2 AND is_removed = 0";
    TABLE.expect_room(work, condition, work.limits.max_views)?;
    let ViewDraft { name, address, is_shared } = draft;
    let written = work.transaction.execute(
        "INSERT INTO views (dataset, owner, name, address, is_shared, created_ms, changed_by, changed_ms, revision) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?2, ?6, 1)",
        params![work.scope.dataset, work.scope.person, name, address, is_shared, work.now.as_millisecond()],
    );
    named(name, written)?;
    find(work, work.transaction.last_insert_rowid())
}

pub(super) fn change(work: Work<'_>, at: Revision, draft: &ViewDraft) -> Result<View, Failure> {
    TABLE.expect(work, at, false)?;
    let ViewDraft { name, address, is_shared } = draft;
    let written = work.transaction.execute(
        "UPDATE views SET name = ?2, address = ?3, is_shared = ?4 WHERE id = ?1",
        params![at.id, name, address, is_shared],
    );
    named(name, written)?;
    TABLE.touch(work, at.id, false)?;
    find(work, at.id)
}

pub(super) fn remove(work: Work<'_>, at: Revision) -> Result<View, Failure> {
    TABLE.expect(work, at, false)?;
    TABLE.touch(work, at.id, true)?;
    TABLE.forget(work)?;
    find(work, at.id)
}

pub(super) fn restore(work: Work<'_>, at: Revision) -> Result<View, Failure> {
    TABLE.expect(work, at, true)?;
    let condition = "dataset = ?1 AND owner = ?2 AND is_removed = 0";
    TABLE.expect_room(work, condition, work.limits.max_views)?;
    let view = find(work, at.id)?;
    let written =
        work.transaction.execute("UPDATE views SET is_removed = 0 WHERE id = ?1", [at.id]);
    named(&view.name, written)?;
    TABLE.touch(work, at.id, false)?;
    find(work, at.id)
}

pub(super) fn open(work: Work<'_>, id: i64) -> Result<View, Failure> {
    find_there(work, id)?;
    work.transaction.execute(
        "INSERT INTO opened_views (person, view, opened_ms) VALUES (?1, ?2, ?3) \
         ON CONFLICT DO UPDATE SET opened_ms = excluded.opened_ms",
        params![work.scope.person, id, work.now.as_millisecond()],
    )?;
    find(work, id)
}

pub(super) fn set_default(work: Work<'_>, id: Option<i64>) -> Result<Option<View>, Failure> {
    let Some(id) = id else {
        work.transaction.execute(
            "DELETE FROM default_views WHERE dataset = ?1 AND person = ?2",
            params![work.scope.dataset, work.scope.person],
        )?;
        return Ok(None);
    };
    find_there(work, id)?;
    work.transaction.execute(
        "INSERT INTO default_views (dataset, person, view) VALUES (?1, ?2, ?3) \
         ON CONFLICT DO UPDATE SET view = excluded.view",
        params![work.scope.dataset, work.scope.person, id],
    )?;
    find(work, id).map(Some)
}
