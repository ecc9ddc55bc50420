//! The draws that make a catalogue, in one fixed order.

use std::collections::BTreeSet;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Asset, Catalogue, Character, MediaType, STYLES, Title};
use crate::config::SynthConfig;
use crate::people::{AUDIENCES, GENRES};
use crate::places::{PLACES, Place};

/// An asset is live in at most this many countries of its language: campaigns are local, and the
/// number of cells stays realistic.
const MAX_MARKETS: usize = 2;

const FIRST_WORDS: [&str; 40] = [
    "Amber",
    "Bitter",
    "Blue",
    "Borrowed",
    "Bright",
    "Broken",
    "Burning",
    "Crimson",
    "Crooked",
    "Distant",
    "Drifting",
    "Electric",
    "Empty",
    "Fallen",
    "Final",
    "Forgotten",
    "Frozen",
    "Gentle",
    "Gilded",
    "Golden",
    "Hidden",
    "Hollow",
    "Iron",
    "Last",
    "Lost",
    "Midnight",
    "Northern",
    "Open",
    "Paper",
    "Quiet",
    "Restless",
    "Scarlet",
    "Secret",
    "Silent",
    "Silver",
    "Stolen",
    "Velvet",
    "Wandering",
    "Wild",
    "Winter",
];

const SECOND_WORDS: [&str; 40] = [
    "Atlas",
    "Avenue",
    "Bridge",
    "Canyon",
    "Castle",
    "Chapter",
    "City",
    "Coast",
    "Comet",
    "Crown",
    "Daughter",
    "Detective",
    "Empire",
    "Garden",
    "Harbor",
    "Highway",
    "Hotel",
    "Island",
    "Journey",
    "Kitchen",
    "Lantern",
    "Letters",
    "Lighthouse",
    "Mirror",
    "Mountain",
    "Neighbors",
    "Orchard",
    "Planet",
    "Promise",
    "River",
    "Season",
    "Shadow",
    "Signal",
    "Sister",
    "Station",
    "Summer",
    "Tides",
    "Train",
    "Valley",
    "Witness",
];

const NUMERALS: [&str; 8] = ["", " II", " III", " IV", " V", " VI", " VII", " VIII"];

/// Draws all titles and assets of a seed.
pub(super) fn catalogue(config: &SynthConfig) -> Catalogue {
    let mut draw = Draw {
        rng: ChaCha8Rng::seed_from_u64(config.seed),
        places: PLACES[..config.n_countries as usize].to_vec(),
    };
    let n_assets = config.n_assets as usize;
    let n_titles = n_assets.div_ceil(4);
    let titles = draw.titles(n_titles);
    let popularity = draw.popularity(n_titles);
    let mut assets = Vec::with_capacity(n_assets);
    // Titles get assets in turns until all are made, so that the last ones get some too.
    for title in (0..n_titles).cycle() {
        if assets.len() == n_assets {
            break;
        }
        let n = draw.rng.random_range(2..=6).min(n_assets - assets.len());
        draw.campaign(&titles[title], title, popularity[title], n, &mut assets);
    }
    let left = draw.plant(&mut assets);
    let beside = if config.traps { set_traps(&left, &titles, &mut assets) } else { Vec::new() };
    Catalogue { titles, assets, beside }
}

/// The generator, and its inputs.
struct Draw {
    rng: ChaCha8Rng,
    places: Vec<Place>,
}

impl Draw {
    fn titles(&mut self, n_titles: usize) -> Vec<Title> {
        let pair = |first: &&'static str| SECOND_WORDS.map(|second| (*first, second));
        let mut words: Vec<_> = FIRST_WORDS.iter().flat_map(pair).collect();
        words.shuffle(&mut self.rng);
        (0..n_titles)
            .map(|title| {
                let (first, second) = words[title % words.len()];
                // A second round over the same words gives sequels.
                let numeral = NUMERALS[title / words.len() % NUMERALS.len()];
                let article = if first.len() % 2 == 0 { "The " } else { "" };
                Title {
                    id: format!("t{:05}", title + 1),
                    name: format!("{article}{first} {second}{numeral}"),
                    genre: self.skewed(GENRES.len()),
                }
            })
            .collect()
    }

    /// Zipf-like weights in random order, so that ids do not reveal what is popular.
    fn popularity(&mut self, n_titles: usize) -> Vec<f64> {
        let mut weights: Vec<f64> =
            (3_u32..).take(n_titles).map(|rank| f64::from(rank).powf(-0.9)).collect();
        weights.shuffle(&mut self.rng);
        weights
    }

    /// The assets of one title: mostly artwork in the title's language, some for other markets.
    fn campaign(
        &mut self,
        title: &Title,
        title_place: usize,
        popularity: f64,
        n_assets: usize,
        assets: &mut Vec<Asset>,
    ) {
        use MediaType::{Artwork, Teaser, Trailer};
        let original = self.language();
        for place in 0..n_assets {
            let media_type = [Artwork, Trailer, Artwork, Teaser, Artwork, Artwork][place];
            let language = if self.rng.random_bool(0.6) { original } else { self.language() };
            let share = match media_type {
                Artwork => 1.0,
                Trailer => 0.5,
                Teaser => 0.3,
            };
            let number = assets.len() + 1;
            assets.push(Asset {
                id: format!("a{number:05}"),
                title: u16::try_from(title_place).expect("validated: at most 50,000 assets"),
                name: format!(
                    "{} · {} {} ({language})",
                    title.name,
                    media_type.as_str(),
                    place + 1
                ),
                media_type,
                language,
                tags: self.tags(title.genre),
                character: Character::Ordinary,
                weight: popularity * share * self.rng.random_range(0.4..1.6),
                appeal: 0.04 * 5_f64.powf(self.rng.random()),
                markets: self.markets(language),
            });
        }
    }

    /// Makes some of the assets special, among the more popular half so that it shows in the numbers; returns the
    /// remaining ones.
    fn plant(&mut self, assets: &mut [Asset]) -> Vec<usize> {
        let n = assets.len();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| assets[*b].weight.total_cmp(&assets[*a].weight));
        order.truncate(n / 2);
        order.shuffle(&mut self.rng);
        let mut order = order.into_iter();
        // A few run everywhere, so that every country has something to see on every day.
        let everywhere: Vec<u8> = (0_u8..).take(self.places.len()).collect();
        for place in order.by_ref().take((n / 500).max(2)) {
            assets[place].markets.clone_from(&everywhere);
        }
        for place in order.by_ref().take((n / 50).max(2)) {
            let audience = self.skewed(AUDIENCES.len());
            assets[place].character = Character::Niche { audience };
        }
        for place in order.by_ref().take((n / 100).max(1)) {
            assets[place].character = Character::Clickbait;
        }
        for (turn, place) in (0_u32..).zip(order.by_ref().take((n / 16).max(1))) {
            // Every other one within the first week, so that a short run has some.
            let day = if turn % 2 == 0 { 2 + turn / 2 % 4 } else { 6 + turn / 2 % 22 };
            assets[place].character = Character::Launch { day };
            assets[place].weight *= 3.0;
        }
        order.collect()
    }

    /// A language, weighted by the number of people who speak it.
    fn language(&mut self) -> &'static str {
        let total: f64 = self.places.iter().map(|place| place.weight).sum();
        let mut left = self.rng.random_range(0.0..total);
        for place in &self.places {
            left -= place.weight;
            if left < 0.0 {
                return place.language;
            }
        }
        self.places[0].language
    }

    fn markets(&mut self, language: &str) -> Vec<u8> {
        let mut markets: Vec<u8> = (0_u8..)
            .zip(&self.places)
            .filter(|(_, place)| place.language == language)
            .map(|(country, _)| country)
            .collect();
        markets.shuffle(&mut self.rng);
        markets.truncate(MAX_MARKETS);
        markets.sort_unstable();
        markets
    }

    fn tags(&mut self, genre: u8) -> Vec<u8> {
        let mut tags = BTreeSet::new();
        if self.rng.random_bool(0.8) {
            tags.insert(genre);
        }
        let n_genres = u8::try_from(GENRES.len()).expect("nine genres");
        for _ in 0..self.rng.random_range(0..=3) {
            tags.insert(n_genres + self.skewed(STYLES.len()));
        }
        tags.into_iter().collect()
    }

    /// One of `n`, at most 256, earlier ones more often than later ones.
    fn skewed(&mut self, n: usize) -> u8 {
        let place = self.rng.random_range(0..n).min(self.rng.random_range(0..n + n / 2));
        u8::try_from(place).expect("below 256")
    }
}

/// Makes some assets the artwork of one title, shown everywhere and equal except for their characters; returns the
/// assets to compare traps with, by position. Draws nothing, so that all other assets stay the same.
fn set_traps(left: &[usize], titles: &[Title], assets: &mut [Asset]) -> Vec<(usize, usize)> {
    use Character::{Clickbait, Exposed, Launch, Ordinary, Reversed, Worn};
    let characters = [
        Ordinary,
        Ordinary,
        Ordinary,
        Clickbait,
        Launch { day: 3 },
        Exposed,
        Worn,
        Reversed { better: true },
        Reversed { better: false },
    ];
    let places = &left[..characters.len()];
    // Together they are shown about as often as everything else.
    let all: f64 = assets.iter().map(|asset| asset.weight).sum();
    let n_countries =
        assets.iter().flat_map(|asset| &asset.markets).max().map_or(1, |last| last + 1);
    let title = assets[places[0]].title;
    for (number, (place, character)) in places.iter().zip(characters).enumerate() {
        let asset = &mut assets[*place];
        let name = &titles[usize::from(title)].name;
        asset.title = title;
        asset.name = format!("{name} · key art {} ({})", number + 1, asset.language);
        asset.media_type = MediaType::Artwork;
        asset.weight = all / 16.0;
        asset.appeal = 0.3;
        asset.markets = (0..n_countries).collect();
        asset.character = character;
    }
    let beside = |trap: usize, other: usize| (places[trap], places[other]);
    vec![beside(3, 0), beside(4, 1), beside(5, 1), beside(6, 2), beside(7, 8)]
}
