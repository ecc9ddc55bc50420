//! Generated rows, with what they reach and what they are compared with.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};

use super::{days, field, name, number, optional_text};
use crate::id::SnapshotId;
use crate::query::{
    Arm, Compared, Comparison, Cursor, DeclaredTest, Exposure, Interval, Intervals, Key, Mix,
    Newcomers, Overlap, Rank, Reach, ReachStep, Row, SamplingBasis, TimeWindow, Value, Verdict,
    VerdictWord,
};

fn value() -> impl Strategy<Value = Value> {
    let bound = || prop::option::of(number());
    let whole = prop::option::of(any::<i128>());
    (bound(), bound(), bound(), any::<bool>(), whole, any::<bool>()).prop_map(
        |(value, lower, upper, exact, whole, withheld)| Value {
            value,
            lower,
            upper,
            exact,
            whole,
            withheld,
        },
    )
}

fn intervals() -> impl Strategy<Value = Intervals> {
    let interval = || {
        prop::option::of((number(), number()).prop_map(|(lower, upper)| Interval { lower, upper }))
    };
    (prop::sample::select(SamplingBasis::ALL.to_vec()), interval(), interval())
        .prop_map(|(basis, sampling, combined)| Intervals { basis, sampling, combined })
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let exposure = (number(), number(), number(), number(), any::<bool>()).prop_map(
        |(own, other, own_by_event, other_by_event, explains)| Exposure {
            own,
            other,
            own_by_event,
            other_by_event,
            explains,
        },
    );
    let mix = (field(), number(), value(), number(), any::<bool>(), any::<bool>()).prop_map(
        |(field, raw, difference, without_counterpart, explains, is_reversed)| Mix {
            field,
            raw,
            difference,
            without_counterpart,
            explains,
            is_reversed,
        },
    );
    let number = || prop::option::of(number());
    (
        prop::sample::select(VerdictWord::ALL.to_vec()),
        (number(), number(), number()),
        value(),
        any::<u32>(),
        any::<Option<u32>>(),
        prop::option::of(exposure),
        prop::option::of(mix),
    )
        .prop_map(
            |(word, (own, other, smallest_lift), difference, n_days, more_days, exposure, mix)| {
                Verdict {
                    word,
                    own,
                    other,
                    difference,
                    n_days,
                    smallest_lift,
                    more_days,
                    exposure,
                    mix,
                }
            },
        )
}

pub(super) fn declared_tests() -> impl Strategy<Value = DeclaredTest> {
    let arm = (name(), number(), value()).prop_map(|(arm, share, people)| Arm {
        value: arm,
        share,
        people,
    });
    (name(), prop::collection::vec(arm, 0..3), number(), any::<bool>()).prop_map(
        |(name, arms, chance, is_as_assigned)| DeclaredTest { name, arms, chance, is_as_assigned },
    )
}

pub(super) fn rows() -> impl Strategy<Value = Row> {
    let key = (optional_text(), optional_text(), optional_text())
        .prop_map(|(value, label, media)| Key { value, label, media });
    let rank = prop::option::of(
        (any::<u64>(), any::<u64>()).prop_map(|(best, worst)| Rank { best, worst }),
    );
    let compared = (value(), value(), value()).prop_map(|(other, difference, ratio)| Compared {
        other,
        difference,
        ratio,
    });
    (
        prop::collection::vec(key, 0..3),
        prop::collection::vec(value(), 0..3),
        prop::collection::vec(value(), 0..3),
        rank,
        prop::collection::vec(compared, 0..3),
        prop::option::of((value(), value())),
        prop::collection::vec(intervals(), 0..3),
        prop::collection::vec(prop::option::of(verdict()), 0..3),
    )
        .prop_map(|(keys, values, shares, rank, compared, newcomers, intervals, verdicts)| {
            Row {
                keys,
                values,
                shares,
                rank,
                compared,
                newcomers: newcomers.map(|(fresh, returning)| Newcomers {
                    fresh,
                    returning,
                    n_days_missing: 3,
                }),
                intervals,
                verdicts,
            }
        })
}

pub(super) fn comparisons() -> impl Strategy<Value = Comparison> {
    let range = days().prop_filter_map("a range", |ranges| ranges.first().copied());
    prop_oneof![
        Just(Comparison::PreviousPeriod),
        range.prop_map(Comparison::Days),
        (field(), optional_text()).prop_map(|(field, value)| Comparison::Member { field, value }),
        Just(Comparison::Rest),
        Just(Comparison::Whole),
    ]
}

pub(super) fn cursors() -> impl Strategy<Value = Cursor> {
    (any::<u64>(), any::<u64>(), any::<u64>()).prop_map(|(snapshot, n_before, question)| Cursor {
        snapshot: SnapshotId(snapshot),
        n_before,
        question,
    })
}

pub(super) fn windows() -> impl Strategy<Value = TimeWindow> {
    prop_oneof![any::<u32>().prop_map(TimeWindow::TrailingDays), Just(TimeWindow::Cumulative)]
}

pub(super) fn reaches() -> impl Strategy<Value = Reach> {
    let step = (any::<u32>(), value(), value(), value()).prop_map(
        |(row, incremental, alone, cumulative)| ReachStep { row, incremental, alone, cumulative },
    );
    let overlap = (any::<u32>(), any::<u32>(), value(), value())
        .prop_map(|(left, right, both, jaccard)| Overlap { left, right, both, jaccard });
    let (steps, overlaps) =
        (prop::collection::vec(step, 0..3), prop::collection::vec(overlap, 0..3));
    (name(), value(), steps, overlaps).prop_map(|(measure, deduplicated, steps, overlaps)| Reach {
        measure,
        deduplicated,
        steps,
        overlaps,
    })
}
