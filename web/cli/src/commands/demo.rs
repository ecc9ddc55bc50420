//! `clio demo`: everything in one process and one folder.
//!
//! ```text
//! DIR/events/        what `clio synth` writes, with media.toml and previews
//! DIR/lake/          what `clio etl run` makes of it
//! DIR/store.sqlite  views, annotations and short links, unless `--store` names another file
//! ```
//!
//! What exists already is reused, so a second start takes seconds.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clio_etl::Days;
use clio_serving::{Cubes, ServingConfig};
use clio_web::GatewayConfig;
use tokio::task::JoinSet;

use crate::args::DemoArgs;
use crate::commands::{gateway, synth};
use crate::door::Guard;
use crate::metrics::Metrics;
use crate::operators::{self, Readiness};
use crate::progress::Bars;
use crate::settings::Settings;
use crate::terminal::{say, tell};
use crate::{address, door, etl_config, run_report, seed, signals, tls};

/// Makes what is missing, then serves until it is stopped.
pub(crate) async fn run(args: DemoArgs, settings: &Settings) -> anyhow::Result<()> {
    door::check("--http", settings.http, Guard::None, settings.gateway.is_insecure)?;
    door::raise_file_handles();
    // The address is bound first: better to fail now than after minutes of work.
    let listener = gateway::listen(settings.http).await?;
    let mut tasks = JoinSet::new();
    let stop = signals::stop_token(&mut tasks);
    let tls = tls::of_gateway(&settings.tls, &mut tasks, &stop)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let page = format!("{scheme}://{}", listener.local_addr()?);
    let events = args.data.join("events");
    let lake_folder = args.data.join("lake");
    make_events(&args, &events)?;
    let lake = address::folder(&lake_folder.to_string_lossy())?;
    make_lake(&events, &lake_folder, lake.clone()).await?;

    let cubes =
        Cubes::start(ServingConfig { seed: seed::of_this_process(), ..settings.serving(lake) })?;
    let (follower, follower_stop) = (Arc::clone(&cubes), stop.clone());
    tasks.spawn(async move {
        follower_stop.run_until_cancelled(follower.load()).await;
        follower.follow(follower_stop).await;
        Ok(())
    });
    let mut metrics = Metrics::new();
    metrics.add_serving(&cubes);
    let service = metrics.add_calls(Arc::<Cubes>::clone(&cubes));
    let requests = metrics.add_requests();
    let own_store = args.data.join("store.sqlite");
    let store = gateway::store(Some(settings.store.file.as_ref().unwrap_or(&own_store)), settings)?;
    let config = GatewayConfig {
        tls,
        store,
        media_dir: Some(events),
        requests: Some(requests),
        seed: seed::of_this_process(),
        ..settings.gateway.clone()
    };
    let server_stop = stop.clone();
    tasks.spawn(async move { Ok(clio_web::serve(service, config, listener, server_stop).await?) });
    say!("dashboard: {page}   (GraphQL: {page}/graphiql, stop: Ctrl+C)");
    let readiness = Readiness::Snapshot(cubes);
    operators::start(settings.operators.gateway, metrics, readiness, &mut tasks, &stop).await?;
    if args.open && webbrowser::open(&page).is_err() {
        tell!("no browser could be opened; the page is at {page}");
    }
    signals::join_all(tasks, &stop).await
}

fn make_events(args: &DemoArgs, events: &Path) -> anyhow::Result<()> {
    if is_there(&events.join("media.toml"))? {
        say!("events: using {}", events.display());
        return Ok(());
    }
    std::fs::create_dir_all(&args.data)
        .with_context(|| format!("cannot make the folder `{}`", args.data.display()))?;
    let config = synth::preset(args.scale);
    say!("events: making about {} in {}", config.n_events, events.display());
    clio_synth::generate(&config, events, &Bars::new())?;
    Ok(())
}

async fn make_lake(events: &Path, folder: &Path, lake: url::Url) -> anyhow::Result<()> {
    if is_there(&folder.join(clio_lake::CELLS_TABLE).join("_delta_log"))? {
        say!("lake: using {}", folder.display());
        return Ok(());
    }
    say!("lake: rolling up into {}", folder.display());
    let config = etl_config::config(&events.join("media.toml"), lake)?;
    let report = clio_etl::run(&config, Days::OutOfDate, &Bars::new()).await?;
    run_report::print_report(&report);
    Ok(())
}

fn is_there(path: &Path) -> anyhow::Result<bool> {
    path.try_exists().with_context(|| format!("cannot look at `{}`", path.display()))
}
