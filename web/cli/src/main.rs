//! `clio`: the one binary. It reads flags, files, environment and clock, starts the parts and prints;
//! it computes nothing.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command line is the one place that speaks to a terminal"
)]

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

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    logging::init(&cli.log, cli.log_format);
    storage::register();
    if cli.command.only_answers() {
        // `clio query … | head` ends with its reader, silently. Whoever writes or serves must not.
        sigpipe::reset();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the runtime could not be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
