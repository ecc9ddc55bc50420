//! Answers in flight, and the room of cached ones.

use std::future::ready;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use clio_proto::{Answer, Code, CubeService as _, Query, ServiceError};
use tokio::sync::oneshot;

use super::events::{days, generate};
use super::lake::TestLake;
use crate::admission::Admission;
use crate::cache::Key;
use crate::{Cubes, Limits, ServingConfig};

/// Cubes with room for this many bytes of answers, and an uncached answer of theirs.
async fn cubes(cache_bytes: u64) -> (Arc<Cubes>, Answer) {
    let lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-01"), 20));
    let config = ServingConfig { cache_bytes, ..ServingConfig::new(lake.url()) };
    let cubes = Cubes::load_once(config.clone()).await.unwrap();
    let without = Cubes::load_once(ServingConfig { cache_bytes: 0, ..config }).await.unwrap();
    let answer = without.query(question(0), None).await.unwrap();
    (cubes, answer)
}

fn question(number: usize) -> Query {
    Query { limit: number, ..Query::total(["viewers"]) }
}

fn key(number: usize, answer: &Answer) -> Key {
    Key::new(&question(number), &answer.snapshot, None).unwrap()
}

/// Polls a future once.
fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A computation that must not run while an equal query is in flight.
fn never() -> std::future::Ready<Result<Answer, ServiceError>> {
    panic!("one is in flight")
}

#[tokio::test]
async fn who_leaves_cancels_nobody_else_and_the_last_one_ends_the_flight() {
    let (cubes, answer) = cubes(1 << 20).await;
    let cache = cubes.cache();
    let n_begun = AtomicUsize::new(0);
    let begin = |landed: oneshot::Receiver<Answer>| {
        n_begun.fetch_add(1, Ordering::Relaxed);
        async move { Ok(landed.await.unwrap()) }
    };

    let (land, landed) = oneshot::channel();
    let mut first = Box::pin(cache.answer(key(1, &answer), || begin(landed)));
    assert!(poll(first.as_mut()).is_pending());
    let mut second = Box::pin(cache.answer(key(1, &answer), never));
    assert!(poll(second.as_mut()).is_pending());
    drop(first);
    assert!(poll(second.as_mut()).is_pending(), "it goes on without whoever began it");
    assert!(!land.is_closed());
    drop(second);
    assert!(land.is_closed(), "nobody waits, so that nothing is computed");
    assert_eq!(cache.n_flights(), 0);

    let (land, landed) = oneshot::channel();
    let mut third = Box::pin(cache.answer(key(1, &answer), || begin(landed)));
    assert!(poll(third.as_mut()).is_pending());
    let mut fourth = pin!(cache.answer(key(1, &answer), never));
    assert!(poll(fourth.as_mut()).is_pending());
    land.send(answer.clone()).unwrap();
    let (found, is_own) = third.await.unwrap();
    assert!(is_own && *found == answer);
    let (found, is_own) = fourth.await.unwrap();
    assert!(!is_own && *found == answer);
    assert_eq!((n_begun.load(Ordering::Relaxed), cache.n_flights()), (2, 0));
    let (found, is_own) = cache.answer(key(1, &answer), never).await.unwrap();
    assert!(!is_own && *found == answer);
}

#[tokio::test]
async fn failures_are_told_to_all_who_wait_and_not_kept() {
    let (cubes, answer) = cubes(1 << 20).await;
    let cache = cubes.cache();
    let (land, landed) = oneshot::channel::<ServiceError>();
    let fail = move || async move { Err::<Answer, _>(landed.await.unwrap()) };
    let mut first = pin!(cache.answer(key(1, &answer), fail));
    assert!(poll(first.as_mut()).is_pending());
    let mut second = pin!(cache.answer(key(1, &answer), never));
    assert!(poll(second.as_mut()).is_pending());
    land.send(ServiceError::new(Code::Internal, "broken")).unwrap();
    assert_eq!(first.await.unwrap_err().message, "broken");
    assert_eq!(second.await.unwrap_err().message, "broken");
    assert_eq!((cache.size_bytes(), cache.n_flights()), (0, 0));
    let again = cache.answer(key(1, &answer), || ready(Ok(answer.clone())));
    assert!(again.await.unwrap().1, "it is computed again");
}

#[tokio::test]
async fn a_panic_is_an_error_of_all_who_wait_and_not_kept() {
    let (cubes, answer) = cubes(1 << 20).await;
    let cache = cubes.cache();
    let panics = || async {
        let admission = Admission::new(Limits::default());
        admission.run(|_| -> Result<Answer, ServiceError> { panic!("a defect") }).await
    };
    let failed = cache.answer(key(1, &answer), panics).await.unwrap_err();
    assert_eq!(failed.code, Code::Internal);
    let again = cache.answer(key(1, &answer), || ready(Ok(answer.clone())));
    assert!(again.await.unwrap().1, "it is computed again");
}

#[tokio::test]
async fn the_budget_is_kept_and_what_is_used_stays() {
    let (large, answer) = cubes(1 << 20).await;
    let cache = large.cache();
    cache.answer(key(1, &answer), || ready(Ok(answer.clone()))).await.unwrap();
    // Queries with more digits are a byte or two longer.
    let one = cache.size_bytes() + 2;
    let (small, answer) = cubes(12 * one).await;
    let cache = small.cache();
    let ask = async |number: usize| {
        let compute = || ready(Ok(answer.clone()));
        cache.answer(key(number, &answer), compute).await.unwrap().1
    };
    assert!(ask(1).await, "it is new");
    for number in 2..200 {
        assert!(ask(number).await, "{number} is new");
        assert!(!ask(number).await, "{number} is kept");
        assert!(!ask(1).await, "what is asked again and again stays, after {number}");
        assert!(cache.size_bytes() <= 12 * one, "after {number}");
    }
    assert!(cache.size_bytes() > 10 * one, "as many as there is room for");
    assert!(ask(2).await, "the others have gone");
}

#[tokio::test]
async fn what_is_larger_than_the_budget_is_not_kept() {
    let (cubes, answer) = cubes(100).await;
    for _ in 0..2 {
        let compute = || ready(Ok(answer.clone()));
        assert!(cubes.cache().answer(key(1, &answer), compute).await.unwrap().1);
    }
    assert_eq!(cubes.cache().size_bytes(), 0);
}
