//! Visits as rows: one of a person, and a row for each entry of the list.

use rusqlite::{OptionalExtension, params};

use super::row::{day, time};
use super::{Failure, Work};
use crate::annotation::Member;
use crate::visit::{Listed, Visit, VisitDraft};

pub(super) fn last(work: Work<'_>) -> Result<Option<Visit>, Failure> {
    let scope = params![work.scope.dataset, work.scope.person];
    let sql = "SELECT at_ms, through FROM visits WHERE dataset = ?1 AND person = ?2";
    let visit = |row: &rusqlite::Row<'_>| Ok((time(row.get(0)?), day(row, 1)?));
    let Some((at, through)) = work.transaction.query_row(sql, scope, visit).optional()? else {
        return Ok(None);
    };
    let sql = "SELECT field, value, kind FROM visited WHERE dataset = ?1 AND person = ?2 ORDER BY field, value, kind";
    let mut select = work.transaction.prepare(sql)?;
    let listed = select.query_map(scope, |row| {
        let member = Member { field: row.get(0)?, value: row.get(1)? };
        Ok(Listed { member, kind: row.get(2)? })
    })?;
    Ok(Some(Visit { at, through, listed: listed.collect::<rusqlite::Result<_>>()? }))
}

pub(super) fn keep(work: Work<'_>, draft: VisitDraft) -> Result<Visit, Failure> {
    let VisitDraft { through, listed } = draft;
    let (dataset, person) = (&work.scope.dataset, &work.scope.person);
    work.transaction.execute(
        "INSERT INTO visits (dataset, person, at_ms, through) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT DO UPDATE SET at_ms = excluded.at_ms, through = excluded.through",
        params![dataset, person, work.now.as_millisecond(), through.to_string()],
    )?;
    let sql = "DELETE FROM visited WHERE dataset = ?1 AND person = ?2";
    work.transaction.execute(sql, params![dataset, person])?;
    let sql =
        "INSERT INTO visited (dataset, person, field, value, kind) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = work.transaction.prepare(sql)?;
    for Listed { member: Member { field, value }, kind } in &listed {
        insert.execute(params![dataset, person, field, value, kind])?;
    }
    Ok(Visit { at: time(work.now.as_millisecond()), through, listed })
}
