//! The tables, version by version. A shipped version is frozen: changes are another entry in the list.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::OpenError;

/// Distinguishes our files from other databases: "Clio".
const APPLICATION_ID: i64 = 0x436c_696f;

/// Each migrates a file from the version of its index to the next one.
const ALL: [&str; NEWEST as usize] = [VIEWS, ANNOTATIONS, LINKS, OUTLIERS];
/// The version that this program writes.
pub(super) const NEWEST: u32 = 4;

/// Ids are unique: the id of a thing that was removed for good is never reused.
const VIEWS: &str = "
CREATE TABLE views (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, address TEXT NOT NULL,
    is_shared INTEGER NOT NULL, created_ms INTEGER NOT NULL, changed_by TEXT NOT NULL, changed_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL, is_removed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE UNIQUE INDEX views_by_name ON views (dataset, owner, name) WHERE is_removed = 0;
CREATE TABLE default_views (
    dataset TEXT NOT NULL, person TEXT NOT NULL, view INTEGER NOT NULL REFERENCES views (id) ON DELETE CASCADE,
    PRIMARY KEY (dataset, person)) STRICT;
CREATE TABLE opened_views (
    person TEXT NOT NULL, view INTEGER NOT NULL REFERENCES views (id) ON DELETE CASCADE, opened_ms INTEGER NOT NULL,
    PRIMARY KEY (person, view)) STRICT;
CREATE INDEX default_views_by_view ON default_views (view);
CREATE INDEX opened_views_by_view ON opened_views (view);
";

const ANNOTATIONS: &str = "
CREATE TABLE annotations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset TEXT NOT NULL, owner TEXT NOT NULL, first_day TEXT NOT NULL, last_day TEXT NOT NULL,
    text TEXT NOT NULL, field TEXT, value TEXT, created_ms INTEGER NOT NULL, changed_by TEXT NOT NULL, changed_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL, is_removed INTEGER NOT NULL DEFAULT 0, CHECK ((field IS NULL) = (value IS NULL))) STRICT;
CREATE INDEX annotations_by_day ON annotations (dataset, last_day, first_day);
";

/// A link without answers is `is_automatic`: it shortens an address, and is deleted once many others have been used
/// since.
const LINKS: &str = "
CREATE TABLE links (
    id TEXT PRIMARY KEY, dataset TEXT NOT NULL, owner TEXT NOT NULL, address TEXT NOT NULL, snapshot INTEGER,
    is_automatic INTEGER NOT NULL, created_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL) STRICT;
CREATE INDEX links_by_use ON links (dataset, is_automatic, used_ms);
CREATE TABLE link_answers (
    link TEXT NOT NULL REFERENCES links (id) ON DELETE CASCADE, position INTEGER NOT NULL, name TEXT NOT NULL, n_named INTEGER NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (link, position)) STRICT;
";

/// What people do about outliers. Days are text, which sorts like the calendar; a mute of every kind has an empty one.
const OUTLIERS: &str = "
CREATE TABLE acknowledgements (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset TEXT NOT NULL, owner TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
    kind TEXT NOT NULL, since TEXT NOT NULL, through TEXT NOT NULL, note TEXT, created_ms INTEGER NOT NULL, changed_by TEXT NOT NULL,
    changed_ms INTEGER NOT NULL, revision INTEGER NOT NULL, is_removed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX acknowledgements_by_member ON acknowledgements (dataset, field, value, kind, through);
CREATE INDEX acknowledgements_by_time ON acknowledgements (dataset, is_removed, created_ms);
CREATE TABLE mutes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset TEXT NOT NULL, owner TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
    kind TEXT NOT NULL, until TEXT, created_ms INTEGER NOT NULL, changed_by TEXT NOT NULL, changed_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL, is_removed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE UNIQUE INDEX mutes_by_member ON mutes (dataset, owner, field, value, kind) WHERE is_removed = 0;
CREATE TABLE visits (
    dataset TEXT NOT NULL, person TEXT NOT NULL, at_ms INTEGER NOT NULL, through TEXT NOT NULL, PRIMARY KEY (dataset, person)) STRICT;
CREATE TABLE visited (
    dataset TEXT NOT NULL, person TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (dataset, person, field, value, kind)) STRICT;
";

/// Rejects a file that is damaged, or of another or a newer program.
pub(super) fn check(
    connection: &Connection,
    path: &Path,
    failed: impl Fn(&rusqlite::Error) -> OpenError,
) -> Result<(), OpenError> {
    let path = path.to_owned();
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let application = number("application_id").map_err(|error| failed(&error))?;
    let found = number("user_version").map_err(|error| failed(&error))?;
    let count = "SELECT COUNT(*) FROM sqlite_schema";
    let n_tables: i64 =
        connection.query_row(count, [], |row| row.get(0)).map_err(|error| failed(&error))?;
    let is_empty = n_tables == 0 && application == 0 && found == 0;
    if application != APPLICATION_ID && !is_empty {
        return Err(OpenError::Foreign { path });
    }
    let known = i64::from(NEWEST);
    if found > known {
        return Err(OpenError::Newer { path, found, known });
    }
    // Also checks indexes against their tables: a copy taken in the middle of a write would differ there.
    let first: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| failed(&error))?;
    if first == "ok" { Ok(()) } else { Err(OpenError::Damaged { path, reason: first }) }
}

/// Migrates a file to a version, completely or not at all. A file that already has the version stays as it is.
pub(super) fn migrate(connection: &mut Connection, version: u32) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read within the transaction: another gateway may have opened the file at the same time.
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for (before, migration) in (0..version).zip(ALL) {
        if before >= found {
            transaction.execute_batch(migration)?;
        }
    }
    if found < version {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    transaction.commit()
}
