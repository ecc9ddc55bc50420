//! Which impression a play counts for, according to the model file: the last one of its title that the person saw at or
//! before it and within a day; of several at the same instant, the smallest by asset, country (unknown first) and
//! device.

use crate::events::{DAY_MS, Event, UNKNOWN_COUNTRY};
use crate::places::DEVICES;
use crate::world::World;

/// How long after an impression a play counts for it.
const WINDOW_MS: u64 = 24 * 3_600_000;

/// An event on its day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) day: u32,
    pub(super) event: Event,
}

impl Seen {
    /// Milliseconds since the first day began.
    fn at_ms(&self) -> u64 {
        u64::from(self.day) * u64::from(DAY_MS) + u64::from(self.event.time_ms)
    }
}

/// Everything that one person saw.
#[derive(Debug, Default)]
pub(super) struct History {
    seen: Vec<(Place, Seen)>,
}

/// By title, then by time, then by what breaks ties between impressions of the same instant.
type Place = (u16, u64, u16, Option<&'static str>, &'static str);

fn title(world: &World, event: &Event) -> u16 {
    world.catalogue.assets[usize::from(event.asset)].title
}

impl History {
    pub(super) fn add(&mut self, world: &World, seen: Seen) {
        let Event { asset, country, device, .. } = seen.event;
        let known = (country != UNKNOWN_COUNTRY).then_some(country);
        let country = known.map(|country| world.places[usize::from(country)].code);
        let device = DEVICES[usize::from(device)];
        // Assets are numbered in the order of their ids.
        self.seen.push(((title(world, &seen.event), seen.at_ms(), asset, country, device), seen));
    }

    pub(super) fn sort(&mut self) {
        self.seen.sort_unstable_by_key(|(place, _)| *place);
    }

    pub(super) fn clear(&mut self) {
        self.seen.clear();
    }

    /// The impression that a play counts for.
    pub(super) fn last_before(&self, world: &World, play: Seen) -> Option<Seen> {
        let (title, at_ms) = (title(world, &play.event), play.at_ms());
        let end = self.seen.partition_point(|((of, at, ..), _)| (*of, *at) <= (title, at_ms));
        let ((of, last_ms, ..), _) = self.seen[..end].last()?;
        if *of != title || at_ms - last_ms > WINDOW_MS {
            return None;
        }
        let first = self.seen.partition_point(|((of, at, ..), _)| (*of, *at) < (title, *last_ms));
        Some(self.seen[first].1)
    }
}
