//! What a query takes, counted as it is carried out.

use std::time::Instant;

use clio_proto::{Work, WorkStep};

use super::batch::Batch;
use super::groups::Groups;
use super::scratch::Unions;
use crate::snapshot::Chunk;

/// Notes when each step ends, and what was read.
#[derive(Debug)]
pub(crate) struct Clock {
    /// When the step began that is under way.
    since: Instant,
    work: Work,
}

impl Clock {
    /// Begins with the first step.
    pub(crate) fn start() -> Self {
        Self { since: Instant::now(), work: Work::default() }
    }

    /// A step has ended, and the next one begins.
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

    /// The filter left some cells of it.
    pub(super) fn selected(&mut self, batch: &Batch<'_>) {
        self.work.n_cells_selected += batch.n_rows();
    }

    /// All of it, when the last step has ended.
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
