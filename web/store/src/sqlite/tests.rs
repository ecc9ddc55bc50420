//! The store in its file: what is kept, what is refused, and what a file outlives.

mod files;
mod kept;
mod outliers;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::annotation::Member;
use crate::error::Thing;
use crate::visit::Listed;

/// Each look at the clock is a second later.
fn clock() -> Timestamp {
    static SECONDS: AtomicI64 = AtomicI64::new(1_770_000_000);
    Timestamp::from_second(SECONDS.fetch_add(1, Ordering::Relaxed)).unwrap()
}

fn scope(person: &str) -> Scope {
    Scope { dataset: "media".to_owned(), person: person.to_owned() }
}

fn draft(name: &str) -> ViewDraft {
    ViewDraft { name: name.to_owned(), address: "/?last=7".to_owned(), is_shared: false }
}

fn at(view: &View) -> Revision {
    Revision { id: view.id, number: view.stamp.revision }
}

fn note(from: &str, to: &str, text: &str) -> AnnotationDraft {
    let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
    AnnotationDraft { from, to, text: text.to_owned(), member: None }
}

fn about(field: &str, value: &str) -> Member {
    Member { field: field.to_owned(), value: value.to_owned() }
}

/// A store in a folder of its own.
struct Kept {
    store: SqliteStore,
    file: PathBuf,
    folder: TempDir,
}

impl Kept {
    fn new() -> Self {
        Self::within(StoreLimits::default())
    }

    fn within(limits: StoreLimits) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("store.sqlite");
        let store = SqliteStore::open(&file, limits, clock).unwrap();
        Self { store, file, folder }
    }
}

fn open(file: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(file, StoreLimits::default(), clock)
}
