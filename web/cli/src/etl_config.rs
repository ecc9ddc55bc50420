//! The etl's configuration, from flags, the model file, and the clock, cores and folders of this machine.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clio_etl::Days;
use clio_proto::{DayRange, Model, RunId};
use url::Url;

use crate::args::{DEFAULT_MEMORY, EtlEngine, EtlTarget};
use crate::usage::Usage;
use crate::{address, clock};

/// Applies the flags of how a run works.
pub(crate) fn engine(config: &mut clio_etl::Config, args: &EtlEngine) -> anyhow::Result<()> {
    if let Some(threads) = args.threads {
        config.n_threads = threads.get();
    }
    config.memory_bytes = Some(args.memory << 20);
    config.retry.max_attempts = args.attempts.get();
    config.state = Some(match &args.state {
        Some(folder) => folder.clone(),
        None => state_folder(&config.lake)?,
    });
    Ok(())
}

/// The default folder of a lake's journal: inside a lake that is a local folder, otherwise the folder that the
/// system keeps for such things of the user.
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
pub(crate) fn state_folder(lake: &Url) -> anyhow::Result<PathBuf> {
    if let Ok(folder) = lake.to_file_path() {
        return Ok(folder.join("_clio"));
    }
    let of_user = std::env::var("XDG_STATE_HOME").map(PathBuf::from);
    let of_user = of_user
        .or_else(|_| std::env::var("HOME").map(|home| Path::new(&home).join(".local/state")));
    let folder = of_user.map_err(|_| {
        Usage("there is no HOME for the journal of runs; give a folder with --state".to_owned())
    })?;
    Ok(folder.join("clio").join(clio_lake::Digest::of(lake.as_str()).to_string()))
}

/// The settings and the days that the arguments give.
pub(crate) fn target(args: &EtlTarget) -> anyhow::Result<(clio_etl::Config, Days)> {
    let days = match (args.date, args.from, args.to) {
        (Some(date), _, _) => Days::Range(range(date, date)?),
        (None, Some(from), Some(to)) => Days::Range(range(from, to)?),
        _ if args.all => Days::All,
        _ => Days::OutOfDate,
    };
    Ok((config(&args.model, address::folder(&args.lake)?)?, days))
}

/// The days from one to another.
pub(crate) fn range(from: jiff::civil::Date, to: jiff::civil::Date) -> Result<DayRange, Usage> {
    DayRange::try_new(from, to)
        .ok_or_else(|| Usage(format!("the range ends before it starts: from {from} to {to}")))
}

/// Reads a model file.
pub(crate) fn read_model(file: &Path) -> anyhow::Result<Model> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the model file `{name}`"))?;
    Ok(Model::parse(&name, &text)?)
}

/// A thread for each core of this machine.
pub(crate) fn n_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A name that no other run of a lake has: the time in microseconds, and the process id.
pub(crate) fn run_id(now: jiff::Timestamp) -> RunId {
    RunId::new(format!("{}-{:x}", now.strftime("%Y%m%dT%H%M%S%.6fZ"), std::process::id()))
}

/// The settings of a run on this machine: all its cores, the current time.
pub(crate) fn config(model_file: &Path, lake: Url) -> anyhow::Result<clio_etl::Config> {
    let now = clock::now();
    Ok(clio_etl::Config {
        lake,
        model: read_model(model_file)?,
        base: address::folder_of(model_file)?,
        run: run_id(now),
        now,
        n_threads: n_threads(),
        memory_bytes: Some(DEFAULT_MEMORY << 20),
        accept: None,
        state: None,
        retry: clio_etl::Retry::default(),
    })
}
