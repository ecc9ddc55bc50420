//! What stands out among its peers, and how that is said.

use std::fmt;
use std::time::Duration;

use jiff::civil::Date;
use strum::EnumCount;

use super::Value;
use crate::field::FieldRef;
use crate::snapshot::SnapshotInfo;

/// What stands out on the newest settled days of a snapshot.
///
/// Of each kind the list is the longest whose chance of error is 10 % at the most on average. Equal snapshots have equal lists: what was
/// listed on the days before is computed from their data, too.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlierList {
    /// The snapshot that every number comes from.
    pub snapshot: SnapshotInfo,
    /// The dimension whose members are compared.
    pub dimension: FieldRef,
    /// The first and the last of the settled days that are looked at.
    pub days: (Date, Date),
    /// How many these are.
    pub n_days: u32,
    /// How many members were compared with their peers.
    pub n_judged: u64,
    /// How many had events and were not: too few of these, of days or of peers, or so few people that nothing is told of them.
    pub n_not_judged: u64,
    /// What stands out, by kind, the surest first.
    pub outliers: Vec<Outlier>,
    /// Time of the computation.
    pub elapsed: Duration,
}

/// A member that stands out.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlier {
    /// How.
    pub kind: OutlierKind,
    /// The member.
    pub value: String,
    /// What people read, where it is not the value.
    pub label: Option<String>,
    /// The address of a preview.
    pub media: Option<String>,
    /// What its peers have in common with it.
    pub peers: Vec<(FieldRef, Option<String>)>,
    /// How many peers there are, itself left out.
    pub n_peers: u32,
    /// Since which day it has been listed without a gap.
    pub since: Date,
    /// That is the first day that was looked at: it may have been so before.
    pub or_before: bool,
    /// The chance that it does not stand out so by as much as the model says.
    pub error: f64,
    /// Its rate beside that of its peers. With [`OutlierKind::Fatigue`], that of the second half of the days, beside what it would be had it
    /// gone on as the others of its pool.
    pub rate: OutlierContrast,
    /// With [`OutlierKind::Misleading`], how people go on who were won.
    pub watching: Option<OutlierContrast>,
    /// The same where watching is a share of a quantile measure and both have one: the median, without regard to mix and age.
    pub median: Option<OutlierContrast>,
    /// With [`OutlierKind::Fatigue`], events a person in the second half of the days, beside the first.
    pub frequency: Option<OutlierContrast>,
}

/// A number of a member beside what its peers would have.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlierContrast {
    /// What it is, as the model writes it: `plays / impressions`.
    pub of: String,
    /// The member's.
    pub own: f64,
    /// That of its peers: of rates, with the member's mix and age.
    pub peers: f64,
    /// How the one stands to the other, drawn towards 1 as far as peers are alike, with its 95 % interval.
    pub ratio: Value,
}

/// How a member stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum OutlierKind {
    /// Its rate is above that of its peers, and people who were won leave sooner.
    Misleading,
    /// Its rate fell, more than that of the others of its pool, while people were shown it more often.
    Fatigue,
    /// Its rate is above that of its peers.
    Star,
    /// Its rate is below that of its peers.
    Weak,
}

impl OutlierKind {
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = [Self::Misleading, Self::Fatigue, Self::Star, Self::Weak];

    /// The name: `misleading`, `fatigue`, `star`, `weak`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Misleading => "misleading",
            Self::Fatigue => "fatigue",
            Self::Star => "star",
            Self::Weak => "weak",
        }
    }
}

impl fmt::Display for OutlierKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why it is listed, in a sentence: "plays / impressions 34 % (95 %: +19 % to +51 %) above its 6 peers of title Dune, media_type artwork: 11.9 %
/// where they would have 8.9 % with its mix and age; since 2026-01-03, wrong by a chance of 2 %".
impl fmt::Display for Outlier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peers = self.peers.iter().map(|(field, value)| {
            let name = field.attribute.as_deref().unwrap_or(&field.dimension);
            format!("{name} {}", value.as_deref().unwrap_or("(null)"))
        });
        let of_what = match peers.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => none,
            some => format!(" of {some}"),
        };
        let (n_peers, rate) = (self.n_peers, &self.rate);
        let (of, own, others) = (&rate.of, Share(rate.own), Share(rate.peers));
        write!(f, "{of} {} ", Beyond(&rate.ratio))?;
        match self.kind {
            OutlierKind::Misleading | OutlierKind::Star | OutlierKind::Weak => {
                write!(
                    f,
                    "its {n_peers} peers{of_what}: {own} where they would have {others} with its mix and age"
                )?;
            }
            OutlierKind::Fatigue => {
                write!(
                    f,
                    "what it was, with the change of {n_peers} others{of_what} taken out: {own} in the second half of these days where "
                )?;
                write!(f, "the first half and the others make {others}")?;
            }
        }
        if let Some(OutlierContrast { of, own, peers, ratio }) = &self.watching {
            let (own, peers) = (Share(*own), Share(*peers));
            write!(f, "; but {of} {} theirs: {own} where they have {peers}", Beyond(ratio))?;
        }
        if let Some(OutlierContrast { of, own, peers, ratio: _ }) = &self.median {
            write!(f, ", and {of} {own:.0} where they have {peers:.0}")?;
        }
        if let Some(OutlierContrast { of, own, peers, ratio: _ }) = &self.frequency {
            write!(f, "; {of} {own:.2} after {peers:.2}")?;
        }
        let before = if self.or_before { " or before" } else { "" };
        write!(f, "; since {}{before}, ", self.since)?;
        match self.error * 100.0 {
            small if small < 0.5 => f.write_str("wrong by a chance below 1 %"),
            error => write!(f, "wrong by a chance of {error:.0} %"),
        }
    }
}

/// How far a ratio is from 1, with its interval.
struct Beyond<'a>(&'a Value);

impl fmt::Display for Beyond<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = |ratio: Option<f64>| (ratio.unwrap_or(1.0) - 1.0) * 100.0;
        let (value, lower, upper) = (by(self.0.value), by(self.0.lower), by(self.0.upper));
        let side = if value < 0.0 { "below" } else { "above" };
        write!(f, "{:.0} % (95 %: {lower:+.0} % to {upper:+.0} %) {side}", value.abs())
    }
}

/// A rate for people: per cent below 1, else a number.
struct Share(f64);

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            share if (0.0..=1.0).contains(&share) => write!(f, "{:.1} %", share * 100.0),
            number => write!(f, "{number:.1}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_who_what_and_since_when() {
        let contrast = |of: &str, own, peers, ratio: [f64; 3]| OutlierContrast {
            of: of.to_owned(),
            own,
            peers,
            ratio: Value::estimate(ratio[0], ratio[1], ratio[2], false),
        };
        let star = Outlier {
            kind: OutlierKind::Star,
            value: "a1".to_owned(),
            label: None,
            media: None,
            peers: vec![
                (FieldRef::parse("asset.title"), Some("Dune".to_owned())),
                (FieldRef::parse("asset.media_type"), None),
            ],
            n_peers: 6,
            since: Date::constant(2026, 1, 3),
            or_before: false,
            error: 0.024,
            rate: contrast("plays / impressions", 0.1191, 0.0889, [1.34, 1.19, 1.51]),
            watching: None,
            median: None,
            frequency: None,
        };
        assert_eq!(
            star.to_string(),
            "plays / impressions 34 % (95 %: +19 % to +51 %) above its 6 peers of title Dune, media_type (null): 11.9 % where they would \
             have 8.9 % with its mix and age; since 2026-01-03, wrong by a chance of 2 %"
        );
        let misleading = Outlier {
            kind: OutlierKind::Misleading,
            or_before: true,
            error: 0.001,
            watching: Some(contrast("watch_seconds / plays", 63.0, 90.0, [0.7, 0.6, 0.82])),
            median: Some(contrast("watch.p50", 24.0, 130.4, [0.18, 0.17, 0.19])),
            ..star.clone()
        };
        let text = misleading.to_string();
        assert!(
            text.ends_with(
                "; but watch_seconds / plays 30 % (95 %: -40 % to -18 %) below theirs: 63.0 where they have 90.0, and watch.p50 24 where they \
                 have 130; since 2026-01-03 or before, wrong by a chance below 1 %"
            ),
            "{text}"
        );
        let worn = Outlier {
            kind: OutlierKind::Fatigue,
            peers: Vec::new(),
            n_peers: 40,
            rate: contrast("plays / impressions", 0.098, 0.119, [0.82, 0.75, 0.9]),
            frequency: Some(contrast("impressions / viewers", 3.4, 2.1, [1.62, 1.55, 1.69])),
            ..star
        };
        assert_eq!(
            worn.to_string(),
            "plays / impressions 18 % (95 %: -25 % to -10 %) below what it was, with the change of 40 others taken out: 9.8 % in the second \
             half of these days where the first half and the others make 11.9 %; impressions / viewers 3.40 after 2.10; since 2026-01-03, \
             wrong by a chance of 2 %"
        );
    }
}
