//! `clio`: the one binary. It reads flags, files, environment and clock, starts the parts and prints;
//! it computes nothing.

mod address;
mod allocator;
mod args;
mod commands;
mod door;
mod failure;
mod filter;
mod logging;
mod output;
mod progress;
mod signals;
mod storage;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::terminal::tell;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    logging::init(&cli.log, cli.log_format);
    storage::register();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell!("error: the runtime could not be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(commands::run(cli.command));
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
