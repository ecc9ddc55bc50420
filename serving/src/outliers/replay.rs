//! Lists of one day after the other.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use clio_proto::{OutlierKind, ServiceError, Watching};
use jiff::civil::Date;

use super::judged::{Compared, Judged, Side, chances, error_of, halves, judge, judge_change};
use super::listed::{Chance, listed};
use super::peers::Peers;
use super::people::{Asking, Frequencies, More, OfPeople};
use super::sightings::Sighted;
use super::{N_DAYS, earlier_of, first_looked_at};

/// If every member's probability of error exceeds this, querying events per person is not worthwhile.
const HOPELESS: f64 = 0.5;

/// The inputs of lists; no member's rate is withheld.
pub(super) struct Replay<'a> {
    pub(super) asking: Asking<'a>,
    pub(super) peers: &'a Peers,
    pub(super) sighted: &'a [Sighted],
    pub(super) of_people: &'a [OfPeople],
    /// All settled days that are read.
    pub(super) days: &'a [Date],
}

/// The comparisons of members on one day, by position.
pub(super) struct Today {
    pub(super) rates: HashMap<usize, Judged>,
    pub(super) watching: HashMap<usize, Judged>,
    pub(super) changes: HashMap<usize, Judged>,
    pub(super) more: HashMap<usize, More>,
    pub(super) chances: Vec<(OutlierKind, Vec<Chance>)>,
}

/// The day, by position, since which each member has been listed.
pub(super) type Listed = HashMap<(OutlierKind, usize), usize>;

/// The list of an earlier day.
pub(super) struct Earlier {
    /// The day, by position.
    pub(super) day: usize,
    /// The day, by position, through which each of its members has been listed since.
    pub(super) through: Listed,
}

impl Earlier {
    fn of(day: usize, found: &Listed) -> Self {
        Self { day, through: found.keys().map(|key| (*key, day)).collect() }
    }

    /// Members that were listed through the day before, and are listed on this one, are listed through it.
    fn follow(&mut self, day: usize, found: &Listed) {
        self.through.iter_mut().for_each(|(key, through)| {
            if *through + 1 == day && found.contains_key(key) {
                *through = day;
            }
        });
    }
}

/// The last day, since when each member has been listed, and the list of an earlier day.
pub(super) struct Replayed {
    pub(super) today: Today,
    pub(super) found: Listed,
    pub(super) earlier: Option<Earlier>,
}

impl Replay<'_> {
    /// Runs day by day, each with the list of the day before.
    pub(super) fn run(&self) -> Result<Replayed, ServiceError> {
        let clustered: Vec<f64> = self.of_people.iter().map(|own| own.clustered).collect();
        let mut frequencies = Frequencies::new(self.asking, self.days);
        let last = self.days.len() - 1;
        let mut found: Listed = HashMap::new();
        let mut earlier: Option<Earlier> = None;
        let mut day = first_looked_at(self.days.len());
        loop {
            self.asking.cancel.check()?;
            let days = (day + 1).saturating_sub(N_DAYS)..day + 1;
            let today = self.today(days, &clustered, &mut frequencies)?;
            let mut next = HashMap::new();
            for (kind, chances) in &today.chances {
                let is_of = |(own, _): &&(OutlierKind, usize)| own == kind;
                let before: BTreeSet<usize> =
                    found.keys().filter(is_of).map(|(_, member)| *member).collect();
                for member in listed(chances, &before) {
                    let since = found.get(&(*kind, member)).copied().unwrap_or(day);
                    next.insert((*kind, member), since);
                }
            }
            found = next;
            match &mut earlier {
                Some(earlier) => earlier.follow(day, &found),
                None if earlier_of(self.days.len()) == Some(day) => {
                    earlier = Some(Earlier::of(day, &found));
                }
                None => {}
            }
            if day == last {
                return Ok(Replayed { today, found, earlier });
            }
            day += 1;
        }
    }

    /// Compares members over some days.
    fn today(
        &self,
        days: Range<usize>,
        clustered: &[f64],
        frequencies: &mut Frequencies<'_>,
    ) -> Result<Today, ServiceError> {
        let judge = |compared| judge(self.sighted, days.clone(), self.peers, clustered, compared);
        let rules = self.asking.rules;
        let rates = judge(Compared::Rate);
        let mut watching = match &rules.watching {
            None => HashMap::new(),
            Some(Watching::Rate(_)) => judge(Compared::Watching { is_share: false }),
            Some(Watching::Share(_)) => judge(Compared::Watching { is_share: true }),
        };
        watching.retain(|member, _| self.is_watching_told(*member, &days));
        let changes = judge_change(self.sighted, days.clone(), self.peers, clustered);
        let worthwhile = self.asking.snapshot.model.worthwhile();
        let is_hopeful = |own: &Judged| Side::Below.error(&own.place, worthwhile / 2.0) < HOPELESS;
        let more = match changes.values().any(is_hopeful) {
            true => frequencies.both(self.sighted, halves(&days))?,
            false => HashMap::new(),
        };
        let chances = Vec::new();
        let mut today = Today { rates, watching, changes, more, chances };
        today.chances = self.chances(&today);
        Ok(today)
    }

    /// For each kind, the probability that each member is not of it.
    fn chances(&self, today: &Today) -> Vec<(OutlierKind, Vec<Chance>)> {
        let Today { rates, watching, changes, more, chances: _ } = today;
        let rules = self.asking.rules;
        let (bar, change) = (rules.beyond, self.asking.snapshot.model.worthwhile());
        let above = error_of(rates, Side::Above);
        let below = error_of(rates, Side::Below);
        let less_watching = error_of(watching, Side::Below);
        let fell = error_of(changes, Side::Below);
        let not_more =
            |member: usize, share: f64| more.get(&member).map(|own| own.chance_of_less(share));
        let chances_of = |kind: &OutlierKind| {
            let chances = match kind {
                OutlierKind::Star => chances(rates, &[(&above, bar)]),
                OutlierKind::Weak => chances(rates, &[(&below, bar)]),
                OutlierKind::Misleading => chances(rates, &[(&above, bar), (&less_watching, bar)]),
                OutlierKind::Fatigue => chances(changes, &[(&fell, change), (&not_more, change)]),
            };
            (*kind, chances)
        };
        OutlierKind::ALL.iter().map(chances_of).collect()
    }

    /// Whether it may be shown how people watch on: for a share, only if neither side of it is small.
    fn is_watching_told(&self, member: usize, days: &Range<usize>) -> bool {
        let least = self.asking.least();
        let is_share = matches!(self.asking.rules.watching, Some(Watching::Share(_)));
        let own = self.sighted[member].days[days.clone()].iter();
        let (stay, all) =
            own.fold((0.0, 0.0), |sum, day| (sum.0 + day.watched, sum.1 + day.watched_of));
        self.of_people[member].is_watching_told
            && (!is_share || (stay >= least && all - stay >= least))
    }
}
