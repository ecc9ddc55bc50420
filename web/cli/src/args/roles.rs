//! The arguments of `clio roles`.

use std::path::PathBuf;

use clap::Subcommand;
use clio_proto::Who;

use super::ReportFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum RolesCommand {
    /// Check a file of roles, and print what each role, or somebody, may see and do
    #[command(after_help = "\
Examples:
  clio roles check roles.toml --model media.toml
  clio roles check roles.toml --model media.toml --as user:ann@example.com,group:analysts")]
    Check {
        /// The file of roles
        file: PathBuf,
        /// A model, whose fields and measures the roles have to name
        #[arg(long, value_name = "FILE")]
        model: Option<PathBuf>,
        /// Print what somebody gets who is, and is in, and has, these: user:NAME, group:NAME, claim:NAME=VALUE
        #[arg(
            long = "as",
            value_name = "WHO,...",
            value_delimiter = ',',
            requires = "model",
            value_parser = who
        )]
        somebody: Vec<Who>,
        /// How the result is printed
        #[arg(long, value_enum, default_value = "text")]
        format: ReportFormat,
    },
}

fn who(text: &str) -> Result<Who, String> {
    text.parse().map_err(|()| {
        "expected user:NAME, key:NAME, service:NAME, group:NAME or claim:NAME=VALUE".to_owned()
    })
}
