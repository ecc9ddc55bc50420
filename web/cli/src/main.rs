//! `clio`: the one binary. It reads flags, files, environment and clock, starts the parts and prints;
//! it computes nothing.

mod access;
mod address;
mod allocator;
mod args;
mod audit_file;
mod clock;
mod commands;
mod compare;
mod conditions;
mod cube;
mod door;
mod etl_config;
mod failure;
mod key_file;
mod logging;
mod metrics;
mod operators;
mod output;
mod progress;
mod run_report;
mod seed;
mod settings;
mod signals;
mod storage;
mod terminal;
mod tls;
mod usage;
mod watched;

use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches};

use crate::args::Cli;
use crate::settings::InForce;
use crate::terminal::tell;

fn main() -> ExitCode {
    let (cli, in_force) = match read_settings() {
        Ok(read) => read,
        Err(error) => return failure::report(&error),
    };
    logging::init(&in_force.settings.log_filter, &in_force.settings.log_format);
    storage::register();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell!("error: the runtime could not be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(commands::run(cli.command, in_force));
    let printed = terminal::finish();
    if let Err(error) = outcome {
        return failure::report(&error);
    }
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell!("error: the output could not be written to its end: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The requested command, and its settings. Wrong usage ends the process here, in `clap`'s words.
fn read_settings() -> anyhow::Result<(Cli, InForce)> {
    let matches = settings::add_flags(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let text = match &cli.config {
        Some(path) => Some(
            std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the settings `{}`", path.display()))?,
        ),
        None => None,
    };
    let name = cli.config.as_ref().map(|path| path.display().to_string());
    let file = name.as_deref().zip(text.as_deref());
    let in_force = settings::resolve(file, settings::given(&matches))?;
    Ok((cli, in_force))
}
