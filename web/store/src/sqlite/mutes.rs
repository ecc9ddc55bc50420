//! Mutes as rows. A kind that is not there is stored as empty text, so that an index can keep two mutes from saying the
//! same.

use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, params};

use super::row::{STAMP, Table, maybe_day, stamp};
use super::{Failure, Work};
use crate::annotation::Member;
use crate::error::{StoreError, Thing};
use crate::mute::{Mute, MuteDraft};
use crate::scope::Revision;

const TABLE: Table = Table { thing: Thing::Mute, name: "mutes", words: "mutes" };

const COLUMNS: &str = "id, field, value, kind, until";

/// Those of one person, who alone sees them.
const OWN: &str = "dataset = ?1 AND owner = ?2 AND is_removed = 0";

fn mute(row: &Row<'_>) -> rusqlite::Result<Mute> {
    let kind: String = row.get(3)?;
    Ok(Mute {
        id: row.get(0)?,
        member: Member { field: row.get(1)?, value: row.get(2)? },
        kind: Some(kind).filter(|kind| !kind.is_empty()),
        until: maybe_day(row, 4)?,
        stamp: stamp(row, 5)?,
    })
}

pub(super) fn all(work: Work<'_>) -> Result<Vec<Mute>, Failure> {
    let sql = format!("SELECT {COLUMNS}, {STAMP} FROM mutes WHERE {OWN} ORDER BY id DESC");
    let mut select = work.transaction.prepare(&sql)?;
    let found = select.query_map(params![work.scope.dataset, work.scope.person], mute)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The mute with an id, removed or not.
fn find(work: Work<'_>, id: i64) -> Result<Mute, Failure> {
    let sql = format!("SELECT {COLUMNS}, {STAMP} FROM mutes WHERE dataset = ?1 AND id = ?2");
    let found = work.transaction.query_row(&sql, params![work.scope.dataset, id], mute);
    let missing = || StoreError::NotFound { thing: Thing::Mute, id: id.to_string() };
    Ok(found.optional()?.ok_or_else(missing)?)
}

/// The id of the person's mute of a member and kind.
fn same(
    work: Work<'_>,
    Member { field, value }: &Member,
    kind: Option<&str>,
) -> Result<Option<i64>, Failure> {
    let sql =
        format!("SELECT id FROM mutes WHERE {OWN} AND field = ?3 AND value = ?4 AND kind = ?5");
    let kind = kind.unwrap_or_default();
    let values = params![work.scope.dataset, work.scope.person, field, value, kind];
    Ok(work.transaction.query_row(&sql, values, |row| row.get(0)).optional()?)
}

fn text(day: Option<Date>) -> Option<String> {
    day.map(|day| day.to_string())
}

pub(super) fn add(work: Work<'_>, draft: &MuteDraft) -> Result<Mute, Failure> {
    let MuteDraft { member, kind, until } = draft;
    if let Some(id) = same(work, member, kind.as_deref())? {
        let sql = "UPDATE mutes SET until = ?2 WHERE id = ?1";
        work.transaction.execute(sql, params![id, text(*until)])?;
        TABLE.touch(work, id, false)?;
        return find(work, id);
    }
    TABLE.expect_room(work, OWN, work.limits.max_mutes)?;
    work.transaction.execute(
        "INSERT INTO mutes (dataset, owner, field, value, kind, until, created_ms, changed_by, changed_ms, revision) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?2, ?7, 1)",
        params![
            work.scope.dataset,
            work.scope.person,
            member.field,
            member.value,
            kind.as_deref().unwrap_or_default(),
            text(*until),
            work.now.as_millisecond()
        ],
    )?;
    find(work, work.transaction.last_insert_rowid())
}

pub(super) fn remove(work: Work<'_>, at: Revision) -> Result<Mute, Failure> {
    TABLE.expect(work, at, false)?;
    TABLE.touch(work, at.id, true)?;
    TABLE.forget(work)?;
    find(work, at.id)
}

pub(super) fn restore(work: Work<'_>, at: Revision) -> Result<Mute, Failure> {
    TABLE.expect(work, at, true)?;
    let Mute { member, kind, until, .. } = find(work, at.id)?;
    if same(work, &member, kind.as_deref())?.is_some() {
        // It was muted again meanwhile: that one takes its day.
        return add(work, &MuteDraft { member, kind, until });
    }
    TABLE.expect_room(work, OWN, work.limits.max_mutes)?;
    TABLE.touch(work, at.id, false)?;
    find(work, at.id)
}
