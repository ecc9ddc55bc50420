//! A file that differs from what the log says.

use std::fmt;

use clio_proto::Period;

use crate::checksum::Checksum;

/// What to do about damage, the same in every message about it.
pub(crate) const MEND: &str = "`clio lake check` lists all that is damaged and what would mend it, \
                               `clio etl run --all` rebuilds what its sources allow";

/// A file of the lake that differs from what the log says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("file `{table}/{path}`{}: {problem}; {MEND}", of_period(*.period))]
pub struct Damage {
    /// The table's folder below the lake.
    pub table: String,
    /// The file, below the table's folder.
    pub path: String,
    /// The period of its partition; `None` in a table without partitions.
    pub period: Option<Period>,
    /// What is wrong with it.
    pub problem: DamageProblem,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DamageProblem {
    /// It is missing.
    #[error("it is gone")]
    Missing,
    /// Its length differs.
    #[error("it has {found} bytes, the log says {expected}")]
    Size {
        /// The length in the log.
        expected: u64,
        /// The length found.
        found: u64,
    },
    /// Its bytes differ.
    #[error("its checksum is {found}, the log says {expected}")]
    Checksum {
        /// The checksum in the log.
        expected: Checksum,
        /// The checksum found.
        found: Checksum,
    },
    /// It has no checksum in the log, and cannot be read to its end as Parquet.
    #[error("it cannot be read: {reason}")]
    Unreadable {
        /// What the reader reports.
        reason: String,
    },
    /// It has no checksum in the log, and its number of rows differs.
    #[error("it has {found} rows, the log says {expected}")]
    Rows {
        /// The number of rows in the log.
        expected: u64,
        /// The number of rows found.
        found: u64,
    },
}

impl Damage {
    /// The file, below the lake's folder.
    pub fn file(&self) -> String {
        format!("{}/{}", self.table, self.path)
    }

    /// The damage behind an error of a store, a decoder or an engine that read through a table's store,
    /// if any.
    pub fn behind<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        let mut causes = std::iter::successors(Some(error), |cause| cause.source());
        causes.find_map(|cause| cause.downcast_ref::<Self>())
    }
}

fn of_period(period: Option<Period>) -> impl fmt::Display {
    period.map(|period| format!(" (period {period})")).unwrap_or_default()
}
