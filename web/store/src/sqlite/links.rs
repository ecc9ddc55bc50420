//! Links as rows.

use rusqlite::{OptionalExtension, params};

use super::row::{Table, time};
use super::{Failure, Work};
use crate::error::{StoreError, Thing};
use crate::link::{Link, LinkAnswer, LinkDraft};

const TABLE: Table = Table { thing: Thing::Link, name: "links", words: "links" };

pub(super) fn add(work: Work<'_>, draft: LinkDraft) -> Result<Link, Failure> {
    let Work { transaction, scope, .. } = work;
    let now = work.now.as_millisecond();
    for attempt in 0.. {
        let id = draft.id(&scope.dataset, &scope.person, attempt);
        match find(work, &id) {
            Ok(link) if says(&link, &draft) => return Ok(link),
            Ok(_) => continue,
            Err(Failure::Refused(StoreError::NotFound { .. })) => {}
            Err(failure) => return Err(failure),
        }
        let is_automatic = draft.is_automatic();
        if !is_automatic {
            let condition = "dataset = ?1 AND ?2 IS NOT NULL AND is_automatic = 0";
            TABLE.expect_room(work, condition, work.limits.max_links)?;
        }
        let LinkDraft { address, snapshot, answers } = draft;
        transaction.execute(
            "INSERT INTO links (id, dataset, owner, address, snapshot, is_automatic, created_ms, used_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
            params![id, scope.dataset, scope.person, address, snapshot, is_automatic, now],
        )?;
        for (position, LinkAnswer { name, n_named, body }) in (0_u32..).zip(answers.iter()) {
            transaction.execute(
                "INSERT INTO link_answers (link, position, name, n_named, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![id, position, name, n_named, body],
            )?;
        }
        forget(work)?;
        return find(work, &id);
    }
    unreachable!("one of four billion ids is free")
}

fn says(link: &Link, draft: &LinkDraft) -> bool {
    link.address == draft.address
        && link.snapshot == draft.snapshot
        && link.answers == draft.answers
}

/// Deletes the least recently used automatic links.
fn forget(work: Work<'_>) -> Result<(), Failure> {
    work.transaction.execute(
        "DELETE FROM links WHERE dataset = ?1 AND is_automatic = 1 AND id IN (SELECT id FROM links \
         WHERE dataset = ?1 AND is_automatic = 1 ORDER BY used_ms DESC, id LIMIT -1 OFFSET ?2)",
        params![work.scope.dataset, u32::try_from(work.limits.max_links).unwrap_or(u32::MAX)],
    )?;
    Ok(())
}

/// The link with an id; this counts as a use of it. Everyone who knows the id can find it.
pub(super) fn find(work: Work<'_>, id: &str) -> Result<Link, Failure> {
    let Work { transaction, scope, .. } = work;
    transaction.execute(
        "UPDATE links SET used_ms = ?3 WHERE id = ?1 AND dataset = ?2 AND is_automatic = 1",
        params![id, scope.dataset, work.now.as_millisecond()],
    )?;
    let found = transaction.query_row(
        "SELECT id, address, snapshot, owner, created_ms FROM links WHERE id = ?1 AND dataset = ?2",
        params![id, scope.dataset],
        |row| {
            Ok(Link {
                id: row.get(0)?,
                address: row.get(1)?,
                snapshot: row.get(2)?,
                answers: Vec::new(),
                owner: row.get(3)?,
                created_at: time(row.get(4)?),
            })
        },
    );
    let missing = || StoreError::NotFound { thing: Thing::Link, id: id.to_owned() };
    let mut link = found.optional()?.ok_or_else(missing)?;
    let mut select = transaction.prepare(
        "SELECT name, n_named, body FROM link_answers WHERE link = ?1 ORDER BY position",
    )?;
    let answers = select.query_map([id], |row| {
        Ok(LinkAnswer { name: row.get(0)?, n_named: row.get(1)?, body: row.get(2)? })
    })?;
    link.answers = answers.collect::<rusqlite::Result<_>>()?;
    Ok(link)
}
