//! The arguments of `clio outliers`.

use clap::Args;

use super::values::version;
use super::{CubeAddress, ReportFormat};

#[derive(Debug, Args)]
pub(crate) struct OutliersArgs {
    #[command(flatten)]
    pub(crate) from_where: CubeAddress,
    /// A snapshot that is not the newest
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(crate) snapshot: Option<u64>,
    /// How they are printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}
