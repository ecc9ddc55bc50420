//! Annotations as rows. Days are text, which sorts like the calendar.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params, params_from_iter};

use super::row::{STAMP, Table, count, day, stamp};
use super::{Failure, Work};
use crate::annotation::{Annotation, AnnotationDraft, AnnotationPage, AnnotationsAsked, Member};
use crate::error::{StoreError, Thing};
use crate::scope::Revision;

const TABLE: Table = Table { thing: Thing::Annotation, name: "annotations", words: "annotations" };

const COLUMNS: &str = "id, first_day, last_day, text, field, value";

fn annotation(row: &Row<'_>) -> rusqlite::Result<Annotation> {
    let member = match (row.get(4)?, row.get(5)?) {
        (Some(field), Some(value)) => Some(Member { field, value }),
        _ => None,
    };
    Ok(Annotation {
        id: row.get(0)?,
        from: day(row, 1)?,
        to: day(row, 2)?,
        text: row.get(3)?,
        member,
        stamp: stamp(row, 6)?,
    })
}

pub(super) fn page(work: Work<'_>, asked: &AnnotationsAsked) -> Result<AnnotationPage, Failure> {
    let AnnotationsAsked { from, to, members, limit } = asked;
    let mut values: Vec<Value> = vec![
        work.scope.dataset.clone().into(),
        from.map_or_else(String::new, |day| day.to_string()).into(),
        // After every day.
        to.map_or_else(|| "~".to_owned(), |day| day.to_string()).into(),
    ];
    let mut about = "field IS NULL".to_owned();
    for Member { field, value } in members {
        values.extend([field.clone().into(), value.clone().into()]);
        let n_values = values.len();
        about.push_str(&format!(" OR (field = ?{} AND value = ?{n_values})", n_values - 1));
    }
    let condition = format!(
        "FROM annotations WHERE dataset = ?1 AND is_removed = 0 AND last_day >= ?2 AND first_day <= ?3 AND ({about})"
    );
    let counting = format!("SELECT COUNT(*) {condition}");
    let n_total =
        work.transaction.query_row(&counting, params_from_iter(&values), |row| row.get(0))?;
    let sql = format!(
        "SELECT {COLUMNS}, {STAMP} {condition} ORDER BY first_day DESC, last_day DESC, id DESC LIMIT {limit}"
    );
    let mut select = work.transaction.prepare(&sql)?;
    let found = select.query_map(params_from_iter(&values), annotation)?;
    let mut annotations: Vec<Annotation> = found.collect::<rusqlite::Result<_>>()?;
    annotations.reverse();
    Ok(AnnotationPage { annotations, n_total: count(n_total) })
}

/// The annotation with an id, removed or not.
fn find(work: Work<'_>, id: i64) -> Result<Annotation, Failure> {
    let sql = format!("SELECT {COLUMNS}, {STAMP} FROM annotations WHERE dataset = ?1 AND id = ?2");
    let found = work.transaction.query_row(&sql, params![work.scope.dataset, id], annotation);
    let missing = || StoreError::NotFound { thing: Thing::Annotation, id: id.to_string() };
    Ok(found.optional()?.ok_or_else(missing)?)
}

pub(super) fn add(work: Work<'_>, draft: &AnnotationDraft) -> Result<Annotation, Failure> {
    expect_room(work)?;
    let AnnotationDraft { from, to, text, member } = draft;
    let (field, value) = parts(member.as_ref());
    work.transaction.execute(
        "INSERT INTO annotations (dataset, owner, first_day, last_day, text, field, value, created_ms, changed_by, changed_ms, revision) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?2, ?8, 1)",
        params![
            work.scope.dataset,
            work.scope.person,
            from.to_string(),
            to.to_string(),
            text,
            field,
            value,
            work.now.as_millisecond()
        ],
    )?;
    find(work, work.transaction.last_insert_rowid())
}

pub(super) fn change(
    work: Work<'_>,
    at: Revision,
    draft: &AnnotationDraft,
) -> Result<Annotation, Failure> {
    TABLE.expect(work, at, false)?;
    let AnnotationDraft { from, to, text, member } = draft;
    let (field, value) = parts(member.as_ref());
    work.transaction.execute(
        "UPDATE annotations SET first_day = ?2, last_day = ?3, text = ?4, field = ?5, value = ?6 WHERE id = ?1",
        params![at.id, from.to_string(), to.to_string(), text, field, value],
    )?;
    TABLE.touch(work, at.id, false)?;
    find(work, at.id)
}

pub(super) fn remove(work: Work<'_>, at: Revision) -> Result<Annotation, Failure> {
    TABLE.expect(work, at, false)?;
    TABLE.touch(work, at.id, true)?;
    TABLE.forget(work)?;
    find(work, at.id)
}

pub(super) fn restore(work: Work<'_>, at: Revision) -> Result<Annotation, Failure> {
    TABLE.expect(work, at, true)?;
    expect_room(work)?;
    TABLE.touch(work, at.id, false)?;
    find(work, at.id)
}

fn expect_room(work: Work<'_>) -> Result<(), Failure> {
    // `?2`, their owner, does not matter here.
    let condition = "dataset = ?1 AND ?2 IS NOT NULL AND is_removed = 0";
    TABLE.expect_room(work, condition, work.limits.max_annotations)
}

fn parts(member: Option<&Member>) -> (Option<&str>, Option<&str>) {
    (member.map(|member| member.field.as_str()), member.map(|member| member.value.as_str()))
}
