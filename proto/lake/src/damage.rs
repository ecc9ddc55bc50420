//! A file that is not what the log says.

use std::fmt;

use clio_proto::Period;

use crate::checksum::Checksum;

/// What to do about damage, in the words of every message about it.
pub(crate) const MEND: &str = "`clio lake check` lists all that is damaged and what would mend it, \
                               `clio etl run --all` rebuilds what its sources allow";

/// A file of the lake that is not what the log says it is.
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
    /// It is not there.
    #[error("it is gone")]
    Missing,
    /// It has another length.
    #[error("it has {found} bytes, the log says {expected}")]
    Size {
        /// What the log says.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// It has other bytes.
    #[error("its checksum is {found}, the log says {expected}")]
    Checksum {
        /// What the log says.
        expected: Checksum,
        /// What is there.
        found: Checksum,
    },
    /// It has no checksum in the log, and is no Parquet file that can be read to its end.
    #[error("it cannot be read: {reason}")]
    Unreadable {
        /// What the reader says.
        reason: String,
    },
    /// It has no checksum in the log, and another number of rows.
    #[error("it has {found} rows, the log says {expected}")]
    Rows {
        /// What the log says.
        expected: u64,
        /// What is there.
        found: u64,
    },
}

impl Damage {
    /// The file below the lake's folder.
    pub fn file(&self) -> String {
        format!("{}/{}", self.table, self.path)
    }

    /// The damage behind an error of a store, a decoder or an engine that read through a table's store.
    pub fn behind<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        let mut causes = std::iter::successors(Some(error), |cause| cause.source());
        causes.find_map(|cause| cause.downcast_ref::<Self>())
    }
}

fn of_period(period: Option<Period>) -> impl fmt::Display {
    period.map(|period| format!(" (period {period})")).unwrap_or_default()
}
