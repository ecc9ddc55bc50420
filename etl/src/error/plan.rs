//! Why what was asked for cannot be done in this lake.

use clio_lake::Damage;
use jiff::civil::Date;

use super::words::{and_more, mend_of, retired_text, unreachable_text, whole_months_text};

/// Why what was asked for cannot be done in this lake, with these files and this model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// No event at all.
    #[error("no events found for {days}; looked at {}", looked_at.join(", "))]
    NoEvents {
        /// The days asked for.
        days: String,
        /// The sources with their addresses.
        looked_at: Vec<String>,
    },
    /// The model gives names that the lake has another meaning.
    #[error(
        "this lake cannot go on with this model: {}; give what means something else a new name, or use \
         a new lake", differences.join("; ")
    )]
    OtherMeaning {
        /// What means something else.
        differences: Vec<String>,
    },
    /// The lake holds cells of another shape.
    #[error(
        "the model's cells differ from those in the lake: {}; use a new lake, or rebuild all {n_days} \
         days of this one in one run{}{}", differences.join("; "), retired_text(retired.as_ref()),
         unreachable_text(without_files)
    )]
    CellsDiffer {
        /// What differs, a column each.
        differences: Vec<String>,
        /// How many days the lake holds, those of retired months among them.
        n_days: usize,
        /// Those of them whose files are gone, so that no run can rebuild them.
        without_files: Vec<Date>,
        /// The first and the last of them, where months are retired: such a month is rebuilt only when it is
        /// asked for.
        retired: Option<(Date, Date)>,
    },
    /// Some days of retired months, which can only be rebuilt whole.
    #[error(
        "{}: the days of a retired month have left the lake, and it can only be rebuilt whole; nothing was \
         committed; {}", months.join(", "), whole_months_text(*from, *to, without_files)
    )]
    MonthsRetired {
        /// The months.
        months: Vec<String>,
        /// The first day of those asked for and of the months.
        from: Date,
        /// The last day of those asked for and of the months.
        to: Date,
        /// Days of the months whose files are gone, as far as they were asked for.
        without_files: Vec<Date>,
    },
    /// Files of the lake are damaged, and the run does not rebuild them: after it the lake could not be served.
    #[error(
        "the lake is damaged where this run mends nothing: {}: {}{}; nothing was committed; {}",
        first.file(), first.problem, and_more(*n_more), mend_of(first, *is_retired)
    )]
    DamageStays {
        /// The first one, in the order of tables and paths.
        first: Box<Damage>,
        /// How many others there are.
        n_more: usize,
        /// It is a month whose days have left the lake.
        is_retired: bool,
    },
}
