//! What each day of a snapshot was made of, so that a run finds what changed since.
//!
//! A commit carries one line for each month and recipe, some twenty bytes a day: ten years are 75 kB,
//! three are 22.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;

use clio_proto::Fingerprint;

/// What a list of files was, in 64 bits: equal for the same files, by path, size and age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(u64);

impl Digest {
    /// The digest of a text that names the files.
    pub fn of(text: &str) -> Self {
        Self(clio_sketch::Family::HllPlusPlus.hash_str(text))
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
            serde::de::Error::custom(format!("`{text}` is not of sixteen hexadecimal digits"))
        })
    }
}

/// What turns files into cells: the same recipe over the same files gives the same cells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipe {
    /// The part of the model that cells depend on, [`Model::cells_fingerprint`](clio_proto::Model::cells_fingerprint).
    pub cells: Fingerprint,
    /// The files of each lookup that dimensions take their values from, by lookup.
    pub lookups: BTreeMap<String, Digest>,
}

/// What the days of a snapshot were made of.
///
/// A commit that was made before there were such records has none: its days count as unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Vec<StoredInputs>", into = "Vec<StoredInputs>")]
pub struct DayInputs {
    days: BTreeMap<Date, (Recipe, Digest)>,
    whole: Option<(Recipe, Digest)>,
}

impl DayInputs {
    /// What a day was made of; a day without cells may have been looked at too.
    pub fn get(&self, day: Date) -> Option<(&Recipe, Digest)> {
        self.days.get(&day).map(|(recipe, digest)| (recipe, *digest))
    }

    /// The files that every day was made of at once, where they lie in no folders by day.
    pub fn whole(&self) -> Option<(&Recipe, Digest)> {
        self.whole.as_ref().map(|(recipe, digest)| (recipe, *digest))
    }

    /// The days known, in order.
    pub fn days(&self) -> impl Iterator<Item = Date> {
        self.days.keys().copied()
    }

    /// Nothing is known of any day.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty() && self.whole.is_none()
    }

    /// Notes what a day was made of.
    pub fn set(&mut self, day: Date, recipe: Recipe, digest: Digest) {
        self.days.insert(day, (recipe, digest));
    }

    /// Notes the files that every day was made of at once.
    pub fn set_whole(&mut self, recipe: Recipe, digest: Digest) {
        self.whole = Some((recipe, digest));
    }

    /// Forgets a day that is gone.
    pub fn remove(&mut self, day: Date) {
        self.days.remove(&day);
    }
}

/// The days of one recipe, as a commit has them.
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
}

impl From<DayInputs> for Vec<StoredInputs> {
    fn from(inputs: DayInputs) -> Self {
        let recipes: BTreeSet<&Recipe> =
            inputs.days.values().chain(&inputs.whole).map(|(recipe, _)| recipe).collect();
        let group = |recipe: &Recipe| {
            let mut days: BTreeMap<String, String> = BTreeMap::new();
            for (day, (own, digest)) in &inputs.days {
                if own == recipe {
                    let month = days.entry(day.strftime("%Y-%m").to_string()).or_default();
                    let space = if month.is_empty() { "" } else { " " };
                    *month += &format!("{space}{:02}:{digest}", day.day());
                }
            }
            let whole = inputs.whole.as_ref().filter(|(own, _)| own == recipe);
            let Recipe { cells, lookups } = recipe.clone();
            StoredInputs { cells, lookups, whole: whole.map(|(_, digest)| *digest), days }
        };
        recipes.into_iter().map(group).collect()
    }
}

/// The day of a month such as `2026-01`; of one before the year 0 as well, which old commits may name.
fn day_of_month(month: &str, day: &str) -> Option<Date> {
    let (year, month) = month.rsplit_once('-')?;
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

impl TryFrom<Vec<StoredInputs>> for DayInputs {
    type Error = String;

    fn try_from(stored: Vec<StoredInputs>) -> Result<Self, String> {
        let mut inputs = Self::default();
        for StoredInputs { cells, lookups, whole, days } in stored {
            let recipe = Recipe { cells, lookups };
            if let Some(digest) = whole {
                inputs.whole = Some((recipe.clone(), digest));
            }
            for (month, entries) in days {
                for entry in entries.split_whitespace() {
                    let parsed = entry.split_once(':').and_then(|(day, digest)| {
                        Some((day_of_month(&month, day)?, Digest::parse(digest)?))
                    });
                    let Some((date, digest)) = parsed else {
                        return Err(format!("`{entry}` of {month} is no day with its digest"));
                    };
                    inputs.set(date, recipe.clone(), digest);
                }
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
        Recipe { cells: Fingerprint::new(cells), lookups }
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
