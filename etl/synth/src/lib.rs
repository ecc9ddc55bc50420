//! Seeded synthetic media events, with exact answers beside them.
//!
//! What a streaming service would log: people of many countries are shown artwork, trailers and
//! teasers, and some of them play the title. Popularity, activity and audiences are skewed, days and
//! weeks have a rhythm, and a few assets have a planted property that a good analysis must find.
//! The same [`SynthConfig`] gives the same bytes in every file, on any number of threads.
//!
//! ```text
//! out/
//!   media.toml                                  the dataset model
//!   impressions/dt=2026-01-01/part-00000.parquet   event_time, profile_id, asset_id, title_id, country, device
//!   plays/dt=2026-01-01/part-00000.parquet         … and watch_seconds; asset_id is the asset that the play
//!                                               truly came from, for tests of attribution
//!   assets.parquet                              the lookup of assets
//!   profile_audiences/part-00000.parquet        the lookup of audiences: a row for each person and audience
//!   previews/a00001.svg                         a picture for each asset
//!   truth/answers.ndjson                        queries with their exact answers
//!   truth/summary.json                          what was made, and what was planted
//! ```
//!
//! How it is made: every person's day is a stream of random numbers of its own
//! (`random.rs`), so files are drawn day by day, sorted by time (`days.rs`), answers are counted
//! person by person (`answers.rs`), and further days come later without the earlier ones
//! ([`generate_days`]). Memory holds some parts of a day and the counters of the answers, whatever
//! the number of events.
//!
//! Called by the binary for `clio synth` and `clio demo`, and by tests. It knows no lake, no cells
//! and no query engine: the answers are counted from events. Equal bytes are promised for one build
//! on one platform; another platform's `exp` and `ln` may round a chance differently.

mod answers;
mod catalogue;
mod config;
mod crew;
mod days;
mod error;
mod events;
mod files;
mod folder;
mod lookups;
mod model;
mod people;
mod places;
mod preview;
mod random;
mod summary;
#[cfg(test)]
mod tests;
mod world;

use std::fs;
use std::path::Path;

pub use self::catalogue::Planted;
pub use self::config::SynthConfig;
pub use self::error::SynthError;
pub use self::summary::{DayRows, SummaryConfig, SynthSummary, Totals};

use self::answers::write_answers;
use self::days::{day_folder, n_people, write_days};
use self::folder::Scaffold;
use self::preview::MAX_PREVIEWS;
use self::summary::GENERATOR;
use self::world::World;

/// Receives progress. Called from several threads.
pub trait SynthProgress: Sync {
    /// A phase begins: `lookups`, `events` or `answers`, of about `total` steps.
    fn phase(&self, name: &str, total: u64);
    /// This many more steps are done.
    fn advance(&self, n: u64);
}

/// Ignores progress.
impl SynthProgress for () {
    fn phase(&self, _name: &str, _total: u64) {}
    fn advance(&self, _n: u64) {}
}

/// Writes a folder of events, lookups, model and answers.
///
/// An empty folder, a missing one and one that an earlier call wrote are replaced; everything is written beside it
/// first, so that a failure leaves the existing files. The parent folder must be writable.
///
/// ```no_run
/// use std::path::Path;
///
/// use clio_synth::{SynthConfig, generate};
///
/// let summary = generate(&SynthConfig::small(), Path::new("data/events"), &())?;
/// assert_eq!(summary.days.len(), 7);
/// # Ok::<(), clio_synth::SynthError>(())
/// ```
///
/// # Errors
///
/// A setting out of its range, a folder that holds something else, or a file that cannot be written.
pub fn generate(
    config: &SynthConfig,
    out: &Path,
    progress: &dyn SynthProgress,
) -> Result<SynthSummary, SynthError> {
    config.validate()?;
    folder::check_replaceable(out)?;
    let world = World::new(config);
    let scaffold = Scaffold::begin(out)?;
    let n_profile_audiences = write_lookups(&world, &scaffold.path, progress)?;
    progress.phase("events", config.n_events);
    let days = write_days(&world, 0..config.n_days, &scaffold.path, progress)?;
    let summary = write_truth(&world, config, days, n_profile_audiences, &scaffold.path, progress)?;
    scaffold.replace_target()?;
    Ok(summary)
}

/// Writes further days into a folder that [`generate`] made with the same config: "one more day" of the same world.
///
/// `config` is the one of the first call; `first_day_index` counts from its first day, and is at
/// most the number of days that the folder holds. The folder is then, byte for byte, what
/// [`SynthConfig::extended_to`] would have given at once: answers and summary cover all days, too.
/// Days that are there already are written again with the same bytes, so a run that was cut short
/// is repeated safely.
///
/// # Errors
///
/// A setting out of its range, a folder of another world or with too few days, or a file that
/// cannot be written.
pub fn generate_days(
    config: &SynthConfig,
    out: &Path,
    first_day_index: u32,
    n_days: u32,
    progress: &dyn SynthProgress,
) -> Result<SynthSummary, SynthError> {
    config.validate()?;
    let Some(before) = folder::summary(out)? else {
        return Err(SynthError::NothingToExtend { path: out.to_owned() });
    };
    let end = first_day_index.saturating_add(n_days).max(before.config.n_days);
    SynthConfig { n_days: end, ..config.clone() }.validate()?;
    let longer = config.extended_to(end);
    check_same_world(&before, config, out)?;
    if first_day_index > before.config.n_days {
        return Err(SynthError::Gap {
            path: out.to_owned(),
            n_days: before.config.n_days,
            asked: first_day_index,
        });
    }
    let world = World::new(&longer);
    let scaffold = Scaffold::begin(out)?;
    let new_days = first_day_index..first_day_index + n_days;
    progress.phase("events", config.events_per_day().saturating_mul(n_days.into()));
    let written = write_days(&world, new_days.clone(), &scaffold.path, progress)?;
    let mut days = before.days;
    let later = days.split_off((new_days.end as usize).min(days.len()));
    days.truncate(first_day_index as usize);
    days.extend(written.into_iter().chain(later));
    let n_rows = before.n_profile_audiences;
    let summary = write_truth(&world, &longer, days, n_rows, &scaffold.path, progress)?;
    // Days first: a folder whose summary lacks its last days is simply extended again; the other way round the summary
    // would be wrong.
    for day in new_days {
        for source in ["impressions", "plays"] {
            scaffold.move_in(&Path::new(source).join(day_folder(&world, day)))?;
        }
    }
    scaffold.move_in(Path::new("truth"))?;
    scaffold.clear()?;
    Ok(summary)
}

fn check_same_world(
    before: &SynthSummary,
    config: &SynthConfig,
    out: &Path,
) -> Result<(), SynthError> {
    let found = &before.config;
    let asked = SummaryConfig::new(config);
    let rate_found =
        SynthConfig { n_days: found.n_days, n_events: found.n_events, ..config.clone() };
    let pairs = [
        ("seed", found.seed.to_string(), asked.seed.to_string()),
        ("start", found.start.clone(), asked.start.clone()),
        ("n_people", found.n_people.to_string(), asked.n_people.to_string()),
        ("n_assets", found.n_assets.to_string(), asked.n_assets.to_string()),
        ("n_countries", found.n_countries.to_string(), asked.n_countries.to_string()),
        ("traps", found.traps.to_string(), asked.traps.to_string()),
        (
            "n_events",
            format!("{} a day", rate_found.events_per_day()),
            format!("{} a day", config.events_per_day()),
        ),
    ];
    match pairs.into_iter().find(|(_, found, asked)| found != asked) {
        None => Ok(()),
        Some((key, found, asked)) => {
            Err(SynthError::OtherWorld { path: out.to_owned(), key, found, asked })
        }
    }
}

/// Writes everything but events and truth; returns the number of rows of people and audiences.
fn write_lookups(
    world: &World,
    out: &Path,
    progress: &dyn SynthProgress,
) -> Result<u64, SynthError> {
    progress.phase("lookups", world.config.n_people);
    for folder in ["previews", "profile_audiences"] {
        let folder = out.join(folder);
        fs::create_dir_all(&folder).map_err(SynthError::io("create", &folder))?;
    }
    let model = out.join("media.toml");
    fs::write(&model, model::text(world.config.traps)).map_err(SynthError::io("write", &model))?;
    lookups::write_assets(&out.join("assets.parquet"), &world.catalogue)?;
    for (place, asset) in world.catalogue.assets.iter().enumerate().take(MAX_PREVIEWS) {
        let title = &world.catalogue.titles[usize::from(asset.title)];
        let path = out.join("previews").join(format!("{}.svg", asset.id));
        let svg = preview::preview(world.config.seed, place, asset, title);
        fs::write(&path, svg).map_err(SynthError::io("write", &path))?;
    }
    let path = out.join("profile_audiences/part-00000.parquet");
    lookups::write_profile_audiences(&path, world, n_people(world), progress)
}

/// Writes the answers, if asked for, and the summary.
fn write_truth(
    world: &World,
    config: &SynthConfig,
    days: Vec<DayRows>,
    n_profile_audiences: u64,
    out: &Path,
    progress: &dyn SynthProgress,
) -> Result<SynthSummary, SynthError> {
    let truth = out.join("truth");
    fs::create_dir_all(&truth).map_err(SynthError::io("create", &truth))?;
    let totals = if config.answers {
        progress.phase("answers", config.n_people);
        Some(write_answers(world, config.n_days, &truth.join("answers.ndjson"), progress)?)
    } else {
        None
    };
    let sum = |of: fn(&DayRows) -> u64| days.iter().map(of).sum();
    let summary = SynthSummary {
        generator: GENERATOR.to_owned(),
        config: SummaryConfig::new(config),
        n_impressions: sum(|day| day.impressions),
        n_plays: sum(|day| day.plays),
        n_qualified_plays: sum(|day| day.qualified_plays),
        n_profile_audiences,
        planted: world.catalogue.planted(config),
        days,
        totals,
    };
    summary.write(&truth.join("summary.json"))?;
    Ok(summary)
}
