//! The inputs of each day of a snapshot, so that a run finds what has changed since.
//!
//! A commit carries one line per month and recipe, some twenty bytes a day: ten years take 75 kB, three take 22.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use clio_proto::{Fingerprint, stable_digest};

/// A 64-bit digest of a list of files: equal for the same files, by path, size and age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(u64);

impl Digest {
    /// The digest of text that names the files.
    pub fn of(text: &str) -> Self {
        Self(stable_digest(text.as_bytes()))
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() == 16 { u64::from_str_radix(text, 16).ok().map(Self) } else { None }
    }
}

/// Sixteen hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is not sixteen hexadecimal digits"))
        })
    }
}

/// What turns files into cells: the same recipe applied to the same files gives the same cells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipe {
    /// The part of the model that cells depend on, [`Model::cells_fingerprint`](clio_proto::Model::cells_fingerprint).
    pub cells: Fingerprint,
    /// For each lookup without a history whose values dimensions use, a digest of its files.
    pub lookups: BTreeMap<String, Digest>,
    /// For each lookup with a history, the state in force on the day; `None` for a day before the first state.
    pub states: BTreeMap<String, Option<Digest>>,
}

/// The inputs of the days of a snapshot.
///
/// A commit may lack them: its days then count as unknown, and the next run rebuilds them.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Vec<StoredInputs>", into = "Vec<StoredInputs>")]
pub struct DayInputs {
    days: BTreeMap<Date, (Recipe, Digest)>,
    whole: Option<(Recipe, Digest)>,
}

impl DayInputs {
    /// The inputs of a day; a day without cells may have been examined too.
    pub fn get(&self, day: Date) -> Option<(&Recipe, Digest)> {
        self.days.get(&day).map(|(recipe, digest)| (recipe, *digest))
    }

    /// The files that all days were made of together, where files are not in folders by day.
    pub fn whole(&self) -> Option<(&Recipe, Digest)> {
        self.whole.as_ref().map(|(recipe, digest)| (recipe, *digest))
    }

    /// The days whose inputs are known, in order.
    pub fn days(&self) -> impl Iterator<Item = Date> {
        self.days.keys().copied()
    }

    /// Whether no inputs are known.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty() && self.whole.is_none()
    }

    /// Sets the inputs of a day.
    pub fn set(&mut self, day: Date, recipe: Recipe, digest: Digest) {
        self.days.insert(day, (recipe, digest));
    }

    /// Sets the files that all days were made of together.
    pub fn set_whole(&mut self, recipe: Recipe, digest: Digest) {
        self.whole = Some((recipe, digest));
    }

    /// Removes a day.
    pub fn remove(&mut self, day: Date) {
        self.days.remove(&day);
    }
}

/// The days of one recipe, in their form in a commit.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct StoredInputs {
    cells: Fingerprint,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    lookups: BTreeMap<String, Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whole: Option<Digest>,
    /// By month (`2026-01`): `05:0123456789abcdef 06:…`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    days: BTreeMap<String, String>,
    /// By lookup with a history and by month, the state of each day: `05:0123456789abcdef 06:- …`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    states: BTreeMap<String, BTreeMap<String, String>>,
}

/// Stands for the state of a day before a lookup's first state.
const NO_STATE: &str = "-";

/// Adds a day's entry to its month.
fn add_entry(months: &mut BTreeMap<String, String>, day: Date, entry: impl fmt::Display) {
    let month = months.entry(day.strftime("%Y-%m").to_string()).or_default();
    let space = if month.is_empty() { "" } else { " " };
    *month += &format!("{space}{:02}:{entry}", day.day());
}

/// The entries of months, each with its day.
fn entries(months: BTreeMap<String, String>) -> Result<Vec<(Date, String)>, String> {
    let mut found = Vec::new();
    for (month, entries) in months {
        for entry in entries.split_whitespace() {
            let parsed = entry.split_once(':').and_then(|(day, rest)| {
                let date = day_of_month(&month, day)?;
                let is_digest = rest == NO_STATE || Digest::parse(rest).is_some();
                is_digest.then(|| (date, rest.to_owned()))
            });
            found.push(
                parsed
                    .ok_or_else(|| format!("`{entry}` of {month} is not a day with its digest"))?,
            );
        }
    }
    Ok(found)
}

/// What the days of one line have in common.
type Common<'a> = (&'a Fingerprint, &'a BTreeMap<String, Digest>, Vec<&'a String>);

fn common(recipe: &Recipe) -> Common<'_> {
    (&recipe.cells, &recipe.lookups, recipe.states.keys().collect())
}

impl From<DayInputs> for Vec<StoredInputs> {
    fn from(inputs: DayInputs) -> Self {
        let mut lines: BTreeMap<Common<'_>, StoredInputs> = BTreeMap::new();
        fn line<'a, 'b>(
            lines: &'b mut BTreeMap<Common<'a>, StoredInputs>,
            recipe: &'a Recipe,
        ) -> &'b mut StoredInputs {
            lines.entry(common(recipe)).or_insert_with(|| StoredInputs {
                cells: recipe.cells.clone(),
                lookups: recipe.lookups.clone(),
                whole: None,
                days: BTreeMap::new(),
                states: BTreeMap::new(),
            })
        }
        for (day, (recipe, digest)) in &inputs.days {
            let line = line(&mut lines, recipe);
            add_entry(&mut line.days, *day, digest);
            for (lookup, state) in &recipe.states {
                let months = line.states.entry(lookup.clone()).or_default();
                match state {
                    Some(state) => add_entry(months, *day, state),
                    None => add_entry(months, *day, NO_STATE),
                }
            }
        }
        if let Some((recipe, digest)) = &inputs.whole {
            line(&mut lines, recipe).whole = Some(*digest);
        }
        lines.into_values().collect()
    }
}

/// The day of a month such as `2026-01`; also of one before the year 0, which old commits may name.
fn day_of_month(month: &str, day: &str) -> Option<Date> {
    let (year, month) = month.rsplit_once('-')?;
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

impl TryFrom<Vec<StoredInputs>> for DayInputs {
    type Error = String;

    fn try_from(stored: Vec<StoredInputs>) -> Result<Self, String> {
        let mut inputs = Self::default();
        for StoredInputs { cells, lookups, whole, days, states } in stored {
            let mut of_days: BTreeMap<Date, BTreeMap<String, Option<Digest>>> = BTreeMap::new();
            for (lookup, months) in states {
                for (day, entry) in entries(months)? {
                    let of_day = of_days.entry(day).or_default();
                    of_day.insert(lookup.clone(), Digest::parse(&entry));
                }
            }
            if let Some(digest) = whole {
                let (cells, lookups) = (cells.clone(), lookups.clone());
                inputs.whole = Some((Recipe { cells, lookups, states: BTreeMap::new() }, digest));
            }
            for (day, entry) in entries(days)? {
                let Some(digest) = Digest::parse(&entry) else {
                    return Err(format!("`{day}` has no digest of its files"));
                };
                let states = of_days.remove(&day).unwrap_or_default();
                let (cells, lookups) = (cells.clone(), lookups.clone());
                inputs.set(day, Recipe { cells, lookups, states }, digest);
            }
        }
        Ok(inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(cells: &str) -> Recipe {
        let lookups = BTreeMap::from([("audiences".to_owned(), Digest(7))]);
        Recipe { cells: Fingerprint::new(cells), lookups, states: BTreeMap::new() }
    }

    #[test]
    fn the_stored_form_is_short_and_read_back() {
        let mut inputs = DayInputs::default();
        inputs.set("2026-01-31".parse().unwrap(), recipe("new"), Digest(0xabc));
        inputs.set("2026-01-05".parse().unwrap(), recipe("new"), Digest(1));
        inputs.set("2026-02-01".parse().unwrap(), recipe("old"), Digest(2));
        inputs.set_whole(recipe("old"), Digest(3));
        let text = serde_json::to_string(&inputs).unwrap();
        assert_eq!(
            text,
            "[{\"cells\":\"new\",\"lookups\":{\"audiences\":\"0000000000000007\"},\"days\":{\"2026-01\":\
             \"05:0000000000000001 31:0000000000000abc\"}},{\"cells\":\"old\",\"lookups\":{\"audiences\":\
             \"0000000000000007\"},\"whole\":\"0000000000000003\",\"days\":{\"2026-02\":\
             \"01:0000000000000002\"}}]"
        );
        assert_eq!(serde_json::from_str::<DayInputs>(&text).unwrap(), inputs);
    }

    #[test]
    fn a_day_before_the_year_0_of_an_old_commit_is_read_back() {
        let mut inputs = DayInputs::default();
        inputs.set("-000002-06-01".parse().unwrap(), recipe("a"), Digest(1));
        let text = serde_json::to_string(&inputs).unwrap();
        assert_eq!(serde_json::from_str::<DayInputs>(&text).unwrap(), inputs, "{text}");
    }

    #[test]
    fn days_of_one_line_have_each_their_own_state() {
        let mut inputs = DayInputs::default();
        for (day, state) in [("2026-01-05", None), ("2026-01-06", Some(1)), ("2026-02-01", Some(2))]
        {
            let states = BTreeMap::from([("people".to_owned(), state.map(Digest))]);
            inputs.set(day.parse().unwrap(), Recipe { states, ..recipe("new") }, Digest(9));
        }
        inputs.set_whole(recipe("new"), Digest(3));
        let text = serde_json::to_string(&inputs).unwrap();
        let states = "\"states\":{\"people\":{\"2026-01\":\"05:- 06:0000000000000001\",\"2026-02\":\
                      \"01:0000000000000002\"}}";
        assert!(text.contains(states), "{text}");
        assert_eq!(serde_json::from_str::<DayInputs>(&text).unwrap(), inputs);
    }

    #[test]
    fn three_years_take_less_than_thirty_thousand_bytes() {
        let mut inputs = DayInputs::default();
        let mut day: Date = "2024-01-01".parse().unwrap();
        for n in 0..3 * 365 {
            inputs.set(day, recipe("0123456789abcdef"), Digest(u64::MAX - n));
            day = day.tomorrow().unwrap();
        }
        let n_bytes = serde_json::to_string(&inputs).unwrap().len();
        assert!(n_bytes < 30_000, "{n_bytes}");
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for entry in ["40:0000000000000001", "05:xyz", "05"] {
            let text = format!("[{{\"cells\":\"a\",\"days\":{{\"2026-01\":\"{entry}\"}}}}]");
            let error = serde_json::from_str::<DayInputs>(&text).unwrap_err();
            assert!(error.to_string().contains(entry), "{error}");
        }
    }
}
