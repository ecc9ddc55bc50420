//! One file for each command.

mod demo;
mod etl_plan;
mod etl_run;
mod etl_runs;
mod etl_schedule;
mod etl_verify;
mod gateway;
mod lake;
mod model_check;
mod query;
mod serve;
mod sql;
mod synth;

use crate::args::{Command, EtlCommand, ModelCommand};

/// Runs a command to its end.
pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(args) => demo::run(args).await,
        Command::Synth(args) => synth::run(&args),
        Command::Model(ModelCommand::Check { file, no_sources, format }) => {
            model_check::run(&file, no_sources, format).await
        }
        Command::Etl(EtlCommand::Run(args)) => etl_run::run(args).await,
        Command::Etl(EtlCommand::Plan(args)) => etl_plan::run(args).await,
        Command::Etl(EtlCommand::Verify(args)) => etl_verify::run(args).await,
        Command::Lake(command) => lake::run(command).await,
        Command::Etl(EtlCommand::Runs(args)) => etl_runs::run(args).await,
        Command::Etl(EtlCommand::Schedule(args)) => etl_schedule::run(args).await,
        Command::Query(args) => query::run(args).await,
        Command::Sql(args) => sql::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Gateway(args) => gateway::run(args).await,
    }
}
