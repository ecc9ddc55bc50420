//! What is promoted: titles and their assets, drawn once from the seed.

mod draw;

use serde::{Deserialize, Serialize};
use strum::EnumCount;

use super::config::SynthConfig;
use super::people::{AUDIENCES, GENRES};
use super::places::Place;

/// What an asset may show, besides its genre.
const STYLES: [&str; 14] = [
    "award",
    "bold-type",
    "cast-quote",
    "close-up",
    "couple",
    "ensemble",
    "explosion",
    "landscape",
    "monochrome",
    "mystery",
    "neon",
    "night",
    "smile",
    "text-free",
];

/// What kind of thing an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumCount)]
pub(super) enum MediaType {
    Artwork,
    Trailer,
    Teaser,
}

impl MediaType {
    pub(super) const ALL: [Self; Self::COUNT] = [Self::Artwork, Self::Trailer, Self::Teaser];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Artwork => "artwork",
            Self::Trailer => "trailer",
            Self::Teaser => "teaser",
        }
    }
}

/// What is special about an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Character {
    Ordinary,
    /// It attracts only one audience, an index into [`AUDIENCES`].
    Niche {
        audience: u8,
    },
    /// Many start to play, few stay for two minutes.
    Clickbait,
    /// It is first shown on this day index, and wears off in the weeks after.
    Launch {
        day: u32,
    },
    /// It is shown three times in a row, where others are shown once.
    Exposed,
    /// From [`Character::WORN_FROM`] on it is shown three times as often, and played a third less.
    Worn,
    /// One of two shown in different countries: `better` in each, but mostly shown where people play less, or the
    /// opposite.
    Reversed {
        better: bool,
    },
}

impl Character {
    /// The day index from which on a worn asset is worn: the two weeks before and the two after are compared.
    pub(super) const WORN_FROM: u32 = 14;

    /// The factor of its weight in the largest country, and in others.
    pub(super) fn shown_in(self, country: u8) -> f64 {
        match (self, country) {
            (Self::Reversed { better: false }, 0) | (Self::Reversed { better: true }, 1..) => 2.0,
            (Self::Reversed { .. }, _) => 0.5,
            _ => 1.0,
        }
    }

    /// The number of times it is shown in a row.
    pub(super) fn times_shown(self) -> u32 {
        if self == Self::Exposed { 3 } else { 1 }
    }

    /// The fraction of its plays that remains in a country on a day index; `None` for all.
    pub(super) fn part_won(self, country: u8, day: u32) -> Option<f64> {
        match self {
            Self::Worn if day >= Self::WORN_FROM => Some(0.65),
            Self::Reversed { better } => {
                Some(if country == 0 { 1.0 } else { 0.18 } * if better { 1.0 } else { 0.6 })
            }
            Self::Ordinary
            | Self::Niche { .. }
            | Self::Clickbait
            | Self::Launch { .. }
            | Self::Exposed
            | Self::Worn => None,
        }
    }
}

/// A film or series.
#[derive(Debug, Clone)]
pub(super) struct Title {
    pub(super) id: String,
    pub(super) name: String,
    /// By place in [`GENRES`].
    pub(super) genre: u8,
}

/// A piece of promotional media.
#[derive(Debug, Clone)]
pub(super) struct Asset {
    pub(super) id: String,
    /// By place in [`Catalogue::titles`].
    pub(super) title: u16,
    pub(super) name: String,
    pub(super) media_type: MediaType,
    pub(super) language: &'static str,
    /// By place in [`tags`], ascending; may be empty.
    pub(super) tags: Vec<u8>,
    pub(super) character: Character,
    /// Relative number of impressions.
    pub(super) weight: f64,
    /// The chance that an impression is followed by a play, before tastes.
    pub(super) appeal: f64,
    /// Countries where it is shown, by place in the list of countries.
    pub(super) markets: Vec<u8>,
}

/// All titles and assets.
#[derive(Debug)]
pub(super) struct Catalogue {
    pub(super) titles: Vec<Title>,
    pub(super) assets: Vec<Asset>,
    /// By position, the assets to compare traps with.
    beside: Vec<(usize, usize)>,
}

/// A planted property of an asset, for the summary: something that a good analysis must find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planted {
    /// The asset.
    pub asset_id: String,
    /// `niche` (only `audience` plays it), `clickbait` (many short plays) or `launch` (new on `day`). Traps are
    /// `exposure` (as good as `beside`, but shown more often), `reversal` (better than `beside` in each country, but
    /// shown where people play less) and `fatigue` (shown more often and played less from `day` on), besides a
    /// clickbait and a launch of the same title.
    pub kind: String,
    /// The only audience that it works for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Its first day, which may be after the last generated one; for a worn asset the first day on which it is worn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// For a trap, the asset to compare it with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
}

/// Every tag's name: genres, then styles.
pub(super) fn tags() -> Vec<&'static str> {
    GENRES.into_iter().chain(STYLES).collect()
}

/// The languages of some countries, in order of the first country that speaks each.
pub(super) fn languages(places: &[Place]) -> Vec<&'static str> {
    let mut languages = Vec::new();
    for place in places {
        if !languages.contains(&place.language) {
            languages.push(place.language);
        }
    }
    languages
}

impl Catalogue {
    pub(super) fn new(config: &SynthConfig) -> Self {
        draw::catalogue(config)
    }

    /// What a good analysis must find.
    pub(super) fn planted(&self, config: &SynthConfig) -> Vec<Planted> {
        let planted = |(place, asset): (usize, &Asset)| {
            let beside = self.beside.iter().find(|(trap, _)| *trap == place);
            let beside = beside.map(|(_, other)| self.assets[*other].id.clone());
            let (kind, audience, day) = match asset.character {
                Character::Ordinary | Character::Reversed { better: false } => return None,
                Character::Exposed => ("exposure", None, None),
                Character::Reversed { better: true } => ("reversal", None, None),
                Character::Worn => {
                    ("fatigue", None, Some(config.date(Character::WORN_FROM).to_string()))
                }
                Character::Niche { audience } => {
                    ("niche", Some(AUDIENCES[usize::from(audience)].to_owned()), None)
                }
                Character::Clickbait => ("clickbait", None, None),
                Character::Launch { day } => ("launch", None, Some(config.date(day).to_string())),
            };
            let (asset_id, kind) = (asset.id.clone(), kind.to_owned());
            Some(Planted { asset_id, kind, audience, day, beside })
        };
        self.assets.iter().enumerate().filter_map(planted).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_and_ids_are_different() {
        let config = SynthConfig { n_assets: 50_000, ..SynthConfig::small() };
        let catalogue = Catalogue::new(&config);
        let names: BTreeSet<_> = catalogue.titles.iter().map(|title| &title.name).collect();
        assert_eq!(names.len(), catalogue.titles.len());
        let ids: BTreeSet<_> = catalogue.assets.iter().map(|asset| &asset.id).collect();
        assert_eq!(ids.len(), 50_000);
    }

    #[test]
    fn every_character_is_planted_even_in_the_smallest_catalogue() {
        for n_assets in [12, 120, 2_000] {
            let config = SynthConfig { n_assets, ..SynthConfig::small() };
            let planted = Catalogue::new(&config).planted(&config);
            for kind in ["niche", "clickbait", "launch"] {
                assert!(planted.iter().any(|planted| planted.kind == kind), "{n_assets} {kind}");
            }
        }
    }

    #[test]
    fn traps_are_of_one_title_and_change_nothing_else() {
        let without = SynthConfig { n_assets: 60, ..SynthConfig::small() };
        let with = SynthConfig { traps: true, ..without.clone() };
        let (plain, catalogue) = (Catalogue::new(&without), Catalogue::new(&with));
        let planted = catalogue.planted(&with);
        let traps: Vec<_> = planted.iter().filter(|own| own.beside.is_some()).collect();
        let mut kinds: Vec<_> = traps.iter().map(|own| own.kind.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["clickbait", "exposure", "fatigue", "launch", "reversal"]);
        let asset = |id: &String| catalogue.assets.iter().find(|own| own.id == *id).unwrap();
        let title = asset(&traps[0].asset_id).title;
        for trap in traps {
            let both = [asset(&trap.asset_id), asset(trap.beside.as_ref().unwrap())];
            assert!(both.iter().all(|own| own.title == title && own.markets == both[0].markets));
        }
        let same = |(one, other): &(&Asset, &Asset)| format!("{one:?}") == format!("{other:?}");
        let n_same = plain.assets.iter().zip(&catalogue.assets).filter(same).count();
        assert_eq!(n_same, 60 - 9);
    }

    #[test]
    fn some_assets_have_no_tags() {
        let catalogue = Catalogue::new(&SynthConfig::small());
        let n_empty = catalogue.assets.iter().filter(|asset| asset.tags.is_empty()).count();
        assert!((1..40).contains(&n_empty), "{n_empty}");
    }
}
