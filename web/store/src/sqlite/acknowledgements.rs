//! Acknowledgements as rows.

use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, params};

use super::row::{STAMP, Table, count, day, stamp};
use super::{Failure, Work};
use crate::acknowledgement::{Acknowledgement, AcknowledgementDraft, AcknowledgementPage};
use crate::annotation::Member;
use crate::error::{StoreError, Thing};
use crate::scope::Revision;

const TABLE: Table =
    Table { thing: Thing::Acknowledgement, name: "acknowledgements", words: "acknowledgements" };

const COLUMNS: &str = "id, field, value, kind, since, through, note";

fn acknowledgement(row: &Row<'_>) -> rusqlite::Result<Acknowledgement> {
    Ok(Acknowledgement {
        id: row.get(0)?,
        member: Member { field: row.get(1)?, value: row.get(2)? },
        kind: row.get(3)?,
        since: day(row, 4)?,
        through: day(row, 5)?,
        note: row.get(6)?,
        stamp: stamp(row, 7)?,
    })
}

pub(super) fn page(work: Work<'_>, limit: usize) -> Result<AcknowledgementPage, Failure> {
    let condition = "FROM acknowledgements WHERE dataset = ?1 AND is_removed = 0";
    let counting = format!("SELECT COUNT(*) {condition}");
    let n_total = work.transaction.query_row(&counting, [&work.scope.dataset], |row| row.get(0))?;
    let sql = format!(
        "SELECT {COLUMNS}, {STAMP} {condition} ORDER BY created_ms DESC, id DESC LIMIT {limit}"
    );
    let mut select = work.transaction.prepare(&sql)?;
    let found = select.query_map([&work.scope.dataset], acknowledgement)?;
    let acknowledgements = found.collect::<rusqlite::Result<_>>()?;
    Ok(AcknowledgementPage { acknowledgements, n_total: count(n_total) })
}

/// The acknowledgement with an id, removed or not.
fn find(work: Work<'_>, id: i64) -> Result<Acknowledgement, Failure> {
    let sql =
        format!("SELECT {COLUMNS}, {STAMP} FROM acknowledgements WHERE dataset = ?1 AND id = ?2");
    let found = work.transaction.query_row(&sql, params![work.scope.dataset, id], acknowledgement);
    let missing = || StoreError::NotFound { thing: Thing::Acknowledgement, id: id.to_string() };
    Ok(found.optional()?.ok_or_else(missing)?)
}

/// Fails if some of the days are acknowledged already: whoever was first is named.
fn expect_open(
    work: Work<'_>,
    Member { field, value }: &Member,
    kind: &str,
    (since, through): (Date, Date),
) -> Result<(), Failure> {
    let sql = format!(
        "SELECT {STAMP} FROM acknowledgements WHERE dataset = ?1 AND field = ?2 AND value = ?3 AND kind = ?4 AND through >= ?5 \
         AND since <= ?6 AND is_removed = 0"
    );
    let days = [since, through].map(|day| day.to_string());
    let values = params![work.scope.dataset, field, value, kind, days[0], days[1]];
    let found = work.transaction.query_row(&sql, values, |row| stamp(row, 0)).optional()?;
    found.map_or(Ok(()), |stamp| {
        let (thing, by, at) = (Thing::Acknowledgement, stamp.changed_by, stamp.changed_at);
        Err(StoreError::Changed { thing, by, at, revision: stamp.revision }.into())
    })
}

pub(super) fn add(
    work: Work<'_>,
    draft: &AcknowledgementDraft,
) -> Result<Acknowledgement, Failure> {
    let AcknowledgementDraft { member, kind, since, through, note } = draft;
    expect_open(work, member, kind, (*since, *through))?;
    expect_room(work)?;
    work.transaction.execute(
        "INSERT INTO acknowledgements (dataset, owner, field, value, kind, since, through, note, created_ms, changed_by, changed_ms, \
         revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?2, ?9, 1)",
        params![
            work.scope.dataset,
            work.scope.person,
            member.field,
            member.value,
            kind,
            since.to_string(),
            through.to_string(),
            note,
            work.now.as_millisecond()
        ],
    )?;
    find(work, work.transaction.last_insert_rowid())
}

pub(super) fn change(
    work: Work<'_>,
    at: Revision,
    note: Option<&str>,
) -> Result<Acknowledgement, Failure> {
    TABLE.expect(work, at, false)?;
    work.transaction
        .execute("UPDATE acknowledgements SET note = ?2 WHERE id = ?1", params![at.id, note])?;
    TABLE.touch(work, at.id, false)?;
    find(work, at.id)
}

pub(super) fn remove(work: Work<'_>, at: Revision) -> Result<Acknowledgement, Failure> {
    TABLE.expect(work, at, false)?;
    TABLE.touch(work, at.id, true)?;
    TABLE.forget(work)?;
    find(work, at.id)
}

pub(super) fn restore(work: Work<'_>, at: Revision) -> Result<Acknowledgement, Failure> {
    TABLE.expect(work, at, true)?;
    let Acknowledgement { member, kind, since, through, .. } = find(work, at.id)?;
    expect_open(work, &member, &kind, (since, through))?;
    expect_room(work)?;
    TABLE.touch(work, at.id, false)?;
    find(work, at.id)
}

fn expect_room(work: Work<'_>) -> Result<(), Failure> {
    // `?2`, their owner, does not matter here.
    let condition = "dataset = ?1 AND ?2 IS NOT NULL AND is_removed = 0";
    TABLE.expect_room(work, condition, work.limits.max_acknowledgements)
}
