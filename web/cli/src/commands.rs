//! One file for each command.

mod config_show;
mod demo;
mod etl_plan;
mod etl_run;
mod etl_runs;
mod etl_schedule;
mod etl_verify;
mod gateway;
mod keys;
mod lake;
mod lake_diff;
mod members;
mod model_check;
mod model_init;
mod outliers;
mod query;
mod query_file;
mod roles_check;
mod serve;
mod sql;
mod synth;

use crate::args::{Command, ConfigCommand, EtlCommand, ModelCommand, RolesCommand};
use crate::settings::InForce;

/// Runs a command to its end.
pub(crate) async fn run(command: Command, in_force: InForce) -> anyhow::Result<()> {
    let settings = &in_force.settings;
    match command {
        Command::Demo(args) => demo::run(args, settings).await,
        Command::Synth(args) => synth::run(&args),
        Command::Model(ModelCommand::Init(args)) => model_init::run(args).await,
        Command::Model(ModelCommand::Check { file, no_sources, lake, format }) => {
            model_check::run(&file, no_sources, lake.as_deref(), format).await
        }
        Command::Etl(EtlCommand::Run(args)) => etl_run::run(args).await,
        Command::Etl(EtlCommand::Plan(args)) => etl_plan::run(args).await,
        Command::Etl(EtlCommand::Verify(args)) => etl_verify::run(args).await,
        Command::Lake(command) => lake::run(command, settings).await,
        Command::Etl(EtlCommand::Runs(args)) => etl_runs::run(args).await,
        Command::Etl(EtlCommand::Schedule(args)) => etl_schedule::run(args).await,
        Command::Query(args) => query::run(args, settings).await,
        Command::Members(args) => members::run(args, settings).await,
        Command::Outliers(args) => outliers::run(args, settings).await,
        Command::Sql(args) => sql::run(args).await,
        Command::Roles(RolesCommand::Check { file, model, somebody, format }) => {
            roles_check::run(&file, model.as_deref(), &somebody, format)
        }
        Command::Serve => serve::run(settings).await,
        Command::Gateway => gateway::run(settings).await,
        Command::Keys(command) => keys::run(command),
        Command::Config(ConfigCommand::Show { format }) => {
            config_show::run(in_force, format);
            Ok(())
        }
    }
}
