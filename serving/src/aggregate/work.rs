//! The work of a query, counted during its execution.

use std::time::Instant;

use clio_proto::{Work, WorkStep};

use super::batch::Batch;
use super::groups::Groups;
use super::scratch::Unions;
use crate::snapshot::Chunk;

/// Records when each step ends, and what was read.
#[derive(Debug)]
pub(crate) struct Clock {
    /// When the current step began.
    since: Instant,
    work: Work,
}

impl Clock {
    /// Begins with the first step.
    pub(crate) fn start() -> Self {
        Self { since: Instant::now(), work: Work::default() }
    }

    /// Ends a step, and begins the next one.
    pub(crate) fn took(&mut self, step: WorkStep) {
        let now = Instant::now();
        self.work.steps.push((step, now - self.since));
        self.since = now;
    }

    /// A file is read.
    pub(super) fn read(&mut self, chunk: &Chunk) {
        self.work.n_files += 1;
        self.work.n_cells += u64::from(chunk.n_rows);
    }

    /// The filter left some of its cells.
    pub(super) fn selected(&mut self, batch: &Batch<'_>) {
        self.work.n_cells_selected += batch.n_rows();
    }

    /// All of it, after the last step.
    pub(super) fn done(self, groups: &Groups<'_>, unions: Unions) -> Work {
        Work {
            n_groups: groups.n_groups() as u64,
            n_estimates: unions.n_estimates,
            n_unions: unions.n_unions,
            coupon_bytes: unions.coupon_bytes,
            register_bytes: unions.register_bytes,
            bucket_bytes: unions.bucket_bytes,
            ..self.work
        }
    }
}
