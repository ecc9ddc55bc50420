//! Pages by cursor: they neither skip nor repeat a row, whatever is committed between them.

use clio_proto::{
    Answer, Code, CubeService as _, Cursor, Query, Row, RunId, SnapshotId, SnapshotInfo,
};

use super::events::{Numbers, day, days, generate};
use super::lake::TestLake;
use super::queries::{any_query, gapped_lake, group_by, open};
use crate::turn::Turn;
use crate::{Cubes, ServingConfig};

async fn ask(cubes: &Cubes, query: &Query) -> Answer {
    cubes.query(query.clone(), None).await.unwrap()
}

/// All rows of a query, page by page of any size; `between` runs before each page but the first.
async fn paged(
    cubes: &Cubes,
    query: &Query,
    numbers: &mut Numbers,
    mut between: impl AsyncFnMut(),
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut query = Query { offset: 0, ..query.clone() };
    loop {
        query.limit = 1 + numbers.below(9);
        let page = ask(cubes, &query).await;
        assert!(page.rows.len() <= query.limit);
        rows.extend(page.rows.iter().cloned());
        let end = page.end.unwrap();
        assert_eq!((end.n_before, end.snapshot), (rows.len() as u64, page.snapshot.id));
        if !page.has_next_page() {
            assert_eq!(rows.len() as u64, page.n_groups);
            return rows;
        }
        query.after = Some(end);
        between().await;
    }
}

#[tokio::test]
async fn pages_of_any_query_neither_skip_nor_repeat() {
    let cubes = open(&gapped_lake()).await;
    let mut numbers = Numbers(99);
    let (mut n_queries, mut n_rows) = (0, 0);
    while n_queries < 60 {
        let query = Query { offset: 0, limit: 5_000, ..any_query(&mut numbers) };
        if query.group_by.is_empty() {
            assert_eq!(ask(&cubes, &query).await.end, None);
            continue;
        }
        let whole = ask(&cubes, &query).await;
        assert!(!whole.has_next_page());
        assert_eq!(paged(&cubes, &query, &mut numbers, async || {}).await, whole.rows);
        (n_queries, n_rows) = (n_queries + 1, n_rows + whole.rows.len());
    }
    assert!(n_rows > 600, "{n_rows}");
}

#[tokio::test]
async fn pages_are_of_the_snapshot_of_the_first_one() {
    let lake = TestLake::with(generate(1, &days("2026-01-01", "2026-01-03"), 60));
    let lake = tokio::sync::Mutex::new(lake);
    let url = lake.lock().await.url();
    let config = ServingConfig { n_snapshots_held: 100, ..ServingConfig::new(url) };
    let cubes = Cubes::open(config).await.unwrap();
    let query = Query {
        group_by: group_by(&["asset", "country"]),
        limit: 5_000,
        ..Query::total(["plays", "viewers"])
    };
    let whole = ask(&cubes, &query).await;
    let mut seed = 2;
    let between = async || {
        seed += 1;
        lake.lock().await.replace_days(generate(seed, &[day("2026-01-02")], 80));
        cubes.look().await;
    };
    let rows = paged(&cubes, &query, &mut Numbers(3), between).await;
    assert_eq!(rows, whole.rows);
    let newest = ask(&cubes, &query).await;
    assert!(newest.snapshot.id > whole.snapshot.id && newest.rows != whole.rows);
}

const ANOTHER: &str = "`after`: the cursor belongs to another query, or to another lake: days, filter, keys, measures, conditions, \
                       order and look-back must be the same on each page";

#[tokio::test]
async fn a_cursor_of_another_lake_is_refused() {
    let cubes = open(&gapped_lake()).await;
    let query = Query { group_by: group_by(&["asset"]), limit: 3, ..Query::total(["plays"]) };
    let answer = ask(&cubes, &query).await;
    let next = Query { after: answer.end, ..query };
    let turn = Turn::new(&next, None).unwrap();
    turn.check(&next, &answer.snapshot).unwrap();
    let same_number = SnapshotInfo { run: RunId::new("another".to_owned()), ..answer.snapshot };
    assert_eq!(turn.check(&next, &same_number).unwrap_err().message, ANOTHER);
}

#[tokio::test]
async fn a_cursor_of_something_else_is_refused() {
    let cubes = open(&gapped_lake()).await;
    let query = Query { group_by: group_by(&["asset"]), limit: 3, ..Query::total(["plays"]) };
    let end = ask(&cubes, &query).await.end.unwrap();
    let next = Query { after: Some(end), ..query };
    assert_eq!(ask(&cubes, &Query { limit: 7, ..next.clone() }).await.rows.len(), 7);
    let gone = Cursor { snapshot: SnapshotId(77), ..end };
    for (query, snapshot, code, message) in [
        (
            Query { measures: vec!["clicks".to_owned()], ..next.clone() },
            None,
            Code::InvalidArgument,
            ANOTHER,
        ),
        (Query { look_back_days: Some(3), ..next.clone() }, None, Code::InvalidArgument, ANOTHER),
        (
            Query { offset: 1, ..next.clone() },
            None,
            Code::InvalidArgument,
            "`after`: the cursor says where the page begins; leave out `offset`",
        ),
        (
            next.clone(),
            Some(SnapshotId(5)),
            Code::InvalidArgument,
            "`after`: the cursor belongs to snapshot `0`, but the query names `5`",
        ),
        (
            Query { after: Some(gone), ..next.clone() },
            None,
            Code::NotFound,
            "`after`: snapshot `77` is not held; there are: `0`",
        ),
    ] {
        let error = cubes.query(query, snapshot).await.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (code, message));
    }
    let behind = Cursor { n_before: u64::MAX, ..end };
    let answer = ask(&cubes, &Query { after: Some(behind), ..next }).await;
    assert!(answer.rows.is_empty() && !answer.has_next_page());
}
