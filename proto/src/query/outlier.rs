//! Outliers among peers, and the sentences that explain them.

use std::fmt;
use std::time::Duration;

use jiff::civil::Date;
use strum::EnumCount;

use super::Value;
use crate::field::FieldRef;
use crate::snapshot::SnapshotInfo;

/// The outliers over the newest settled days of a snapshot.
///
/// Each kind has the longest list with an average probability of error of at most 10 %. Equal snapshots have equal
/// lists: those of earlier days are computed from their data, too.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlierList {
    /// The snapshot that every number comes from.
    pub snapshot: SnapshotInfo,
    /// The dimension whose members are compared.
    pub dimension: FieldRef,
    /// The first and the last of the settled days used.
    pub days: (Date, Date),
    /// The number of these days.
    pub n_days: u32,
    /// The number of members that were compared with their peers.
    pub n_judged: u64,
    /// The number of members with events that were not: too few events, days or peers, or too few people to show their
    /// rate.
    pub n_not_judged: u64,
    /// The outliers, by kind, the most certain first.
    pub outliers: Vec<Outlier>,
    /// The list of an earlier day, and what became of it; `None` if no earlier list can be computed.
    pub earlier: Option<EarlierOutliers>,
    /// Time of the computation.
    pub elapsed: Duration,
}

/// An outlier.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlier {
    /// Its kind.
    pub kind: OutlierKind,
    /// The member.
    pub value: String,
    /// The label, where it differs from the value.
    pub label: Option<String>,
    /// The address of a preview.
    pub media: Option<String>,
    /// The attributes that it shares with its peers.
    pub peers: Vec<(FieldRef, Option<String>)>,
    /// The number of peers, without itself.
    pub n_peers: u32,
    /// The day since which it has been listed without interruption.
    pub since: Date,
    /// That is the first day with a list: it may have been an outlier before.
    pub or_before: bool,
    /// The probability that it is not an outlier by as much as the model requires.
    pub error: f64,
    /// Its rate and that of its peers. For [`OutlierKind::Fatigue`], the rate in the second half of the days, and the
    /// one expected from the trend of the others of its pool.
    pub rate: OutlierContrast,
    /// For [`OutlierKind::Misleading`], how people watch on after they started.
    pub watching: Option<OutlierContrast>,
    /// The same as medians, not adjusted for mix and age, if watching is a share of a quantile measure and both have
    /// one.
    pub median: Option<OutlierContrast>,
    /// For [`OutlierKind::Fatigue`], events per person in the second half of the days, and in the first.
    pub frequency: Option<OutlierContrast>,
}

/// The list of an earlier settled day, computed from the days up to it, as the same snapshot has them.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierOutliers {
    /// The day: seven settled days before the newest one, or the first one with a list if that is later.
    pub day: Date,
    /// Its outliers, by kind, then by value.
    pub outliers: Vec<EarlierOutlier>,
}

/// An outlier of an earlier day, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierOutlier {
    /// Its kind on that day.
    pub kind: OutlierKind,
    /// The member.
    pub value: String,
    /// The label, where it differs from the value.
    pub label: Option<String>,
    /// The address of a preview.
    pub media: Option<String>,
    /// Its kinds in the newest list, in the order of [`OutlierKind::ALL`]; empty if it is not an outlier any more.
    pub now: Vec<OutlierKind>,
    /// The last day through which it has been listed under its kind without interruption.
    pub listed_through: Date,
    /// Over the newest days, its rate and that of its peers, or for [`OutlierKind::Fatigue`] as there; `None` if it is
    /// not compared any more.
    pub rate: Option<OutlierContrast>,
    /// For [`OutlierKind::Misleading`], how people watch on after they started, over the newest days.
    pub watching: Option<OutlierContrast>,
}

/// A value of a member and the one expected from its peers.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlierContrast {
    /// The name of the value, as in the model: `plays / impressions`.
    pub of: String,
    /// The member's value.
    pub own: f64,
    /// The value of its peers: for rates, adjusted to the member's mix and age.
    pub peers: f64,
    /// The ratio of both, shrunk towards 1 according to how similar peers are, with its 95 % interval.
    pub ratio: Value,
}

/// The kind of an outlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum OutlierKind {
    /// Its rate is above that of its peers, but people leave sooner after they started.
    Misleading,
    /// Its rate fell by more than that of the others of its pool, while people were shown it more often.
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

/// Why it is listed, in a sentence: "plays / impressions 34 % (95 %: +19 % to +51 %) above its 6 peers of title Dune,
/// media_type artwork: 11.9 % where they would have 8.9 % with its mix and age; since 2026-01-03, wrong by a chance of
/// 2 %".
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

/// What became of it, in a sentence: "listed through 2026-01-24; plays / impressions now 3 % (95 %: -2 % to +8 %)
/// above its peers: 9.1 % beside 8.9 %".
impl fmt::Display for EarlierOutlier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others: Vec<&str> = self.now.iter().map(|kind| kind.as_str()).collect();
        if self.now.contains(&self.kind) {
            f.write_str("still listed")?;
        } else if others.is_empty() {
            write!(f, "listed through {}", self.listed_through)?;
        } else {
            write!(f, "listed through {}, and now as {}", self.listed_through, others.join(", "))?;
        }
        let beside = match self.kind {
            OutlierKind::Misleading | OutlierKind::Star | OutlierKind::Weak => "its peers",
            OutlierKind::Fatigue => "what it was",
        };
        match &self.rate {
            None => f.write_str("; too little is known of the newest days to compare it")?,
            Some(OutlierContrast { of, own, peers, ratio }) => {
                let (own, peers) = (Share(*own), Share(*peers));
                write!(f, "; {of} now {} {beside}: {own} beside {peers}", Beyond(ratio))?;
            }
        }
        if let Some(OutlierContrast { of, own, peers, ratio }) = &self.watching {
            let (own, peers) = (Share(*own), Share(*peers));
            write!(f, "; {of} now {} theirs: {own} beside {peers}", Beyond(ratio))?;
        }
        Ok(())
    }
}

/// The relative difference of a ratio from 1, with its interval.
struct Beyond<'a>(&'a Value);

impl fmt::Display for Beyond<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = |ratio: Option<f64>| (ratio.unwrap_or(1.0) - 1.0) * 100.0;
        let (value, lower, upper) = (by(self.0.value), by(self.0.lower), by(self.0.upper));
        let side = if value < 0.0 { "below" } else { "above" };
        write!(f, "{:.0} % (95 %: {lower:+.0} % to {upper:+.0} %) {side}", value.abs())
    }
}

/// A rate as text: per cent below 1, otherwise a number.
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

    #[test]
    fn what_became_of_it_is_said_of_each_way() {
        let contrast = |ratio: [f64; 3]| OutlierContrast {
            of: "plays / impressions".to_owned(),
            own: 0.091,
            peers: 0.089,
            ratio: Value::estimate(ratio[0], ratio[1], ratio[2], false),
        };
        let gone = EarlierOutlier {
            kind: OutlierKind::Star,
            value: "a1".to_owned(),
            label: None,
            media: None,
            now: Vec::new(),
            listed_through: Date::constant(2026, 1, 24),
            rate: Some(contrast([1.03, 0.98, 1.08])),
            watching: None,
        };
        let rate = "; plays / impressions now 3 % (95 %: -2 % to +8 %) above its peers: 9.1 % beside 8.9 %";
        assert_eq!(gone.to_string(), format!("listed through 2026-01-24{rate}"));
        let still = EarlierOutlier { now: vec![OutlierKind::Star], ..gone.clone() };
        assert_eq!(still.to_string(), format!("still listed{rate}"));
        let turned = EarlierOutlier { now: vec![OutlierKind::Weak], rate: None, ..gone.clone() };
        assert_eq!(
            turned.to_string(),
            "listed through 2026-01-24, and now as weak; too little is known of the newest days to compare it"
        );
        let watched = EarlierOutlier {
            kind: OutlierKind::Misleading,
            now: vec![OutlierKind::Misleading, OutlierKind::Star],
            watching: Some(contrast([0.9, 0.8, 1.0])),
            ..gone
        };
        assert_eq!(
            watched.to_string(),
            format!(
                "still listed{rate}; plays / impressions now 10 % (95 %: -20 % to +0 %) below theirs: 9.1 % beside 8.9 %"
            )
        );
    }
}
