//! Everything survives the way through the wire's bytes.

mod described;
mod members;
mod refused;
mod rows;
mod worked;

use std::sync::Arc;

use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use prost::Message;

use self::described::descriptions;
use self::worked::works;
use super::*;
use crate::filter::{Filter, Test, WholeRange};
use crate::id::{Fingerprint, RunId, SnapshotId};
use crate::period::{DayRange, Period};
use crate::projection::{KeptValues, Projection, Since};
use crate::query::{
    Answer, ComparedMeasure, ComparedPart, Coverage, Direction, Extra, Having, LookBack,
    MeasureTest, MixedLookup, Notice, Order, OrderBy, Query, QueryRange, TimeGrain, Withheld,
};
use crate::service::{ServingState, ServingStatus};
use crate::snapshot::{
    Pin, RefusedSnapshot, SnapshotInfo, SnapshotList, Unattributed, VerificationInfo,
};
use crate::wire;
use members::{member_pages, members_requests};
use rows::{comparisons, cursors, declared_tests, reaches, rows, windows};

// Generators of valid values.

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_]{0,8}".prop_filter("no step of time", |name| {
        TimeGrain::ALL.iter().all(|grain| grain.as_str() != name)
    })
}

fn field() -> impl Strategy<Value = FieldRef> {
    (name(), prop::option::of(name()))
        .prop_map(|(dimension, attribute)| FieldRef { dimension, attribute })
}

fn group_keys() -> impl Strategy<Value = GroupKey> {
    prop_oneof![
        prop::sample::select(TimeGrain::ALL.to_vec()).prop_map(GroupKey::Time),
        field().prop_map(GroupKey::Field),
    ]
}

fn day() -> impl Strategy<Value = Date> {
    (0_i16..=9999, 1_i8..=12, 1_i8..=28)
        .prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn days() -> impl Strategy<Value = Vec<DayRange>> {
    let range = (day(), day()).prop_map(|(a, b)| DayRange::try_new(a.min(b), a.max(b)).unwrap());
    prop::collection::vec(range, 0..4)
}

fn notices() -> impl Strategy<Value = Vec<Notice>> {
    let notice = (field(), text(), any::<bool>(), prop::collection::vec(text(), 0..4))
        .prop_map(|(field, value, is_prefix, nearest)| Notice { field, value, is_prefix, nearest });
    prop::collection::vec(notice, 0..3)
}

fn period() -> impl Strategy<Value = Period> {
    (day(), prop::sample::select(crate::Grain::ALL.to_vec()))
        .prop_map(|(day, grain)| Period::of(day, grain))
}

fn text() -> impl Strategy<Value = String> {
    any::<String>()
}

fn optional_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(text())
}

fn said() -> impl Strategy<Value = Option<String>> {
    prop::option::of(".+")
}

fn number() -> impl Strategy<Value = f64> {
    prop::num::f64::NORMAL | prop::num::f64::ZERO
}

fn tests() -> impl Strategy<Value = Test> {
    let values = || prop::collection::vec(text(), 0..4);
    prop_oneof![
        values().prop_map(Test::AnyOf),
        values().prop_map(Test::AllOf),
        values().prop_map(Test::NoneOf),
        text().prop_map(Test::Prefix),
        any::<bool>().prop_map(Test::IsNull),
        (any::<Option<i64>>(), any::<i64>()).prop_map(|(from, to)| {
            let from = from.map(|from| from.min(to));
            Test::Between(WholeRange::try_new(from, Some(to)).unwrap())
        }),
        any::<i64>().prop_map(|from| Test::Between(WholeRange::try_new(Some(from), None).unwrap())),
    ]
}

fn filters() -> impl Strategy<Value = Filter> {
    let leaf = (field(), tests()).prop_map(|(field, test)| Filter::Field { field, test });
    leaf.prop_recursive(5, 24, 3, |inner| {
        let list = || prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            list().prop_map(Filter::And),
            list().prop_map(Filter::Or),
            inner.clone().prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

fn conditions() -> impl Strategy<Value = Having> {
    let tests = prop_oneof![
        number().prop_map(MeasureTest::AtLeast),
        number().prop_map(MeasureTest::AtMost),
        number().prop_map(MeasureTest::Above),
        number().prop_map(MeasureTest::Below),
        (number(), number())
            .prop_map(|(a, b)| MeasureTest::Between { from: a.min(b), to: a.max(b) }),
        any::<bool>().prop_map(MeasureTest::IsNull),
    ];
    let leaf =
        (name(), prop::option::of(parts()), tests).prop_map(|(measure, part, test)| match part {
            None => Having::Measure { measure, test },
            Some(part) => Having::Compared { of: ComparedMeasure { measure, part }, test },
        });
    leaf.prop_recursive(5, 24, 3, |inner| {
        let list = || prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            list().prop_map(Having::And),
            list().prop_map(Having::Or),
            inner.clone().prop_map(|own| Having::Not(Box::new(own))),
        ]
    })
}

fn parts() -> impl Strategy<Value = ComparedPart> {
    prop::sample::select(ComparedPart::ALL.to_vec())
}

fn ranges() -> impl Strategy<Value = QueryRange> {
    // With both ends open it would be `AllTime`.
    prop_oneof![
        Just(QueryRange::AllTime),
        (day(), prop::option::of(day()))
            .prop_map(|(from, to)| QueryRange::Days { from: Some(from), to }),
        day().prop_map(|to| QueryRange::Days { from: None, to: Some(to) }),
    ]
}

fn orders() -> impl Strategy<Value = OrderBy> {
    let compared = (name(), parts())
        .prop_map(|(measure, part)| Order::Compared(ComparedMeasure { measure, part }));
    let by =
        prop_oneof![name().prop_map(Order::Measure), group_keys().prop_map(Order::Key), compared];
    let direction = prop_oneof![Just(Direction::Ascending), Just(Direction::Descending)];
    (by, direction).prop_map(|(by, direction)| OrderBy { by, direction })
}

fn count() -> impl Strategy<Value = usize> {
    (0_u32..=u32::MAX).prop_map(|count| usize::try_from(count).unwrap())
}

fn queries() -> impl Strategy<Value = Query> {
    (
        ranges(),
        prop::option::of(filters()),
        prop::collection::vec(group_keys(), 0..4),
        prop::collection::vec(name(), 0..4),
        prop::option::of(conditions()),
        prop::collection::vec(orders(), 0..3),
        (count(), count()),
        (
            prop::sample::subsequence(Extra::ALL.to_vec(), 0..=4),
            prop::option::of(comparisons()),
            prop::option::of(cursors()),
            prop::option::of(windows()),
            prop::option::of(any::<u32>()),
        ),
    )
        .prop_map(|(range, filter, group_by, measures, having, order_by, page, others)| {
            Query {
                range,
                filter,
                group_by,
                measures,
                having,
                order_by,
                limit: page.0,
                offset: page.1,
                after: others.2,
                extras: others.0,
                compare: others.1,
                window: others.3,
                look_back_days: others.4,
            }
        })
}

fn day_pairs() -> impl Strategy<Value = Option<(Date, Date)>> {
    prop::option::of((day(), day()))
}

fn verifications() -> impl Strategy<Value = VerificationInfo> {
    let at = (-60_000_000_000_i64..60_000_000_000, 0_i32..1_000_000_000);
    (at, day(), day(), any::<u64>(), any::<u64>(), number(), number(), number()).prop_map(
        |(at, first, last, n_compared, n_mismatches, max, rms, share)| VerificationInfo {
            verified_at: Timestamp::new(at.0, at.1).unwrap(),
            days: (first, last),
            n_compared,
            n_mismatches,
            max_error: max,
            rms_error: rms,
            share_within_bounds: share,
        },
    )
}

fn snapshot_infos() -> impl Strategy<Value = SnapshotInfo> {
    (
        any::<u64>(),
        (-60_000_000_000_i64..60_000_000_000, 0_i32..1_000_000_000),
        text(),
        "[0-9a-f]{16}",
        day_pairs(),
        any::<u32>(),
        any::<u64>(),
        (
            any::<u64>(),
            prop::collection::vec((text(), day(), any::<u64>()), 0..3),
            prop::option::of(verifications()),
            any::<bool>(),
        ),
    )
        .prop_map(|(id, at, run, fingerprint, days, n_days, n_cells, rows)| SnapshotInfo {
            id: SnapshotId(id),
            committed_at: Timestamp::new(at.0, at.1).unwrap(),
            run: RunId::new(run),
            fingerprint: Fingerprint::new(fingerprint),
            days,
            n_days,
            n_cells,
            rows_in: rows.0,
            unattributed: rows
                .1
                .into_iter()
                .map(|(source, day, rows)| Unattributed { source, day, rows })
                .collect(),
            verification: rows.2,
            is_withheld: rows.3,
        })
}

fn coverages() -> impl Strategy<Value = Coverage> {
    let periods = prop::collection::vec(period(), 0..4);
    let mixed = (name(), any::<u32>(), days()).prop_map(|(lookup, n_states, others)| MixedLookup {
        lookup,
        n_states,
        others,
    });
    let mixed = prop::collection::vec(mixed, 0..3);
    let all = (day_pairs(), any::<u32>(), days(), days(), days(), periods, mixed, projections());
    all.prop_map(
        |(range, n_days_present, missing, retired, provisional, periods, mixed, projection)| {
            Coverage {
                range,
                n_days_present,
                missing,
                retired,
                provisional,
                periods,
                mixed,
                projection,
            }
        },
    )
}

fn projections() -> impl Strategy<Value = Option<Arc<Projection>>> {
    let kept = (field(), prop::collection::vec(text(), 0..3));
    let kept = kept.prop_map(|(field, values)| KeptValues { field, values });
    let since = prop_oneof![
        day().prop_map(Since::Day),
        (1_u32..u32::MAX).prop_map(|n_days| Since::Days(n_days.try_into().unwrap())),
    ];
    let only = prop::collection::vec(kept, 0..3);
    let without = prop::collection::vec(name(), 0..3);
    let all = (only, prop::option::of(since), without, prop::option::of(day()));
    prop::option::of(all.prop_map(|(only, since, without, first_day)| {
        Arc::new(Projection { only, since, without, first_day })
    }))
}

fn answers() -> impl Strategy<Value = Answer> {
    (
        snapshot_infos(),
        prop::collection::vec(group_keys(), 0..3),
        prop::collection::vec(name(), 0..3),
        prop::collection::vec(rows(), 0..4),
        rows(),
        any::<u64>(),
        prop::collection::vec(field(), 0..3),
        coverages(),
        (0_u64..1 << 60, 0_u32..1_000_000_000),
        (
            notices(),
            any::<u64>(),
            prop::option::of(works()),
            prop::option::of(rows()),
            prop::option::of(reaches()),
            prop::option::of(coverages()),
            prop::option::of(cursors()),
            prop::option::of((name(), any::<u32>(), coverages())),
            prop::option::of(declared_tests()),
        ),
    )
        .prop_map(
            |(
                snapshot,
                group_by,
                measures,
                rows,
                total,
                n_groups,
                overlapping,
                coverage,
                elapsed,
                notices,
            )| {
                Answer {
                    snapshot,
                    group_by,
                    measures,
                    rows,
                    total,
                    others: notices.3,
                    reach: notices.4,
                    n_groups,
                    end: notices.6,
                    overlapping,
                    coverage,
                    compared_coverage: notices.5,
                    look_back: notices.7.map(|(measure, n_days, coverage)| LookBack {
                        measure,
                        n_days,
                        coverage,
                    }),
                    test: notices.8,
                    notices: notices.0,
                    n_notices: notices.1,
                    withheld: (notices.1 % 2 == 0)
                        .then_some(Withheld { min_people: 10, n_rows: notices.1 }),
                    elapsed: Duration::new(elapsed.0, elapsed.1),
                    work: notices.2,
                }
            },
        )
}

fn statuses() -> impl Strategy<Value = ServingStatus> {
    let state = prop_oneof![
        Just(ServingState::Serving),
        Just(ServingState::Stale),
        Just(ServingState::Down)
    ];
    let snapshot = prop::option::of(snapshot_infos());
    let newest = prop::option::of(any::<u64>().prop_map(SnapshotId));
    let refused = prop::option::of(refused_snapshots());
    let pin = prop::option::of(pins());
    (state, said(), snapshot, refused, newest, pin, any::<bool>(), projections()).prop_map(
        |(state, message, snapshot, refused, newest, pin, is_stuck, projection)| ServingStatus {
            state,
            message,
            snapshot,
            refused,
            newest,
            pin,
            is_stuck,
            projection,
        },
    )
}

fn pins() -> impl Strategy<Value = Pin> {
    let at = (-60_000_000_000_i64..60_000_000_000, 0_i32..1_000_000_000);
    (any::<u64>(), at, text(), text()).prop_map(|(id, at, by, reason)| Pin {
        id: SnapshotId(id),
        pinned_at: Timestamp::new(at.0, at.1).unwrap(),
        by,
        reason,
    })
}

fn refused_snapshots() -> impl Strategy<Value = RefusedSnapshot> {
    let at = (-60_000_000_000_i64..60_000_000_000, 0_i32..1_000_000_000);
    (any::<u64>(), prop::option::of(at), text(), any::<bool>()).prop_map(
        |(id, at, reason, is_marked_bad)| RefusedSnapshot {
            id: SnapshotId(id),
            committed_at: at.map(|at| Timestamp::new(at.0, at.1).unwrap()),
            reason,
            is_marked_bad,
        },
    )
}

/// A message as decoded by the other side.
fn sent<M: Message + Default>(message: &M) -> M {
    M::decode(message.encode_to_vec().as_slice()).unwrap()
}

proptest! {
    #[test]
    fn queries_survive(query in queries(), snapshot in prop::option::of(any::<u64>())) {
        let snapshot = snapshot.map(SnapshotId);
        let wire = query_to_wire(query.clone(), snapshot).unwrap();
        prop_assert_eq!(query_from_wire(sent(&wire)).unwrap(), (query, snapshot));
    }

    #[test]
    fn answers_survive(answer in answers()) {
        let wire = answer_to_wire(answer.clone());
        prop_assert_eq!(answer_from_wire(sent(&wire)).unwrap(), answer);
    }

    #[test]
    fn descriptions_survive(description in descriptions()) {
        let wire = description_to_wire(description.clone());
        prop_assert_eq!(description_from_wire(sent(&wire)).unwrap(), description);
    }

    #[test]
    fn searches_survive(request in members_requests(), page in member_pages()) {
        let wire = members_request_to_wire(request.clone()).unwrap();
        prop_assert_eq!(members_request_from_wire(sent(&wire)).unwrap(), request);
        let wire = member_page_to_wire(page.clone());
        prop_assert_eq!(member_page_from_wire(sent(&wire), None).unwrap(), page);
    }

    #[test]
    fn snapshots_and_statuses_survive(
        snapshots in prop::collection::vec(snapshot_infos(), 0..3),
        refused in prop::collection::vec(refused_snapshots(), 0..3),
        n_most in count(),
        status in statuses(),
    ) {
        let list = SnapshotList { snapshots, refused };
        let wire = snapshots_to_wire(list.clone());
        prop_assert_eq!(snapshots_from_wire(sent(&wire)).unwrap(), list);
        prop_assert_eq!(snapshots_request_from_wire(sent(&snapshots_request_to_wire(n_most))), n_most);
        let wire = serving_status_to_wire(status.clone());
        prop_assert_eq!(serving_status_from_wire(sent(&wire)).unwrap(), status);
    }

    #[test]
    fn errors_survive(code in prop::sample::select(Code::ALL.to_vec()), message in text()) {
        let error = ServiceError::new(code, message);
        prop_assert_eq!(error_from_status(&status_from_error(error.clone())), error);
    }

    /// Any bytes give a value or an error.
    #[test]
    fn no_message_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(request) = wire::QueryRequest::decode(bytes.as_slice()) {
            let _ = query_from_wire(request);
        }
        if let Ok(response) = wire::QueryResponse::decode(bytes.as_slice()) {
            let _ = answer_from_wire(response);
        }
        if let Ok(response) = wire::DescribeResponse::decode(bytes.as_slice()) {
            let _ = description_from_wire(response);
        }
        if let Ok(response) = wire::WatchResponse::decode(bytes.as_slice()) {
            let _ = serving_status_from_wire(response);
        }
    }
}
