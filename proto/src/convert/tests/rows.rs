//! Rows, what they reach and what they are compared with, as they can be said.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};

use super::{days, field, name, number, optional_text};
use crate::id::SnapshotId;
use crate::query::{
    Compared, Comparison, Cursor, Key, Newcomers, Overlap, Rank, Reach, ReachStep, Row, TimeWindow,
    Value,
};

fn value() -> impl Strategy<Value = Value> {
    let bound = || prop::option::of(number());
    let whole = prop::option::of(any::<i128>());
    (bound(), bound(), bound(), any::<bool>(), whole)
        .prop_map(|(value, lower, upper, exact, whole)| Value { value, lower, upper, exact, whole })
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
    )
        .prop_map(|(keys, values, shares, rank, compared, newcomers)| Row {
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
