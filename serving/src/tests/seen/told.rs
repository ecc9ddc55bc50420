//! What principals may see besides cells, and what is refused.

use std::sync::Arc;
use std::time::Duration;

use clio_proto::{
    Code, Comparison, CubeService, ExportFormat, GroupKey, MembersRequest, Principal,
    PrincipalKind, Query, ServingState,
};
use futures::StreamExt as _;

use super::{Guarded, dense_lake, export_of, role};
use crate::seen::Seen;
use crate::tests::events::{days, generate};
use crate::tests::queries::field;
use crate::{Cubes, ServingConfig};

/// The outcome of every kind of request for a principal: the codes of refusals.
async fn refusals(seen: &Seen) -> Vec<Option<Code>> {
    let query = || Query::total(["plays"]);
    let export = export_of(query(), ExportFormat::Csv);
    let code = |error: clio_proto::ServiceError| error.code;
    vec![
        seen.describe().await.err().map(code),
        seen.query(query(), None).await.err().map(code),
        seen.export(export, None).await.err().map(code),
        seen.members(MembersRequest::of(None)).await.err().map(code),
        seen.has_media(vec!["a".to_owned()]).await.err().map(code),
        seen.snapshots(3).await.err().map(code),
        seen.runs(3).await.err().map(code),
        seen.status().await.err().map(code),
        seen.watch().await.err().map(code),
    ]
}

#[tokio::test]
async fn whoever_has_no_role_sees_nothing() {
    let lake = dense_lake();
    let guarded = Guarded::open(&lake, "datasets = [\"games\"]").await;
    let denied = Some(Code::PermissionDenied);
    assert_eq!(refusals(&guarded.seen()).await, vec![denied; 9]);
    // Without roles, named principals are refused.
    let cubes = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    let ann = Arc::new(Principal::new(PrincipalKind::User, "ann"));
    assert_eq!(refusals(&Seen::new(Arc::clone(&cubes), ann)).await, vec![denied; 9]);
    let gateway = || Arc::new(Principal::gateway());
    assert_eq!(refusals(&Seen::new(cubes, gateway())).await, vec![denied; 9]);
    // A gateway on its own account builds pages and follows snapshots, and sees no cells.
    guarded.give("rights = [\"export\", \"operate\"]");
    let gateway = Seen::new(Arc::clone(&guarded.cubes), gateway());
    let found = refusals(&gateway).await;
    assert_eq!([found[0], found[7], found[8]], [None; 3]);
    assert_eq!(found[1..7], [denied; 6]);
    assert_eq!(refusals(&guarded.seen()).await, [None; 9]);
}

#[tokio::test]
async fn the_whole_lake_is_told_to_those_who_operate_it() {
    let mut lake = dense_lake();
    lake.commit(
        generate(3, &days("2026-03-02", "2026-03-02"), 50),
        |metadata| {
            let rows = std::collections::BTreeMap::from([("2026-03-02".parse().unwrap(), 77)]);
            metadata.rows_unattributed.insert("plays".to_owned(), rows);
        },
        |_, batch| batch,
    );
    lake.verify("recount", 5);
    let guarded = Guarded::open(&lake, "").await;
    let query = Query::total(["plays"]);
    let seen = guarded.seen();
    let answer = seen.query(query.clone(), None).await.unwrap();
    let list = seen.snapshots(5).await.unwrap();
    let status = seen.status().await.unwrap();
    for info in [&answer.snapshot, &list.snapshots[0], status.snapshot.as_ref().unwrap()] {
        assert!(info.is_withheld && info.unattributed.is_empty() && info.verification.is_none());
        assert_eq!((info.n_cells, info.rows_in), (0, 0));
        assert_eq!(info.n_days, 8);
    }
    assert_eq!(seen.runs(5).await.unwrap_err().code, Code::PermissionDenied);
    // The number of cells read reveals something about hidden rows.
    assert!(answer.work.is_some());
    guarded.give("rows = \"country anyOf (US)\"");
    assert!(guarded.seen().query(query.clone(), None).await.unwrap().work.is_none());
    guarded.give("rows = \"country anyOf (US)\"\nrights = [\"operate\"]");
    let seen = guarded.seen();
    let answer = seen.query(query, None).await.unwrap();
    assert!(answer.work.is_some());
    let list = seen.snapshots(5).await.unwrap();
    let status = seen.status().await.unwrap();
    for info in [&answer.snapshot, &list.snapshots[0], status.snapshot.as_ref().unwrap()] {
        assert!(!info.is_withheld && info.n_cells > 0 && info.rows_in > 0);
        assert_eq!(info.unattributed[0].rows, 77);
    }
    assert_eq!(list.snapshots[0].verification.as_ref().unwrap().n_mismatches, 5);
    assert_eq!(seen.runs(5).await, Ok(Vec::new()));
}

/// Reasons may mention members, measures and files.
#[tokio::test]
async fn why_a_snapshot_is_refused_is_told_to_those_who_operate_the_lake() {
    let mut lake = dense_lake();
    let guarded = Guarded::open(&lake, "").await;
    let seen = guarded.seen();
    let mut watched = seen.watch().await.unwrap();
    assert_eq!(watched.next().await.unwrap().unwrap().state, ServingState::Serving);
    lake.commit_text("secret of the lake");
    guarded.cubes.look().await;
    let of_stream = watched.next().await.unwrap().unwrap();
    let status = seen.status().await.unwrap();
    assert_eq!(of_stream, status);
    let list = seen.snapshots(5).await.unwrap();
    let whole = format!("{:?}", guarded.cubes.status().await);
    assert!(whole.contains("entry of commit 1"), "{whole}");
    assert_eq!(status.state, ServingState::Stale);
    assert!(status.refused.is_some() && list.refused.len() == 1);
    for told in [format!("{status:?}"), format!("{list:?}")] {
        assert!(!told.contains("entry of commit"), "{told}");
    }
    // A removed role ends the stream.
    guarded.access.replace_roles(role("datasets = [\"games\"]"));
    lake.replace_days(generate(3, &days("2026-03-02", "2026-03-02"), 50));
    guarded.cubes.look().await;
    let last = watched.next().await.unwrap();
    assert_eq!(last.unwrap_err().code, Code::PermissionDenied);
    assert!(watched.next().await.is_none());
}

/// A comparison with another snapshot covers the role's rows on both sides.
#[tokio::test]
async fn another_snapshot_is_seen_no_further() {
    let mut lake = dense_lake();
    let guarded = Guarded::open(&lake, "").await;
    let mut more = generate(99, &days("2026-03-02", "2026-03-02"), 200);
    more.retain(|event| event.country.as_deref() != Some("US"));
    let mut kept = lake.events.clone();
    kept.retain(|event| event.day == "2026-03-02".parse().unwrap());
    more.extend(kept);
    lake.replace_days(more);
    guarded.cubes.look().await;
    let query = Query {
        group_by: vec![GroupKey::Field(field("country"))],
        compare: Some(Comparison::Snapshot(clio_proto::SnapshotId(0))),
        ..Query::total(["impressions"])
    };
    let differs = |answer: &clio_proto::Answer| {
        let of = answer.rows.iter().chain([&answer.total]);
        of.filter(|row| row.compared[0].difference.value != Some(0.0)).count()
    };
    assert!(differs(&guarded.seen().query(query.clone(), None).await.unwrap()) > 1);
    guarded.give("rows = \"country anyOf (US)\"");
    let answer = guarded.seen().query(query, None).await.unwrap();
    assert_eq!((answer.rows.len(), differs(&answer)), (1, 0));
}

#[tokio::test]
async fn a_question_costs_what_roles_allow() {
    let lake = dense_lake();
    let guarded = Guarded::open(&lake, "limits = { max_groups = 3, max_seconds = 5 }").await;
    let query =
        Query { group_by: vec![GroupKey::Field(field("country"))], ..Query::total(["plays"]) };
    let error = guarded.seen().query(query.clone(), None).await.unwrap_err();
    assert_eq!(error.code, Code::ResourceExhausted, "{error}");
    assert!(error.message.contains('3'), "{error}");
    guarded.cubes.query(query.clone(), None).await.unwrap();
    guarded.give("limits = { max_groups = 5 }");
    guarded.seen().query(query.clone(), None).await.unwrap();
    // Nothing is computed: all threads are taken, and the query waits longer than it may.
    guarded.give("limits = { max_seconds = 1 }");
    let n_threads = guarded.cubes.config().limits.n_running;
    let mut taken = Vec::new();
    guarded.seen().query(Query::total(["plays"]), None).await.unwrap();
    for _ in 0..n_threads {
        taken.push(guarded.cubes.admission().take_thread().await);
    }
    let started = std::time::Instant::now();
    let error = guarded.seen().query(query, None).await.unwrap_err();
    assert_eq!(error.code, Code::ResourceExhausted, "{error}");
    assert!(
        error.message.contains("1 s") && started.elapsed() < Duration::from_secs(20),
        "{error}"
    );
}
