//! Where people live: countries, their languages, clocks and habits.

use super::random::Slots;

/// How many countries there are to choose from.
pub(super) const MAX_COUNTRIES: u32 = 40;

/// What an event's device may be, in the order of [`Place::device_weights`].
pub(super) const DEVICES: [&str; 4] = ["tv", "mobile", "tablet", "web"];

/// How a country watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// Mostly on the large screen.
    Sofa,
    /// Mostly on the phone.
    Pocket,
}

/// A country. The list below is sorted by weight, so that few countries are the largest ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// ISO 3166-1 alpha-2.
    pub(super) code: &'static str,
    /// Relative number of people.
    pub(super) weight: f64,
    /// Whole hours ahead of UTC, of the largest time zone in winter.
    utc_offset: i8,
    /// ISO 639-1 code of the language its artwork is made in.
    pub(super) language: &'static str,
    habit: Habit,
}

const fn place(
    code: &'static str,
    weight: f64,
    utc_offset: i8,
    language: &'static str,
    habit: Habit,
) -> Place {
    Place { code, weight, utc_offset, language, habit }
}

use Habit::{Pocket, Sofa};

/// The countries, largest first.
pub(super) const PLACES: [Place; MAX_COUNTRIES as usize] = [
    place("US", 22.0, -5, "en", Sofa),
    place("IN", 9.0, 5, "hi", Pocket),
    place("BR", 8.0, -3, "pt", Pocket),
    place("GB", 7.0, 0, "en", Sofa),
    place("DE", 6.5, 1, "de", Sofa),
    place("MX", 6.0, -6, "es", Pocket),
    place("FR", 5.5, 1, "fr", Sofa),
    place("JP", 5.0, 9, "ja", Sofa),
    place("CA", 4.0, -5, "en", Sofa),
    place("ES", 3.5, 1, "es", Sofa),
    place("IT", 3.2, 1, "it", Sofa),
    place("KR", 3.0, 9, "ko", Pocket),
    place("AU", 2.6, 10, "en", Sofa),
    place("AR", 2.3, -3, "es", Pocket),
    place("CO", 2.0, -5, "es", Pocket),
    place("NL", 1.8, 1, "nl", Sofa),
    place("PL", 1.7, 1, "pl", Sofa),
    place("TR", 1.6, 3, "tr", Pocket),
    place("SE", 1.4, 1, "sv", Sofa),
    place("ID", 1.4, 7, "id", Pocket),
    place("PH", 1.2, 8, "en", Pocket),
    place("TH", 1.1, 7, "th", Pocket),
    place("CL", 1.1, -4, "es", Pocket),
    place("PE", 1.0, -5, "es", Pocket),
    place("ZA", 0.9, 2, "en", Pocket),
    place("BE", 0.8, 1, "fr", Sofa),
    place("CH", 0.8, 1, "de", Sofa),
    place("AT", 0.75, 1, "de", Sofa),
    place("NO", 0.7, 1, "nb", Sofa),
    place("DK", 0.7, 1, "da", Sofa),
    place("FI", 0.6, 2, "fi", Sofa),
    place("PT", 0.6, 0, "pt", Sofa),
    place("IE", 0.5, 0, "en", Sofa),
    place("NZ", 0.5, 12, "en", Sofa),
    place("SG", 0.5, 8, "en", Pocket),
    place("MY", 0.5, 8, "en", Pocket),
    place("GR", 0.45, 2, "el", Sofa),
    place("CZ", 0.45, 1, "cs", Sofa),
    place("RO", 0.4, 2, "ro", Sofa),
    place("HU", 0.4, 1, "hu", Sofa),
];

/// How busy each local hour is on a working day: a small peak at noon, a high one in the evening.
const WORKDAY_HOURS: [f64; 24] = [
    2.2, 1.2, 0.7, 0.4, 0.3, 0.4, 0.9, 1.8, 2.2, 2.0, 2.0, 2.3, 3.2, 3.0, 2.6, 2.8, 3.6, 4.8, 6.4,
    8.2, 9.4, 9.0, 6.8, 4.2,
];

/// The same on Saturday and Sunday: later mornings, fuller afternoons.
const WEEKEND_HOURS: [f64; 24] = [
    3.6, 2.2, 1.2, 0.6, 0.4, 0.3, 0.5, 1.0, 2.0, 3.2, 4.2, 4.8, 5.0, 5.2, 5.4, 5.6, 5.8, 6.2, 7.0,
    8.0, 8.8, 8.6, 7.0, 5.0,
];

impl Place {
    /// The weights of [`DEVICES`].
    pub(super) fn device_weights(&self) -> [f64; 4] {
        match self.habit {
            Sofa => [52.0, 26.0, 9.0, 13.0],
            Pocket => [20.0, 60.0, 7.0, 13.0],
        }
    }

    /// The choice of an hour in UTC.
    pub(super) fn hours(&self, weekend: bool) -> Slots {
        let local = if weekend { &WEEKEND_HOURS } else { &WORKDAY_HOURS };
        let utc: Vec<f64> = (0_i8..24)
            .map(|hour| local[usize::from((hour + self.utc_offset).rem_euclid(24).unsigned_abs())])
            .collect();
        Slots::new(&utc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_sorted_and_different() {
        assert!(PLACES.windows(2).all(|pair| pair[0].weight >= pair[1].weight));
        let codes: std::collections::BTreeSet<_> = PLACES.iter().map(|place| place.code).collect();
        assert_eq!(codes.len(), PLACES.len());
    }

    #[test]
    fn evenings_are_local() {
        // 20:00 in New York is 01:00 UTC; in Tokyo it is 11:00 UTC.
        let peak = |code: &str| {
            let place = PLACES.iter().find(|place| place.code == code).unwrap();
            let hours = place.hours(false);
            (0..24).max_by(|a, b| hours.share(*a).total_cmp(&hours.share(*b))).unwrap()
        };
        assert_eq!(peak("US"), 1);
        assert_eq!(peak("JP"), 11);
    }
}
