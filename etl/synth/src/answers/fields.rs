//! The fields of the cube over synthetic events: names, members, and which members an event has.

use strum::EnumCount;

use crate::catalogue::{MediaType, languages, tags};
use crate::events::{Event, UNKNOWN_COUNTRY};
use crate::people::{AUDIENCES, N_PERSONAS, audiences_of};
use crate::places::DEVICES;
use crate::world::World;

/// What to group and filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumCount)]
pub(super) enum Field {
    Asset,
    Title,
    MediaType,
    Language,
    Tags,
    Country,
    Device,
    Audience,
    Day,
}

impl Field {
    /// Every field but the day, in the order of declaration.
    pub(super) const BUT_DAY: [Self; Self::COUNT - 1] = [
        Self::Asset,
        Self::Title,
        Self::MediaType,
        Self::Language,
        Self::Tags,
        Self::Country,
        Self::Device,
        Self::Audience,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Title => "asset.title",
            Self::MediaType => "asset.media_type",
            Self::Language => "asset.language",
            Self::Tags => "asset.tags",
            Self::Country => "country",
            Self::Device => "device",
            Self::Audience => "audience",
            Self::Day => "day",
        }
    }

    /// The field with a name that [`Self::name`] gave.
    pub(super) fn of_name(name: &str) -> Self {
        let named = Self::BUT_DAY.into_iter().find(|field| field.name() == name);
        named.expect("filters are made from fields, never of the day")
    }
}

/// An event, in terms of groups and filters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fact {
    pub(super) asset: u16,
    /// Index into [`Members`]' countries; the unknown one is last.
    pub(super) country: u8,
    pub(super) device: u8,
    pub(super) persona: u8,
    pub(super) day: u32,
}

impl Fact {
    pub(super) fn new(event: &Event, persona: u8, day: u32, n_countries: u8) -> Self {
        let country = if event.country == UNKNOWN_COUNTRY { n_countries } else { event.country };
        Self { asset: event.asset, country, device: event.device, persona, day }
    }

    /// The key that determines the field's members: attributes follow from the asset, audiences
    /// from the persona.
    pub(super) fn decider(&self, field: Field) -> usize {
        match field {
            Field::Asset | Field::Title | Field::MediaType | Field::Language | Field::Tags => {
                self.asset.into()
            }
            Field::Country => self.country.into(),
            Field::Device => self.device.into(),
            Field::Audience => self.persona.into(),
            Field::Day => self.day as usize,
        }
    }
}

/// The members of every field, as codes.
///
/// The day is treated like any other field: its members are the days, determined by the day index.
#[derive(Debug)]
pub(super) struct Members {
    /// Per field: the names by code. The last country is null.
    names: Vec<Vec<Option<String>>>,
    /// Per field: the codes by decider.
    codes: Vec<CodeLists>,
}

impl Members {
    pub(super) fn new(world: &World, n_days: u32) -> Self {
        let days: Vec<_> =
            (0..n_days).map(|day| Some(world.config.date(day).to_string())).collect();
        let day_codes = (0_u16..).take(days.len()).map(|day| vec![day]).collect();
        let names = Field::BUT_DAY.map(|field| names(world, field)).into_iter().chain([days]);
        let codes = Field::BUT_DAY.map(|field| codes(world, field)).into_iter().chain([day_codes]);
        Self { names: names.collect(), codes: codes.map(CodeLists::new).collect() }
    }

    /// How many members a field has.
    pub(super) fn n(&self, field: Field) -> usize {
        self.names[field as usize].len()
    }

    /// A member's name; `None` for null.
    pub(super) fn name(&self, field: Field, code: usize) -> Option<&str> {
        self.names[field as usize][code].as_deref()
    }

    /// The codes of the members that an event has.
    pub(super) fn codes(&self, field: Field, fact: &Fact) -> &[u16] {
        self.codes[field as usize].get(fact.decider(field))
    }

    /// The names of the members for each value of the field's decider; null has no name.
    pub(super) fn values_by_decider(&self, field: Field) -> Vec<Vec<&str>> {
        let names = &self.names[field as usize];
        let lists = &self.codes[field as usize];
        let of_codes = |decider| {
            lists
                .get(decider)
                .iter()
                .filter_map(|code| names[usize::from(*code)].as_deref())
                .collect()
        };
        (0..lists.len()).map(of_codes).collect()
    }
}

/// Lists of codes, concatenated: most have a single code.
#[derive(Debug)]
struct CodeLists {
    codes: Vec<u16>,
    /// The end of each list, after an initial zero.
    ends: Vec<usize>,
}

impl CodeLists {
    fn new(lists: Vec<Vec<u16>>) -> Self {
        let mut ends = vec![0];
        ends.extend(lists.iter().scan(0, |end, list| {
            *end += list.len();
            Some(*end)
        }));
        Self { codes: lists.into_iter().flatten().collect(), ends }
    }

    fn len(&self) -> usize {
        self.ends.len() - 1
    }

    fn get(&self, place: usize) -> &[u16] {
        &self.codes[self.ends[place]..self.ends[place + 1]]
    }
}

fn names(world: &World, field: Field) -> Vec<Option<String>> {
    let some = |names: &[&str]| names.iter().map(|name| Some((*name).to_owned())).collect();
    let catalogue = &world.catalogue;
    match field {
        Field::Asset => catalogue.assets.iter().map(|asset| Some(asset.id.clone())).collect(),
        Field::Title => catalogue.titles.iter().map(|title| Some(title.name.clone())).collect(),
        Field::MediaType => some(&MediaType::ALL.map(MediaType::as_str)),
        Field::Language => some(&languages(&world.places)),
        Field::Tags => some(&tags()),
        Field::Country => {
            let known = world.places.iter().map(|place| Some(place.code.to_owned()));
            known.chain([None]).collect()
        }
        Field::Device => some(&DEVICES),
        Field::Audience => some(&AUDIENCES),
        Field::Day => unreachable!("the day is no field of the world"),
    }
}

fn codes(world: &World, field: Field) -> Vec<Vec<u16>> {
    let each = |n: usize| (0_u16..).take(n).map(|code| vec![code]).collect();
    let assets = &world.catalogue.assets;
    match field {
        Field::Asset => each(assets.len()),
        Field::Title => assets.iter().map(|asset| vec![asset.title]).collect(),
        Field::MediaType => assets.iter().map(|asset| vec![asset.media_type as u16]).collect(),
        Field::Language => {
            let languages = languages(&world.places);
            let code = |language| (0_u16..).zip(&languages).find(|(_, name)| **name == language);
            assets
                .iter()
                .map(|asset| code(asset.language).into_iter().map(|(code, _)| code).collect())
                .collect()
        }
        Field::Tags => assets
            .iter()
            .map(|asset| asset.tags.iter().map(|tag| (*tag).into()).collect())
            .collect(),
        Field::Country => each(world.places.len() + 1),
        Field::Device => each(DEVICES.len()),
        Field::Audience => (0_u8..)
            .take(N_PERSONAS)
            .map(|persona| {
                audiences_of(persona).iter().map(|audience| (*audience).into()).collect()
            })
            .collect(),
        Field::Day => unreachable!("the day is no field of the world"),
    }
}
