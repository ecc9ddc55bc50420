//! What the service of tests answers.

use std::sync::Arc;
use std::time::Duration;

use clio_proto::{
    Answer, Arm, Compared, Coverage, Cursor, DeclaredTest, Exposure, Extra, FieldRef, Filter,
    GroupKey, Interval, Intervals, Key, LookBack, Mix, MixedLookup, Newcomers, Notice, Overlap,
    Projection, Query, Rank, Reach, ReachStep, Row, SamplingBasis, SnapshotId, Test, Verdict,
    VerdictWord, Withheld, Work, WorkStep,
};

use super::{days, snapshot};

/// The country of which only few people are.
pub(crate) const OF_FEW: &str = "few";

/// An answer to a query, with one group and a number for each measure. Of [`OF_FEW`] nothing is told.
pub(crate) fn answer(query: &Query) -> Answer {
    let told = told(query);
    let of_few = Filter::Field {
        field: FieldRef::parse("country"),
        test: Test::AnyOf(vec![OF_FEW.to_owned()]),
    };
    if query.filter.as_ref() == Some(&of_few) { hide(told) } else { told }
}

/// An answer of which nothing is told but its groups.
fn hide(mut answer: Answer) -> Answer {
    let withheld = clio_proto::Value::withheld();
    let of_rows = answer.rows.iter_mut().chain([&mut answer.total]).chain(&mut answer.others);
    of_rows.for_each(|row| {
        row.values.iter_mut().chain(&mut row.shares).for_each(|value| *value = withheld);
        row.compared.iter_mut().for_each(|compared| {
            *compared = Compared { other: withheld, difference: withheld, ratio: withheld };
        });
        row.newcomers.iter_mut().for_each(|people| {
            (people.fresh, people.returning) = (withheld, withheld);
        });
    });
    answer.reach.iter_mut().for_each(|reach| {
        reach.deduplicated = withheld;
        reach.steps.iter_mut().for_each(|step| {
            (step.incremental, step.alone, step.cumulative) = (withheld, withheld, withheld);
        });
        reach.overlaps.iter_mut().for_each(|own| (own.both, own.jaccard) = (withheld, withheld));
    });
    Answer { withheld: Some(Withheld { min_people: 10, n_rows: 1 }), ..answer }
}

fn told(query: &Query) -> Answer {
    let key = |key: &GroupKey| Key {
        value: Some(format!("a {key}")),
        label: matches!(key, GroupKey::Field(field) if field.attribute.is_none())
            .then(|| "Dune".to_owned()),
        media: Some("/media/dune.mp4".to_owned()),
    };
    let number = |(index, name): (usize, &String)| match name.as_str() {
        "take_rate" => clio_proto::Value::undefined(),
        "impressions" => clio_proto::Value::exact(1_000.0),
        "watch_seconds" => clio_proto::Value::whole(180_143_985_094_819_860),
        _ => {
            let number = 100.5 * f64::from(u8::try_from(index).unwrap());
            clio_proto::Value::estimate(number, 90.25, f64::INFINITY, false)
        }
    };
    let has = |extra| query.extras.contains(&extra);
    let row = |keys: Vec<Key>| Row {
        keys,
        shares: match has(Extra::Shares) {
            true => vec![clio_proto::Value::estimate(0.25, 0.2, 0.3, false); query.measures.len()],
            false => Vec::new(),
        },
        rank: has(Extra::Ranks).then_some(Rank { best: 1, worst: 3 }),
        values: query.measures.iter().enumerate().map(number).collect(),
        compared: match query.compare {
            Some(_) => vec![compared(); query.measures.len()],
            None => Vec::new(),
        },
        newcomers: query.look_back_days.map(|_| newcomers()),
        intervals: match has(Extra::Intervals) {
            true => vec![intervals(); query.measures.len()],
            false => Vec::new(),
        },
        verdicts: match has(Extra::Verdicts) {
            true => vec![Some(verdict()); query.measures.len()],
            false => Vec::new(),
        },
    };
    Answer {
        snapshot: snapshot(41),
        group_by: query.group_by.clone(),
        measures: query.measures.clone(),
        rows: vec![row(query.group_by.iter().map(key).collect())],
        total: row(Vec::new()),
        reach: has(Extra::Reach).then(|| reach(&query.measures[0])),
        others: has(Extra::Others).then(|| row(Vec::new())),
        n_groups: 9,
        end: Some(Cursor { snapshot: SnapshotId(41), n_before: 4, question: 15 }),
        overlapping: vec![FieldRef::parse("asset.tags")],
        coverage: january(),
        compared_coverage: query.compare.as_ref().map(|_| december()),
        look_back: query.look_back_days.map(|n_days| LookBack {
            measure: query.measures[0].clone(),
            n_days,
            coverage: december(),
        }),
        test: has(Extra::Verdicts).then(test),
        notices: vec![Notice {
            field: FieldRef::parse("country"),
            value: "UX".to_owned(),
            is_prefix: false,
            nearest: vec!["US".to_owned(), "UK".to_owned()],
        }],
        n_notices: 1,
        withheld: None,
        elapsed: Duration::from_micros(2_500),
        work: Some(work()),
    }
}

/// What it took.
fn work() -> Work {
    Work {
        n_files: 2,
        n_cells: 500,
        n_cells_selected: 40,
        n_groups: 9,
        n_estimates: 7,
        n_unions: 80,
        coupon_bytes: 9_876_543_210,
        register_bytes: 16_384,
        bucket_bytes: 300,
        steps: vec![(WorkStep::Bind, Duration::from_micros(250))],
        is_cached: true,
    }
}

/// January, and a part of February that is missing.
fn january() -> Coverage {
    Coverage {
        range: Some(("2026-01-01".parse().unwrap(), "2026-02-02".parse().unwrap())),
        n_days_present: 31,
        missing: vec![days("2026-02-01", "2026-02-02")],
        retired: vec![days("2026-02-02", "2026-02-02")],
        provisional: vec![days("2026-01-31", "2026-01-31")],
        periods: vec!["2026-01".parse().unwrap()],
        mixed: vec![MixedLookup {
            lookup: "audiences".to_owned(),
            n_states: 2,
            others: vec![days("2026-01-01", "2026-01-10")],
        }],
        projection: Some(projection()),
    }
}

/// The part of a lake that is held.
fn projection() -> Arc<Projection> {
    Arc::new(Projection {
        only: Projection::parse_only("country=US,UK").unwrap(),
        since: Some("400d".parse().unwrap()),
        without: vec!["device".to_owned()],
        first_day: Some("2025-12-01".parse().unwrap()),
    })
}

/// The month before, which lacks a day.
fn december() -> Coverage {
    Coverage {
        range: Some(("2025-12-01".parse().unwrap(), "2025-12-31".parse().unwrap())),
        n_days_present: 30,
        missing: vec![days("2025-12-24", "2025-12-24")],
        retired: Vec::new(),
        provisional: Vec::new(),
        periods: vec!["2025-12".parse().unwrap()],
        mixed: Vec::new(),
        projection: None,
    }
}

/// A value that is larger than that of the other side, which is 0.
fn compared() -> Compared {
    Compared {
        other: clio_proto::Value::exact(0.0),
        difference: clio_proto::Value::estimate(100.0, 90.0, 110.0, false),
        ratio: clio_proto::Value::undefined(),
    }
}

/// A test of which more people are in one arm than should be.
fn test() -> DeclaredTest {
    DeclaredTest {
        name: "artwork".to_owned(),
        arms: vec![Arm {
            value: "a1".to_owned(),
            share: 0.5,
            people: clio_proto::Value::exact(100.0),
        }],
        chance: 0.25,
        is_as_assigned: true,
    }
}

/// A rate whose sampling is known, and whose counting is not.
fn intervals() -> Intervals {
    let sampling = Some(Interval { lower: 0.125, upper: 0.25 });
    Intervals { basis: SamplingBasis::People, sampling, combined: None }
}

/// A rate that is told from another one only after some days more.
fn verdict() -> Verdict {
    Verdict {
        word: VerdictWord::TooLittleData,
        own: Some(0.25),
        other: Some(0.125),
        difference: clio_proto::Value::estimate(0.125, -0.5, 0.75, false),
        n_days: 12,
        smallest_lift: Some(5.0),
        more_days: Some(7),
        mix: Some(Mix {
            field: FieldRef::parse("country"),
            raw: 0.125,
            difference: clio_proto::Value::estimate(-0.125, -0.25, -0.0625, false),
            without_counterpart: 0.0,
            explains: true,
            is_reversed: true,
        }),
        exposure: Some(Exposure {
            own: 3.5,
            other: 2.0,
            own_by_event: 0.5,
            other_by_event: 0.75,
            explains: true,
        }),
    }
}

/// Some who are new, and others of whom that cannot be told.
fn newcomers() -> Newcomers {
    let told = clio_proto::Value::estimate(100.0, 90.0, 110.0, false);
    let returning = clio_proto::Value { value: None, ..told };
    Newcomers { fresh: told, returning, n_days_missing: 2 }
}

/// One row that is told whom it adds, and not whom it reaches alone.
fn reach(measure: &str) -> Reach {
    let told = clio_proto::Value::estimate(100.0, 90.0, 110.0, false);
    let untold = clio_proto::Value { value: None, ..told };
    Reach {
        measure: measure.to_owned(),
        deduplicated: told,
        steps: vec![ReachStep { row: 0, incremental: told, alone: untold, cumulative: told }],
        overlaps: vec![Overlap { left: 0, right: 1, both: untold, jaccard: told }],
    }
}
