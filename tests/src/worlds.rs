//! Many small independent audiences in one lake, whose people are known: the input of a simulation of bounds.
//!
//! A world has people, who see something in some of four countries on some of four days, and play some of it. Each
//! person's sets are two words of sixteen bits, so that every true number is a count of people, without any of our
//! code.

mod coverage;

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use parquet::arrow::ArrowWriter;

pub use coverage::{Coverage, PLACES, Tally, coverage};

/// Countries, and the probability of a person being in each: the first three are close to each other, so that ranks may
/// be mistaken.
const COUNTRIES: [(&str, f64); N_COUNTRIES] = [("A", 0.5), ("B", 0.49), ("C", 0.48), ("D", 0.2)];
const N_COUNTRIES: usize = 4;
const N_DAYS: usize = 4;
/// The first day, 1 January 2026, in microseconds since 1970.
const FIRST_DAY: i64 = 1_767_225_600_000_000;
/// A day in microseconds.
const DAY_STEP: usize = 86_400_000_000;
const HOUR: i64 = 3_600 * SECOND;
const SECOND: i64 = 1_000_000;

/// Numbers that are the same in every run with one seed (SplitMix64, by Sebastiano Vigna).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn is_less(&mut self, share: f64) -> bool {
        let number = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        number < share
    }
}

/// Some countries on some days: a bit each.
#[derive(Debug, Clone, Copy)]
pub struct Part(u16);

impl Part {
    /// All countries on all days.
    pub const ALL: Self = Self(u16::MAX);

    fn bit(country: usize, day: usize) -> u16 {
        1 << (country * N_DAYS + day)
    }

    /// The countries with these names on days counted from 0.
    pub fn of(is_country: impl Fn(&str) -> bool, days: std::ops::Range<usize>) -> Self {
        let mut part = 0;
        for (country, (name, _)) in COUNTRIES.into_iter().enumerate() {
            if is_country(name) {
                days.clone().for_each(|day| part |= Self::bit(country, day));
            }
        }
        Self(part)
    }

    /// The union of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One person: where and when they saw something, and where and when they played it.
#[derive(Debug, Clone, Copy)]
struct Person {
    saw: u16,
    played: u16,
}

/// The people of one world.
#[derive(Debug)]
pub struct World {
    people: Vec<Person>,
}

impl World {
    fn new(seed: u64, n_people: usize) -> Self {
        let mut numbers = Numbers(seed);
        let person = |_| {
            let (mut saw, mut played) = (0, 0);
            for (country, (_, is_in)) in COUNTRIES.into_iter().enumerate() {
                if !numbers.is_less(is_in) {
                    continue;
                }
                for day in 0..N_DAYS {
                    if numbers.is_less(0.4) {
                        saw |= Part::bit(country, day);
                        // One of the countries is preferred.
                        let rate = if country == 1 { 0.4 } else { 0.3 };
                        played |= if numbers.is_less(rate) { Part::bit(country, day) } else { 0 };
                    }
                }
            }
            Person { saw, played }
        };
        Self { people: (0..n_people).map(person).collect() }
    }

    fn count(&self, is_counted: impl Fn(&Person) -> bool) -> f64 {
        self.people.iter().filter(|person| is_counted(person)).count() as f64
    }

    /// Who saw something in a part.
    pub fn viewers(&self, part: Part) -> f64 {
        self.count(|person| person.saw & part.0 != 0)
    }

    /// Who played something in a part.
    pub fn players(&self, part: Part) -> f64 {
        self.count(|person| person.played & part.0 != 0)
    }

    /// Who saw something in both of two parts.
    pub fn both(&self, one: Part, other: Part) -> f64 {
        self.count(|person| person.saw & one.0 != 0 && person.saw & other.0 != 0)
    }
}

/// The worlds of a simulation.
#[derive(Debug)]
pub struct Worlds {
    precision: u8,
    worlds: Vec<World>,
}

impl Worlds {
    /// This many worlds, whose sets have 0.2 to 8 people per register of sketches of this precision.
    pub fn new(n_worlds: usize, precision: u8, seed: u64) -> Self {
        let n_registers = 1_usize << precision;
        let world = |at: usize| {
            let n_people = n_registers * [2, 4, 16][at % 3];
            World::new(seed ^ (at as u64) << 32, n_people)
        };
        Self { precision, worlds: (0..n_worlds).map(world).collect() }
    }

    /// The worlds with their names in the lake.
    pub fn named(&self) -> impl Iterator<Item = (String, &World)> {
        self.worlds.iter().enumerate().map(|(at, world)| (name(at), world))
    }

    /// Writes the events of all, and the model `model.toml`.
    ///
    /// # Panics
    ///
    /// A file cannot be written.
    pub fn write(&self, folder: &Path) {
        for (begin, day) in (FIRST_DAY..).step_by(DAY_STEP).zip(0..N_DAYS) {
            let (mut impressions, mut plays) = (Events::default(), Events::default());
            for (at, (world_number, world)) in (0_i64..).zip(&self.worlds).enumerate() {
                for (number, person) in (0_i64..).zip(&world.people) {
                    // People of different worlds are different.
                    let id = world_number << 32 | number;
                    let hours = (0_i64..).step_by(5);
                    for (hour, (country, (country_name, _))) in
                        hours.zip(COUNTRIES.into_iter().enumerate())
                    {
                        let bit = Part::bit(country, day);
                        // Far enough apart that a play has one impression in its hour.
                        let time = begin + hour * HOUR + number % 3_600 * SECOND;
                        if person.saw & bit != 0 {
                            impressions.push(time, id, at, country_name);
                        }
                        if person.played & bit != 0 {
                            plays.push(time + 1, id, at, country_name);
                        }
                    }
                }
            }
            let name = format!("dt=2026-01-0{}", day + 1);
            impressions.write(&folder.join("impressions").join(&name));
            plays.write(&folder.join("plays").join(&name));
        }
        let model = MODEL.replace("PRECISION", &self.precision.to_string());
        std::fs::write(folder.join("model.toml"), model).expect("the model is written");
    }
}

fn name(at: usize) -> String {
    format!("w{at:04}")
}

/// Rows of one file.
#[derive(Default)]
struct Events {
    times: Vec<i64>,
    people: Vec<i64>,
    worlds: Vec<String>,
    countries: Vec<&'static str>,
}

impl Events {
    fn push(&mut self, time: i64, person: i64, world: usize, country: &'static str) {
        self.times.push(time);
        self.people.push(person);
        self.worlds.push(name(world));
        self.countries.push(country);
    }

    fn write(self, folder: &Path) {
        let columns: [(&str, ArrayRef); 4] = [
            (
                "event_time",
                Arc::new(TimestampMicrosecondArray::from(self.times).with_timezone("UTC")),
            ),
            ("profile_id", Arc::new(Int64Array::from(self.people))),
            ("world", Arc::new(StringArray::from(self.worlds))),
            ("country", Arc::new(StringArray::from(self.countries))),
        ];
        let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
        std::fs::create_dir_all(folder).expect("a folder for events");
        let file = std::fs::File::create(folder.join("events.parquet")).expect("a new file");
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
        writer.write(&batch).expect("rows are written");
        writer.close().expect("the file is whole");
    }
}

const MODEL: &str = r#"
[dataset]
name = "worlds"

[source.impressions]
url = "impressions/"
format = "parquet"
time = "event_time"

[source.plays]
url = "plays/"
format = "parquet"
time = "event_time"

[source.credited]
attribute = { event = "plays", to = "impressions", by = ["profile_id"], within = "1h", credit = "last" }

[dimension.world]
column = "world"

[dimension.country]
column = "country"

[measure.viewers]
source = "impressions"
kind = "distinct"
of = "profile_id"
precision = PRECISION

[measure.players]
source = "credited"
kind = "distinct"
of = "profile_id"
precision = PRECISION

[measure.take_rate]
kind = "derived"
expr = "players / viewers"
format = "percent"
"#;
