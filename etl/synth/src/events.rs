//! One person's day: what they saw and what they played. The only place where events are drawn, so
//! that files and answers, which draw them in different orders, cannot disagree.

use rand_distr::Distribution;

use super::catalogue::Character;
use super::random::{Stream, draw, spread, threshold, whole};
use super::world::World;

/// The length of a day.
pub(super) const DAY_MS: u32 = 86_400_000;

/// The country of an event whose address could not be located.
pub(super) const UNKNOWN_COUNTRY: u8 = u8::MAX;

/// One event in 200 has no country.
const UNKNOWN_COUNTRY_CHANCE: u32 = u32::MAX / 200;

/// A play of at least this many seconds is qualified, as in the model file.
pub(super) const QUALIFIED_SECONDS: u32 = 120;

/// Most impressions follow the previous one within this time: people browse.
const BROWSING_MS: u32 = 600_000;

/// Assets shown in a row are shown again within this time.
const AGAIN_MS: u32 = 5_000;

/// Who a person is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Profile {
    pub(super) index: u32,
    /// By place in the world's countries.
    pub(super) country: u8,
    pub(super) persona: u8,
    /// The device they mostly use.
    device: u8,
}

/// The part of an event that impressions and plays share. Ordered by time first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    /// Milliseconds since its day began, below [`DAY_MS`].
    pub(super) time_ms: u32,
    pub(super) profile: u32,
    pub(super) asset: u16,
    /// May be [`UNKNOWN_COUNTRY`].
    pub(super) country: u8,
    pub(super) device: u8,
}

/// A play, on the day of its impression or on the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Play {
    pub(super) event: Event,
    pub(super) watch_seconds: u32,
}

impl Play {
    pub(super) fn is_qualified(&self) -> bool {
        self.watch_seconds >= QUALIFIED_SECONDS
    }
}

/// Which day a play falls on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlayDay {
    Same,
    Next,
}

impl World {
    /// Who the person is.
    pub(super) fn profile(&self, index: u32) -> Profile {
        let bits = self.profile_key.stream(index, 0).next();
        let country = self.countries.pick(bits);
        Profile {
            index,
            country,
            persona: self.personas.pick(bits >> 12),
            device: self.devices[usize::from(country)].pick(bits >> 24),
        }
    }

    /// Draws all that a person saw on a day, and the plays that followed.
    pub(super) fn visit_day<F>(&self, profile_index: u32, day: u32, weekday: usize, mut visit: F)
    where
        F: FnMut(Event, Option<(PlayDay, Play)>),
    {
        let mut stream = self.day_key.stream(profile_index, day);
        let arrivals = self.arrivals(weekday, spread(profile_index));
        let n_impressions = whole(arrivals.sample(&mut stream));
        if n_impressions == 0 {
            return;
        }
        let profile = self.profile(profile_index);
        let mut time_ms = DAY_MS;
        for _ in 0..n_impressions {
            time_ms = self.next_time(profile.country, weekday, time_ms, &mut stream);
            let mut seen = self.impression(&profile, day, time_ms, &mut stream);
            let play = self.play(&profile, day, &seen, &mut stream);
            visit(seen, play);
            let times = self.catalogue.assets[usize::from(seen.asset)].character.times_shown();
            for _ in 1..times {
                seen.time_ms = (seen.time_ms + 1 + stream.below(AGAIN_MS)).min(DAY_MS - 1);
                let play = self.play(&profile, day, &seen, &mut stream);
                visit(seen, play);
            }
        }
    }

    /// The time of the next impression: soon after the last one while a visit lasts, otherwise at
    /// the hour of a new visit.
    fn next_time(&self, country: u8, weekday: usize, last_ms: u32, stream: &mut Stream) -> u32 {
        let bits = stream.next();
        let soon = last_ms.saturating_add(stream.below(BROWSING_MS));
        if bits >> 62 != 0 && soon < DAY_MS {
            return soon;
        }
        let hours = &self.hours[usize::from(country)][usize::from(weekday >= 5)];
        u32::from(hours.pick(bits)) * 3_600_000 + stream.below(3_600_000)
    }

    fn impression(&self, profile: &Profile, day: u32, time_ms: u32, stream: &mut Stream) -> Event {
        let bits = stream.next();
        Event {
            time_ms,
            profile: profile.index,
            asset: self.choose_asset(profile, day, stream),
            country: located(profile, stream),
            device: self.choose_device(profile, profile.device, bits),
        }
    }

    /// One of the assets of the person's country. Launched ones are chosen as if they had always
    /// been there, and rejected with a probability that depends on their age: so one table serves
    /// all days.
    fn choose_asset(&self, profile: &Profile, day: u32, stream: &mut Stream) -> u16 {
        let selection = self.selection(profile.country, profile.persona);
        loop {
            let asset = selection.pick(stream.next());
            match self.catalogue.assets[usize::from(asset)].character {
                Character::Launch { day: launch } if !stream.chance(presence(launch, day)) => {}
                Character::Worn if day < Character::WORN_FROM && !stream.chance(u32::MAX / 3) => {}
                // Assets that run everywhere are never launched late, so this ends.
                _ => return asset,
            }
        }
    }

    /// The usual device in three of four cases.
    fn choose_device(&self, profile: &Profile, usual: u8, bits: u64) -> u8 {
        if bits >> 62 != 0 { usual } else { self.devices[usize::from(profile.country)].pick(bits) }
    }

    fn play(
        &self,
        profile: &Profile,
        day: u32,
        seen: &Event,
        stream: &mut Stream,
    ) -> Option<(PlayDay, Play)> {
        if !stream.chance(self.play_chance(seen.device, seen.asset, profile.persona)) {
            return None;
        }
        let character = self.catalogue.assets[usize::from(seen.asset)].character;
        if let Some(part) = character.part_won(profile.country, day)
            && !stream.chance(threshold(part))
        {
            return None;
        }
        let bits = stream.next();
        let delay_ms = draw(&self.delays, bits) * 1_000 + stream.below(1_000);
        let time_ms = seen.time_ms + delay_ms;
        let (day, time_ms) = if time_ms < DAY_MS {
            (PlayDay::Same, time_ms)
        } else {
            (PlayDay::Next, time_ms - DAY_MS)
        };
        let watches = &self.watches[usize::from(character == Character::Clickbait)];
        let event = Event {
            time_ms,
            profile: profile.index,
            asset: seen.asset,
            country: located(profile, stream),
            device: self.choose_device(profile, seen.device, stream.next()),
        };
        Some((day, Play { event, watch_seconds: draw(watches, bits >> 12) }))
    }
}

/// The person's country, if the address could be located.
fn located(profile: &Profile, stream: &mut Stream) -> u8 {
    if stream.chance(UNKNOWN_COUNTRY_CHANCE) { UNKNOWN_COUNTRY } else { profile.country }
}

/// The probability, in units of 2^-32, that a launched asset is still shown: one for a week, a half
/// for two more, then a quarter.
fn presence(launch: u32, day: u32) -> u32 {
    match day.checked_sub(launch) {
        None => 0,
        Some(0..7) => u32::MAX,
        Some(7..21) => u32::MAX / 2,
        Some(_) => u32::MAX / 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SynthConfig;

    fn small_week(mut visit: impl FnMut(&World, u32, Event, Option<(PlayDay, Play)>)) {
        let world = World::new(&SynthConfig::small());
        for day in 0..7 {
            let weekday = world.config.weekday(day);
            for profile in 0..20_000 {
                world.visit_day(profile, day, weekday, |seen, play| {
                    visit(&world, day, seen, play);
                });
            }
        }
    }

    #[test]
    fn weekends_and_evenings_are_busier() {
        let mut n_by_day = [0_u32; 7];
        let mut n_by_us_hour = [0_u32; 24];
        small_week(|_, day, seen, _| {
            n_by_day[day as usize] += 1;
            if seen.country == 0 {
                n_by_us_hour[((seen.time_ms / 3_600_000 + 19) % 24) as usize] += 1;
            }
        });
        // 2026-01-01 is a Thursday, so the weekend is days 2 and 3.
        let weekday_max = n_by_day.iter().enumerate().filter(|(day, _)| !(2..=3).contains(day));
        assert!(weekday_max.map(|(_, n)| n).max().unwrap() < n_by_day[2..=3].iter().min().unwrap());
        assert!(n_by_us_hour[20] > 8 * n_by_us_hour[4], "{n_by_us_hour:?}");
    }

    #[test]
    fn launched_assets_start_on_their_day() {
        let mut n_launched = 0;
        small_week(|world, day, seen, _| {
            if let Character::Launch { day: launch } =
                world.catalogue.assets[usize::from(seen.asset)].character
            {
                n_launched += 1;
                assert!(day >= launch);
            }
        });
        assert!(n_launched > 0);
    }

    #[test]
    fn niche_assets_work_for_their_audience_and_clickbait_is_left_early() {
        let (mut fans, mut others) = ([0_u32; 2], [0_u32; 2]);
        let mut clickbait = [0_u32; 2];
        small_week(|world, _, seen, play| {
            let played = usize::from(play.is_some());
            match world.catalogue.assets[usize::from(seen.asset)].character {
                Character::Niche { audience } => {
                    let persona = world.profile(seen.profile).persona;
                    let audiences = crate::people::audiences_of(persona);
                    let counts =
                        if audiences.contains(&audience) { &mut fans } else { &mut others };
                    counts[played] += 1;
                }
                Character::Clickbait => {
                    if let Some((_, play)) = play {
                        clickbait[usize::from(play.is_qualified())] += 1;
                    }
                }
                Character::Ordinary
                | Character::Launch { .. }
                | Character::Exposed
                | Character::Worn
                | Character::Reversed { .. } => {}
            }
        });
        let rate = |[without, with]: [u32; 2]| f64::from(with) / f64::from(without + with);
        assert!(rate(fans) > 10.0 * rate(others), "{fans:?} {others:?}");
        assert!(rate(clickbait) < 0.2, "{clickbait:?}");
    }

    #[test]
    fn one_event_in_two_hundred_has_no_country() {
        let (mut n, mut n_unknown) = (0_u32, 0_u32);
        small_week(|_, _, seen, _| {
            n += 1;
            n_unknown += u32::from(seen.country == UNKNOWN_COUNTRY);
        });
        let share = f64::from(n_unknown) / f64::from(n);
        assert!((share - 0.005).abs() < 0.001, "{share}");
    }

    #[test]
    fn a_heavy_tenth_sees_half() {
        let mut n_by_profile = vec![0_u32; 20_000];
        small_week(|_, _, seen, _| n_by_profile[seen.profile as usize] += 1);
        n_by_profile.sort_unstable();
        let heavy: u32 = n_by_profile[18_000..].iter().sum();
        let share = f64::from(heavy) / f64::from(n_by_profile.iter().sum::<u32>());
        assert!((0.35..0.65).contains(&share), "{share}");
    }
}
