//! Why a request cannot be carried out in this lake.

use clio_lake::Damage;
use jiff::civil::Date;

use super::words::{and_more, mend_of, retired_text, unreachable_text, whole_months_text};

/// Why a request cannot be carried out in this lake, with these files and this model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// No events at all.
    #[error("no events found for {days}; looked at {}", looked_at.join(", "))]
    NoEvents {
        /// The requested days.
        days: String,
        /// The sources with their addresses.
        looked_at: Vec<String>,
    },
    /// The model gives names another meaning than the lake does.
    #[error(
        "this lake cannot be continued with this model: {}; give a new name to whatever changes its meaning, or use \
         a new lake", differences.join("; ")
    )]
    OtherMeaning {
        /// The names whose meaning differs, with the difference.
        differences: Vec<String>,
    },
    /// The lake holds cells of another shape.
    #[error(
        "the model's cells differ from those in the lake: {}; use a new lake, or rebuild all {n_days} \
         days of this one in one run{}{}", differences.join("; "), retired_text(retired.as_ref()),
         unreachable_text(without_files)
    )]
    CellsDiffer {
        /// The differences, one per column.
        differences: Vec<String>,
        /// How many days the lake holds, including those of retired months.
        n_days: usize,
        /// Those of them whose files are gone, so that they cannot be rebuilt.
        without_files: Vec<Date>,
        /// The first and the last day of retired months, if there are any: such a month is rebuilt only on
        /// request.
        retired: Option<(Date, Date)>,
    },
    /// Some days of retired months, which can only be rebuilt as a whole.
    #[error(
        "{}: the days of a retired month have left the lake, and it can only be rebuilt whole; nothing was \
         committed; {}", months.join(", "), whole_months_text(*from, *to, without_files)
    )]
    MonthsRetired {
        /// The months.
        months: Vec<String>,
        /// The first day of the requested days and the months.
        from: Date,
        /// The last day of the requested days and the months.
        to: Date,
        /// Requested days of these months whose files are gone.
        without_files: Vec<Date>,
    },
    /// Files of the lake are damaged and not rebuilt by the run: the lake could not be served after it.
    #[error(
        "the lake is damaged where this run mends nothing: {}: {}{}; nothing was committed; {}",
        first.file(), first.problem, and_more(*n_more), mend_of(first, *is_retired)
    )]
    DamageStays {
        /// The first one, in the order of tables and paths.
        first: Box<Damage>,
        /// How many others there are.
        n_more: usize,
        /// Whether it is a month whose days have left the lake.
        is_retired: bool,
    },
}
