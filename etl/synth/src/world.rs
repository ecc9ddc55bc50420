//! The world that events happen in: every table a draw needs, built once from the config.

use rand_distr::Poisson;

use super::catalogue::{Asset, Catalogue, Character};
use super::config::SynthConfig;
use super::people::{N_PERSONAS, audiences_of, is_fan, persona_weights};
use super::places::{PLACES, Place};
use super::random::{Alias, Key, Purpose, Quantiles, Slots, threshold};

/// The number of activity levels of people: the heaviest hundredth of the people are ten levels.
pub(super) const N_LEVELS: usize = 1_024;

/// How much more often fans see an asset of their genre: the service recommends.
const FAN_SELECTION: f64 = 2.2;

/// How much more often each device leads to a play.
const DEVICE_FACTORS: [f64; 4] = [1.2, 0.8, 0.95, 0.85];

/// Every table a draw needs. About 3 MB with 2,000 assets and 40 countries; shared by all threads.
#[derive(Debug)]
pub(super) struct World {
    pub(super) config: SynthConfig,
    pub(super) catalogue: Catalogue,
    pub(super) places: Vec<Place>,
    pub(super) profile_key: Key,
    pub(super) day_key: Key,
    pub(super) countries: Slots,
    pub(super) personas: Slots,
    /// Per country.
    pub(super) devices: Vec<Slots>,
    /// Per country: working days, weekends.
    pub(super) hours: Vec<[Slots; 2]>,
    /// Per country and persona: which asset is shown.
    selection: Vec<Alias>,
    /// Per device, asset and persona: the probability of a play in 2^32.
    play_chances: Vec<u32>,
    /// Per weekday and level: impressions of a person on that day.
    arrivals: Vec<Poisson<f64>>,
    /// From an impression to its play, in seconds.
    pub(super) delays: Box<[u32]>,
    /// Seconds watched of ordinary assets, and of clickbait.
    pub(super) watches: [Box<[u32]>; 2],
    /// Impressions on an average day, before the draw.
    pub(super) impressions_per_day: f64,
}

impl World {
    /// `config` is valid.
    pub(super) fn new(config: &SynthConfig) -> Self {
        let catalogue = Catalogue::new(config);
        let places = PLACES[..config.n_countries as usize].to_vec();
        let weights: Vec<f64> = places.iter().map(|place| place.weight).collect();
        let shown = shown(&catalogue, places.len());
        let mut world = Self {
            profile_key: Key::new(config.seed, Purpose::Profile),
            day_key: Key::new(config.seed, Purpose::Day),
            countries: Slots::new(&weights),
            personas: Slots::new(&persona_weights()),
            devices: places.iter().map(|place| Slots::new(&place.device_weights())).collect(),
            hours: places.iter().map(|place| [place.hours(false), place.hours(true)]).collect(),
            selection: shown.iter().map(|choices| Alias::new(choices)).collect(),
            play_chances: Vec::new(),
            arrivals: Vec::new(),
            // Half within eight minutes, most of the rest within the evening, some the next morning.
            delays: Quantiles::new(&[
                (0.0, 5.0),
                (0.5, 480.0),
                (0.8, 3_600.0),
                (0.95, 21_600.0),
                (1.0, 72_000.0),
            ])
            .whole(),
            watches: [
                Quantiles::new(&[(0.0, 4.0), (0.25, 118.0), (0.5, 1_000.0), (1.0, 8_000.0)]),
                Quantiles::new(&[(0.0, 2.0), (0.92, 100.0), (1.0, 3_000.0)]),
            ]
            .map(|quantiles| quantiles.whole()),
            impressions_per_day: 0.0,
            config: config.clone(),
            catalogue,
            places,
        };
        world.play_chances = world.tabulate_play_chances();
        let plays_per_impression = world.plays_per_impression(&shown);
        world.impressions_per_day = config.events_per_day() as f64 / (1.0 + plays_per_impression);
        world.arrivals = arrivals(world.impressions_per_day / config.n_people as f64);
        world
    }

    /// The number of impressions of a person with this level on this weekday.
    pub(super) fn arrivals(&self, weekday: usize, level: u16) -> &Poisson<f64> {
        &self.arrivals[weekday * N_LEVELS + usize::from(level)]
    }

    /// Which asset people of this country and persona are shown.
    pub(super) fn selection(&self, country: u8, persona: u8) -> &Alias {
        &self.selection[usize::from(country) * N_PERSONAS + usize::from(persona)]
    }

    /// The probability, in 2^32, that the impression is followed by a play.
    pub(super) fn play_chance(&self, device: u8, asset: u16, persona: u8) -> u32 {
        let row = usize::from(device) * self.catalogue.assets.len() + usize::from(asset);
        self.play_chances[row * N_PERSONAS + usize::from(persona)]
    }

    fn tabulate_play_chances(&self) -> Vec<u32> {
        let titles = &self.catalogue.titles;
        let mut chances = Vec::new();
        for factor in DEVICE_FACTORS {
            for asset in &self.catalogue.assets {
                let genre = titles[usize::from(asset.title)].genre;
                let of_persona = |persona| threshold(factor * taste(asset, genre, persona));
                chances.extend((0_u8..).take(N_PERSONAS).map(of_persona));
            }
        }
        chances
    }

    /// The expected number of plays for an impression, from the tables themselves, so that the
    /// number of events asked for is met whatever the seed drew.
    fn plays_per_impression(&self, shown: &[Vec<(u16, f64)>]) -> f64 {
        let mut mean = 0.0;
        for (country, devices) in (0_u8..).zip(&self.devices) {
            for persona in (0_u8..).take(N_PERSONAS) {
                let choices = &shown[usize::from(country) * N_PERSONAS + usize::from(persona)];
                let total: f64 = choices.iter().map(|(_, weight)| weight).sum();
                let people = self.countries.share(country) * self.personas.share(persona);
                for device in 0_u8..4 {
                    let expected: f64 = choices
                        .iter()
                        .map(|(asset, weight)| {
                            weight * f64::from(self.play_chance(device, *asset, persona))
                        })
                        .sum();
                    mean += people * devices.share(device) * expected / total / f64::from(u32::MAX);
                }
            }
        }
        mean
    }
}

/// Per country and persona: what may be shown there, with its weight.
fn shown(catalogue: &Catalogue, n_countries: usize) -> Vec<Vec<(u16, f64)>> {
    let mut shown = vec![Vec::new(); n_countries * N_PERSONAS];
    for (place, asset) in (0_u16..).zip(&catalogue.assets) {
        let genre = catalogue.titles[usize::from(asset.title)].genre;
        for persona in (0_u8..).take(N_PERSONAS) {
            let weight = asset.weight * if is_fan(persona, genre) { FAN_SELECTION } else { 1.0 };
            for country in &asset.markets {
                let weight = weight * asset.character.shown_in(*country);
                shown[usize::from(*country) * N_PERSONAS + usize::from(persona)]
                    .push((place, weight));
            }
        }
    }
    shown
}

/// The probability that a person of this persona plays after this asset, on an average device.
fn taste(asset: &Asset, genre: u8, persona: u8) -> f64 {
    let liking = if is_fan(persona, genre) { 1.5 } else { 0.85 };
    let character = match asset.character {
        Character::Niche { audience } if audiences_of(persona).contains(&audience) => 3.0,
        Character::Niche { .. } => 0.05,
        Character::Clickbait => 3.5,
        Character::Ordinary
        | Character::Launch { .. }
        | Character::Exposed
        | Character::Worn
        | Character::Reversed { .. } => 1.0,
    };
    (asset.appeal * liking * character).min(0.9)
}

/// Per weekday and level. A third of the people hardly ever come, three in a hundred come all the time and see a fifth
/// of everything.
fn arrivals(impressions_per_person: f64) -> Vec<Poisson<f64>> {
    let activity = Quantiles::new(&[
        (0.0, 0.02),
        (0.3, 0.2),
        (0.6, 0.7),
        (0.85, 2.0),
        (0.97, 5.0),
        (1.0, 16.0),
    ])
    .with_mean_one();
    let levels: Vec<f64> = activity.every(4_096 / N_LEVELS).collect();
    let mut arrivals = Vec::with_capacity(7 * N_LEVELS);
    for intensity in SynthConfig::intensities() {
        for level in &levels {
            let mean = impressions_per_person * intensity * level;
            arrivals.push(Poisson::new(mean).expect("validated: positive and below 10^6"));
        }
    }
    arrivals
}
