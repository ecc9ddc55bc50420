//! More queries than there is room for, and queries that nobody is waiting for any more.

use std::sync::Arc;
use std::sync::mpsc;

use clio_proto::{Code, CubeService as _, Query};
use futures::FutureExt as _;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::events::{days, generate};
use super::lake::TestLake;
use super::queries::group_by;
use crate::admission::Admission;
use crate::{Cubes, Limits, ServingConfig};

#[tokio::test]
async fn ten_times_the_capacity_is_turned_away_at_once_and_the_admitted_are_answered() {
    let lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-03"), 100));
    let limits = Limits { n_running: 1, n_waiting: 2, ..Limits::default() };
    let config = ServingConfig { limits, ..ServingConfig::new(lake.url()) };
    let cubes = Cubes::load_once(config).await.unwrap();
    let thread = cubes.admission().take_thread().await;
    let (mut n_refused, mut admitted) = (0, Vec::new());
    for limit in 0..30 {
        let query = Query { group_by: group_by(&["asset"]), limit, ..Query::total(["viewers"]) };
        let mut asked = Box::pin(cubes.query(query, None));
        match (&mut asked).now_or_never() {
            Some(refused) => {
                assert_eq!(refused.unwrap_err().code, Code::Unavailable);
                n_refused += 1;
            }
            None => admitted.push(asked),
        }
    }
    assert_eq!((n_refused, admitted.len()), (28, 2));
    drop(thread);
    for (limit, asked) in admitted.into_iter().enumerate() {
        assert_eq!(asked.await.unwrap().rows.len(), limit);
    }
}

#[tokio::test]
async fn who_leaves_gives_the_thread_back_as_soon_as_the_query_looks_up() {
    let admission = Arc::new(Admission::new(Limits { n_running: 1, ..Limits::default() }));
    let (begun, has_begun) = oneshot::channel();
    let (look, looks) = mpsc::channel::<()>();
    let (ended, has_ended) = oneshot::channel();
    let own = Arc::clone(&admission);
    let mut asked = JoinSet::new();
    asked.spawn(async move {
        let compute = move |cancel: &crate::aggregate::Cancel| {
            begun.send(()).unwrap();
            // Some work between two checks for cancellation.
            while looks.recv().is_ok() {
                if let Err(error) = cancel.check() {
                    ended.send(()).unwrap();
                    return Err(error);
                }
            }
            Ok(())
        };
        own.run(compute).await
    });
    has_begun.await.unwrap();
    look.send(()).unwrap();
    asked.abort_all();
    assert!(asked.join_next().await.unwrap().unwrap_err().is_cancelled());
    // The thread is still taken, so that nobody else computes beside it.
    let mut next = Box::pin(admission.run(|_| Ok(7)));
    assert!((&mut next).now_or_never().is_none());
    look.send(()).unwrap();
    has_ended.await.unwrap();
    assert_eq!(next.await.unwrap(), 7);
}

#[tokio::test]
async fn what_nobody_waits_for_is_not_begun() {
    let lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-01"), 20));
    let limits = Limits { n_running: 1, n_waiting: 2, ..Limits::default() };
    let config = ServingConfig { limits, ..ServingConfig::new(lake.url()) };
    let cubes = Cubes::load_once(config).await.unwrap();
    let thread = cubes.admission().take_thread().await;
    // Each leaves its place to the next one.
    for limit in 0..20 {
        let query = Query { group_by: group_by(&["asset"]), limit, ..Query::total(["viewers"]) };
        assert!(cubes.query(query, None).now_or_never().is_none());
    }
    assert_eq!(cubes.cache().n_flights(), 0);
    drop(thread);
    assert!(cubes.query(Query::total(["viewers"]), None).await.is_ok());
}
