//! The arguments of `clio members`.

use clap::Args;
use jiff::civil::Date;

use super::values::{count, day, version};
use super::{CubeAddress, ReportFormat};

#[derive(Debug, Args)]
pub(crate) struct MembersArgs {
    #[command(flatten)]
    pub(crate) from_where: CubeAddress,
    /// A dimension or an attribute (asset.title); by default all of them
    #[arg(long, value_name = "FIELD")]
    pub(crate) field: Option<String>,
    /// Text that the value or label contains
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Which cells count; several are joined with `and`
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Vec<String>,
    /// The first day of the cells that count
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) from: Option<Date>,
    /// The last day, inclusive
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) to: Option<Date>,
    /// How many members at most
    #[arg(long, default_value = "50", value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub(crate) limit: usize,
    /// Continue after the page that a search ended with, on its snapshot: its `end_cursor`
    #[arg(long, value_name = "CURSOR", conflicts_with = "offset")]
    pub(crate) after: Option<String>,
    /// Deprecated, use --after: members to skip, in whichever snapshot is the newest
    #[arg(long, default_value = "0", value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub(crate) offset: usize,
    /// A snapshot other than the newest
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(crate) snapshot: Option<u64>,
    /// How the members are printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}
