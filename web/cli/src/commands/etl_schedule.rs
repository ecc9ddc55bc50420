//! `clio etl schedule`: runs that begin by themselves.

use std::time::{Duration, Instant};

use anyhow::Context;
use clio_etl::{Arrival, Config, Days, Schedule, Silent, Times, Trigger};
use jiff::tz::TimeZone;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::EtlScheduleArgs;
use crate::metrics::{Metrics, RunMetrics};
use crate::operators::{self, Readiness};
use crate::terminal::tell;
use crate::{address, clock, etl_config, run_report, signals};

/// Runs again and again until it is stopped.
pub(crate) async fn run(args: EtlScheduleArgs) -> anyhow::Result<()> {
    let first = config(&args)?;
    let times = args.cron.as_deref().map(|cron| times(cron, &args, &first)).transpose()?;
    let arrival =
        args.on_arrival.then(|| Arrival { poll: Duration::from_secs(u64::from(args.poll.get())) });
    let state = first.state.clone().context("a schedule has a state folder")?;
    let schedule = Schedule::open(&first, &state, times, arrival, clock::now())?;
    let mut tasks = JoinSet::new();
    let stop = signals::stop_token(&mut tasks);
    tell!("scheduled: {} into {}", args.model.display(), args.lake);
    let mut metrics = Metrics::new();
    let runs = metrics.add_runs();
    operators::start(args.metrics, metrics, Readiness::Always, &mut tasks, &stop).await?;
    keep(schedule, &args, first, &runs, &stop).await;
    stop.cancel();
    signals::join_all(tasks, &stop).await
}

fn times(cron: &str, args: &EtlScheduleArgs, config: &Config) -> anyhow::Result<Times> {
    let zone = match &args.timezone {
        Some(name) => TimeZone::get(name).with_context(|| {
            format!("`{name}` is not a time zone; give a name such as `Europe/Berlin`")
        })?,
        None => config.model.timezone().clone(),
    };
    Ok(Times::try_new(cron, zone)?)
}

/// The settings of the next run: the current model, the current time.
fn config(args: &EtlScheduleArgs) -> anyhow::Result<Config> {
    let mut config = etl_config::config(&args.model, address::folder(&args.lake)?)?;
    etl_config::engine(&mut config, &args.engine)?;
    Ok(config)
}

async fn keep(
    mut schedule: Schedule,
    args: &EtlScheduleArgs,
    mut known: Config,
    runs: &RunMetrics,
    stop: &CancellationToken,
) {
    loop {
        let trigger = tokio::select! {
            () = stop.cancelled() => return,
            trigger = schedule.next(&known, &clock::now) => trigger,
        };
        tell!("{}: {}", clock::now().strftime("%Y-%m-%dT%H:%M:%SZ"), reason(trigger));
        match config(args) {
            Ok(config) => known = config,
            Err(error) => {
                tell!("error: {error:#}");
                continue;
            }
        }
        runs.began(trigger, clock::now());
        let since = Instant::now();
        // Dropped at once when stopped: the journal tells the next start what was done.
        let result = tokio::select! {
            () = stop.cancelled() => {
                tell!("stopped during a run, which the next start resumes");
                return;
            }
            result = Box::pin(clio_etl::run(&known, Days::OutOfDate, &Silent)) => result,
        };
        schedule.ended(result.as_ref().err(), clock::now());
        runs.ended(result.as_ref().ok(), since.elapsed(), clock::now());
        match result {
            Ok(report) => run_report::print_report(&report),
            Err(error) => tell!("error: {error}"),
        }
    }
}

fn reason(trigger: Trigger) -> String {
    match trigger {
        Trigger::Time(time) => format!("run for {time}"),
        Trigger::Missed(time) => format!("run for {time}, which was missed"),
        Trigger::Arrival => "run: input arrived".to_owned(),
        Trigger::Again => "run again, since the cause of the last failure may be gone".to_owned(),
    }
}
