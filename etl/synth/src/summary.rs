//! What was generated, in numbers: `truth/summary.json`.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::catalogue::Planted;
use super::config::SynthConfig;
use super::error::SynthError;

/// The name of this generator; a folder whose summary has it may be replaced.
pub(super) const GENERATOR: &str = "clio synth";

/// What was generated. Contains no clock and no path: equal configs give equal summaries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SynthSummary {
    /// `clio synth`.
    pub generator: String,
    /// The settings, with the number of days that the folder holds.
    pub config: SummaryConfig,
    /// Impressions of all days.
    pub n_impressions: u64,
    /// Plays of all days, short ones included.
    pub n_plays: u64,
    /// Plays of 120 seconds or more.
    pub n_qualified_plays: u64,
    /// Rows of the table of people and audiences.
    pub n_profile_audiences: u64,
    /// Rows by source and day.
    pub days: Vec<DayRows>,
    /// Exact totals, if answers were requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
    /// What a good analysis must find.
    pub planted: Vec<Planted>,
}

/// The settings of a run, as recorded in the summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryConfig {
    /// The seed.
    pub seed: u64,
    /// The first day.
    pub start: String,
    /// Days in the folder.
    pub n_days: u32,
    /// The requested number of events.
    pub n_events: u64,
    /// People.
    pub n_people: u64,
    /// Assets.
    pub n_assets: u32,
    /// Countries.
    pub n_countries: u32,
    /// Whether answers were requested.
    pub answers: bool,
    /// Whether traps were.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub traps: bool,
}

/// Rows of one day by source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRows {
    /// The day.
    pub day: String,
    /// Impressions.
    pub impressions: u64,
    /// Plays, short ones included.
    pub plays: u64,
    /// Plays of 120 seconds or more.
    pub qualified_plays: u64,
}

/// Exact totals over all days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Different people with an impression.
    pub viewers: u64,
    /// Different people with a qualified play.
    pub players: u64,
    /// Seconds of qualified plays.
    pub watch_seconds: u64,
    /// Combinations of asset, country, device and set of audiences that occur.
    pub all_time_cells: u64,
    /// Queries in `truth/answers.ndjson`.
    pub n_answers: u64,
    /// Rows in `truth/answers.ndjson`.
    pub n_answer_rows: u64,
}

impl DayRows {
    pub(super) fn new(day: &str) -> Self {
        Self { day: day.to_owned(), ..Self::default() }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.impressions += other.impressions;
        self.plays += other.plays;
        self.qualified_plays += other.qualified_plays;
    }
}

impl SummaryConfig {
    pub(super) fn new(config: &SynthConfig) -> Self {
        Self {
            seed: config.seed,
            start: config.start.to_string(),
            n_days: config.n_days,
            n_events: config.n_events,
            n_people: config.n_people,
            n_assets: config.n_assets,
            n_countries: config.n_countries,
            answers: config.answers,
            traps: config.traps,
        }
    }
}

impl SynthSummary {
    /// Impressions and plays.
    pub fn n_events(&self) -> u64 {
        self.n_impressions + self.n_plays
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), SynthError> {
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|source| SynthError::Json { path: path.to_owned(), source })?;
        text.push('\n');
        fs::write(path, text).map_err(SynthError::io("write", path))
    }

    /// Reads a folder's summary; `None` if there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, SynthError> {
        match fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|source| SynthError::Json { path: path.to_owned(), source }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SynthError::io("read", path)(error)),
        }
    }
}
