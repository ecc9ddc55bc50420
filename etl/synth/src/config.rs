//! What to generate: sizes, a seed, a first day.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use super::error::SynthError;
use super::places::MAX_COUNTRIES;
use super::random::whole;

/// How busy each weekday is, Monday first; the mean is exactly one, so that whole weeks keep the daily rate.
const WEEKDAY_INTENSITY: [f64; 7] = [0.88, 0.87, 0.89, 0.92, 1.04, 1.24, 1.16];

/// Asset indexes are 16-bit in memory, and a choice table is kept for every country and persona.
const MAX_ASSETS: u32 = 50_000;

/// With fewer assets, not enough are left for traps.
const MIN_ASSETS_OF_TRAPS: u64 = 60;

/// Ten years: a demo needs no more, and every day is a folder.
const MAX_DAYS: u32 = 3_660;

/// What to generate. Two equal configs give equal bytes in every file.
///
/// A day's content depends on the seed, the sizes, the day's index and the daily rate
/// ([`Self::events_per_day`]), not on `n_days` itself: [`Self::extended_to`] gives the config of a
/// longer run that begins with the same days.
///
/// ```
/// use clio_synth::SynthConfig;
///
/// let config = SynthConfig { seed: 7, ..SynthConfig::small() };
/// assert!(config.validate().is_ok());
/// assert_eq!(config.extended_to(8).events_per_day(), config.events_per_day());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SynthConfig {
    /// The source of all randomness.
    pub seed: u64,
    /// The first day, in UTC.
    pub start: Date,
    /// How many days, 1 to 3,660.
    pub n_days: u32,
    /// The number of impressions and plays together, at least a thousand. The actual number is
    /// within 2 % from about 20,000 events on, and below that within the scatter of so few draws;
    /// the summary has exact numbers.
    pub n_events: u64,
    /// How many people there are, 10 or more. Fewer people see more each.
    pub n_people: u64,
    /// How many assets are promoted, 12 to 50,000.
    pub n_assets: u32,
    /// How many countries the people live in, 1 to 40.
    pub n_countries: u32,
    /// Whether exact answers are counted too; it takes about as long as writing the events.
    pub answers: bool,
    /// Whether one title has artwork with misleading rates: requires at least 60 assets, and adds some 10 % to the
    /// requested events.
    pub traps: bool,
}

impl SynthConfig {
    /// A demo that is ready in a second: 200 thousand events of 20 thousand people in a week.
    pub fn small() -> Self {
        Self {
            seed: 1,
            start: date(2026, 1, 1),
            n_days: 7,
            n_events: 200_000,
            n_people: 20_000,
            n_assets: 120,
            n_countries: 12,
            answers: true,
            traps: false,
        }
    }

    /// Tests of the whole system: 2 million events of 150 thousand people in two weeks.
    pub fn medium() -> Self {
        Self {
            n_days: 14,
            n_events: 2_000_000,
            n_people: 150_000,
            n_assets: 400,
            n_countries: 20,
            ..Self::small()
        }
    }

    /// Measurements: 20 million events of 5 million people in a week, about 300 thousand cells over
    /// all time.
    pub fn large() -> Self {
        Self {
            n_events: 20_000_000,
            n_people: 5_000_000,
            n_assets: 2_000,
            n_countries: 40,
            ..Self::small()
        }
    }

    /// Checks every setting.
    ///
    /// # Errors
    ///
    /// The first setting out of its range, with the range.
    pub fn validate(&self) -> Result<(), SynthError> {
        let fail = |key, value: String, mend: String| Err(SynthError::Setting { key, value, mend });
        let within = |key, value: u64, least: u64, most: u64| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            fail(key, value.to_string(), format!("choose {least} to {most}"))
        };
        within("n_days", self.n_days.into(), 1, MAX_DAYS.into())?;
        within("n_events", self.n_events, 1_000, 100_000_000_000)?;
        within("n_people", self.n_people, 10, u64::from(u32::MAX) - 1)?;
        within("n_assets", self.n_assets.into(), 12, MAX_ASSETS.into())?;
        within("n_countries", self.n_countries.into(), 1, MAX_COUNTRIES.into())?;
        if self.traps {
            within("n_assets", self.n_assets.into(), MIN_ASSETS_OF_TRAPS, MAX_ASSETS.into())?;
        }
        if !(1970..=9_000).contains(&self.start.year()) {
            return fail(
                "start",
                self.start.to_string(),
                "choose a day of 1970 to 9000".to_owned(),
            );
        }
        let most_a_day = self.n_people.saturating_mul(1_000);
        if self.events_per_day() > most_a_day {
            return fail(
                "n_people",
                self.n_people.to_string(),
                format!(
                    "{} events a day need at least {} people, a thousand events each",
                    self.events_per_day(),
                    self.events_per_day().div_ceil(1_000)
                ),
            );
        }
        Ok(())
    }

    /// Events on an average day, the rate that all days follow.
    pub fn events_per_day(&self) -> u64 {
        whole(self.n_events as f64 / self.total_intensity()).max(1)
    }

    /// The config of a run of `n_days` days with the same daily rate: the days that both runs have
    /// are identical.
    #[must_use]
    pub fn extended_to(&self, n_days: u32) -> Self {
        if n_days == self.n_days {
            // The requested number, not a multiple of the rate.
            return self.clone();
        }
        let longer = Self { n_days, ..self.clone() };
        let n_events = whole(self.events_per_day() as f64 * longer.total_intensity());
        Self { n_events, ..longer }
    }

    /// The date of a day index.
    pub(super) fn date(&self, day: u32) -> Date {
        self.start
            .checked_add(i64::from(day).days())
            .expect("validated: 3,660 days after the year 9000 is still a date")
    }

    /// Which weekday a day index is, from Monday as 0.
    pub(super) fn weekday(&self, day: u32) -> usize {
        match self.date(day).weekday() {
            Weekday::Monday => 0,
            Weekday::Tuesday => 1,
            Weekday::Wednesday => 2,
            Weekday::Thursday => 3,
            Weekday::Friday => 4,
            Weekday::Saturday => 5,
            Weekday::Sunday => 6,
        }
    }

    /// The weekdays' intensities, Monday first.
    pub(super) fn intensities() -> &'static [f64; 7] {
        &WEEKDAY_INTENSITY
    }

    fn total_intensity(&self) -> f64 {
        (0..self.n_days).map(|day| WEEKDAY_INTENSITY[self.weekday(day)]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_valid() {
        for config in [SynthConfig::small(), SynthConfig::medium(), SynthConfig::large()] {
            config.validate().unwrap();
        }
    }

    #[test]
    fn a_bad_setting_names_its_key_value_and_mend() {
        let check = |config: SynthConfig, expected: &str| {
            assert_eq!(config.validate().unwrap_err().to_string(), expected);
        };
        let small = SynthConfig::small;
        check(SynthConfig { n_assets: 3, ..small() }, "`n_assets` is 3: choose 12 to 50000");
        check(SynthConfig { n_countries: 41, ..small() }, "`n_countries` is 41: choose 1 to 40");
        check(
            SynthConfig { n_assets: 59, traps: true, ..small() },
            "`n_assets` is 59: choose 60 to 50000",
        );
        check(SynthConfig { n_days: 0, ..small() }, "`n_days` is 0: choose 1 to 3660");
        check(
            SynthConfig { n_people: 10, n_events: 7_000_000, ..small() },
            "`n_people` is 10: 1000000 events a day need at least 1000 people, a thousand events each",
        );
        check(
            SynthConfig { start: date(1900, 1, 1), ..small() },
            "`start` is 1900-01-01: choose a day of 1970 to 9000",
        );
    }

    #[test]
    fn a_longer_run_keeps_the_daily_rate() {
        for n_days in 1..20 {
            let short = SynthConfig { n_days, ..SynthConfig::small() };
            for more in [1, 2, 9] {
                let long = short.extended_to(n_days + more);
                assert_eq!(long.events_per_day(), short.events_per_day(), "{n_days} {more}");
            }
        }
    }
}
