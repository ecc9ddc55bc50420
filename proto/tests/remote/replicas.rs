//! Several replicas: which one is asked, and what becomes of questions whose replica is lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clio_proto::{
    Code, CubeService, Query, Reachability, RemoteConfig, RemoteCubes, Replicated, ServingState,
    SnapshotId,
};
use futures::StreamExt;
use futures::future::join_all;
use tokio::task::JoinSet;

use super::fake::{Fake, Mood, answer, serve};
use super::link::{Flow, Link};
use super::{nobody, query};

/// How often replicas are probed here: often enough that the tests take little time, and seldom enough that one that
/// answers is not taken for one that does not, on a machine that does much else.
const PROBED: Duration = Duration::from_millis(250);

/// Two replicas behind links, and a client that probes them.
struct Pair {
    fakes: [Arc<Fake>; 2],
    links: [Link; 2],
    remote: RemoteCubes,
    _servers: JoinSet<()>,
}

impl Pair {
    async fn new() -> Self {
        let mut servers = JoinSet::new();
        let fakes = [Fake::new(Mood::Willing), Fake::new(Mood::Willing)];
        let links = [
            Link::to(&serve(&fakes[0], &mut servers).await).await,
            Link::to(&serve(&fakes[1], &mut servers).await).await,
        ];
        let config = RemoteConfig {
            endpoints: links.iter().map(|link| link.url.clone()).collect(),
            probe_interval: Some(PROBED),
            ..RemoteConfig::default()
        };
        let pair =
            Self { fakes, links, remote: RemoteCubes::new(&config).unwrap(), _servers: servers };
        pair.until(|found| found == [Reachability::Up; 2]).await;
        pair
    }

    /// Waits until the replicas are known to be reached so.
    async fn until(&self, is_so: impl Fn([Reachability; 2]) -> bool) {
        let begun = Instant::now();
        loop {
            let found = self.remote.replicas();
            if is_so([found[0].reachability, found[1].reachability]) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{found:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// How many calls each has counted, probes included.
    fn n_calls(&self) -> [u64; 2] {
        let found = self.remote.replicas();
        [found[0].n_calls, found[1].n_calls]
    }

    async fn ask(&self, query: &Query) {
        let expected = answer(query.clone(), None);
        assert_eq!(self.remote.query(query.clone(), None).await, Ok(expected));
    }
}

/// Different questions.
fn questions(n: usize) -> Vec<Query> {
    (1..=n).map(|limit| Query { limit, ..query() }).collect()
}

#[tokio::test]
async fn equal_questions_go_to_one_replica_and_different_ones_to_both() {
    let pair = Pair::new().await;
    // Both have to be known by an answer first.
    for query in questions(4) {
        let both = [query.clone(), query];
        join_all(both.iter().map(|query| pair.ask(query))).await;
    }
    let before = pair.n_calls();
    for query in questions(40) {
        pair.ask(&query).await;
    }
    let after = pair.n_calls();
    let n: Vec<u64> = (0..2).map(|place| after[place] - before[place]).collect();
    assert!(n.iter().sum::<u64>() >= 40 && n.iter().all(|n| *n > 0), "{n:?}");
}

#[tokio::test]
async fn a_question_that_was_answered_before_is_handed_on_when_its_replica_dies() {
    let pair = Pair::new().await;
    let all = questions(20);
    for query in &all {
        pair.ask(query).await;
    }
    // Both take their time, so that questions are open when one dies.
    pair.fakes.iter().for_each(|fake| fake.set_mood(Mood::Slow(Duration::from_millis(200))));
    let before = pair.n_calls();
    let asked = join_all(all.iter().map(|query| pair.ask(query)));
    let die = async {
        while pair.n_calls() == before {
            tokio::task::yield_now().await;
        }
        pair.links[0].set(Flow::Cut);
    };
    tokio::join!(asked, die);
    pair.until(|found| found[0] == Reachability::Down).await;
    let calls = pair.n_calls();
    for query in &all {
        pair.ask(query).await;
    }
    assert_eq!(pair.n_calls()[0], calls[0], "who is down is not asked");
    pair.links[0].set(Flow::Open);
    pair.until(|found| found == [Reachability::Up; 2]).await;
}

#[tokio::test]
async fn calls_to_a_replica_that_freezes_are_answered_by_the_other_one() {
    let pair = Pair::new().await;
    let mut statuses = pair.remote.watch().await.unwrap();
    assert_eq!(statuses.next().await.unwrap().unwrap().state, ServingState::Serving);
    // Each adds to the budget from which those are handed on that are waiting then.
    for query in questions(200) {
        pair.ask(&query).await;
    }
    pair.links[0].set(Flow::Frozen);
    // New questions, which no replica has answered: freezing is not their doing.
    let begun = Instant::now();
    let many = questions(60);
    join_all(many.iter().map(|query| pair.ask(query))).await;
    // Until it is suspect, after at most one interval and two more without an answer.
    assert!(begun.elapsed() < PROBED * 20, "{:?}", begun.elapsed());
    pair.until(|found| found[0] != Reachability::Up).await;
    let begun = Instant::now();
    join_all(many.iter().map(|query| pair.ask(query))).await;
    assert!(begun.elapsed() < PROBED, "nobody waits for it: {:?}", begun.elapsed());
    pair.until(|found| found[0] == Reachability::Down).await;
    pair.links[0].set(Flow::Open);
    pair.until(|found| found == [Reachability::Up; 2]).await;
}

#[tokio::test]
async fn when_all_are_gone_that_is_said_at_once_and_they_are_found_again() {
    let pair = Pair::new().await;
    let mut statuses = pair.remote.watch().await.unwrap();
    statuses.next().await.unwrap().unwrap();
    for flow in [Flow::Cut, Flow::Frozen] {
        pair.links.iter().for_each(|link| link.set(flow));
        pair.until(|found| found == [Reachability::Down; 2]).await;
        let begun = Instant::now();
        let error = pair.remote.query(query(), None).await.unwrap_err();
        assert_eq!((error.code, error.retry_after), (Code::Unavailable, None));
        assert_eq!(error.message.lines().count(), 2, "each is named: {error}");
        assert!(begun.elapsed() < PROBED, "{:?}", begun.elapsed());
        assert_eq!(pair.remote.status().await.unwrap_err().code, Code::Unavailable);
        pair.links.iter().for_each(|link| link.set(Flow::Open));
        pair.until(|found| found == [Reachability::Up; 2]).await;
        pair.ask(&query()).await;
        assert_eq!(pair.remote.status().await.unwrap().state, ServingState::Serving);
    }
}

#[tokio::test]
async fn who_has_no_room_is_avoided_and_when_none_has_the_wait_is_told() {
    let pair = Pair::new().await;
    for query in questions(8) {
        pair.ask(&query).await;
    }
    pair.fakes[0].set_mood(Mood::Overloaded);
    for query in questions(40) {
        pair.ask(&query).await;
    }
    let n_sheds = pair.remote.replicas()[0].n_sheds;
    assert!((1..=2).contains(&n_sheds), "refusing quickly attracts nothing: {n_sheds}");
    pair.fakes[1].set_mood(Mood::Overloaded);
    let error = pair.remote.query(query(), None).await.unwrap_err();
    assert_eq!((error.code, error.retry_after), (Code::Unavailable, Some(Duration::from_secs(1))));
    assert_eq!(error.message.lines().count(), 2, "{error}");
    // They are there all the same.
    assert_eq!(pair.remote.status().await.unwrap().state, ServingState::Serving);
}

#[tokio::test]
async fn the_replica_with_the_newest_snapshot_is_asked() {
    let pair = Pair::new().await;
    for query in questions(8) {
        pair.ask(&query).await;
    }
    pair.fakes[1].set_version(8);
    let is_newest_told = async {
        while pair.remote.status().await.unwrap().snapshot.unwrap().id != SnapshotId(8) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), is_newest_told).await.unwrap();
    let before = pair.n_calls();
    for query in questions(20) {
        pair.ask(&query).await;
        // One that names it is answered by whoever has it.
        let of_new = pair.remote.query(query.clone(), Some(SnapshotId(8))).await;
        assert_eq!(of_new, Ok(answer(query, Some(SnapshotId(8)))));
    }
    assert_eq!(pair.n_calls()[0], before[0], "the one that is behind");
    let error = pair.remote.query(query(), Some(SnapshotId(9))).await.unwrap_err();
    assert_eq!(error.code, Code::NotFound, "each was asked: {error}");
}

/// It answers probes and no questions.
#[tokio::test]
async fn a_call_that_takes_much_longer_than_usual_is_made_elsewhere_too() {
    let pair = Pair::new().await;
    for query in questions(8) {
        pair.ask(&query).await;
    }
    pair.fakes[0].set_mood(Mood::Silent);
    let many = questions(12);
    join_all(many.iter().map(|query| pair.ask(query))).await;
    assert!(pair.remote.retries().n_retries > 0);
}

#[tokio::test]
async fn further_tries_are_a_fraction_of_the_calls() {
    let (mut servers, mut endpoints) = (JoinSet::new(), Vec::new());
    for _ in 0..2 {
        endpoints.push(serve(&Fake::new(Mood::Overloaded), &mut servers).await);
    }
    endpoints.push(format!("http://{}", nobody().await));
    let config = RemoteConfig { endpoints, ..RemoteConfig::default() };
    let remote = RemoteCubes::new(&config).unwrap();
    let begun = Instant::now();
    let n_asked = 300_u32;
    for _ in 0..n_asked {
        let error = remote.query(query(), None).await.unwrap_err();
        assert_eq!(error.code, Code::Unavailable);
    }
    let n_calls: u64 = remote.replicas().iter().map(|replica| replica.n_calls).sum();
    let counts = remote.retries();
    assert_eq!(n_calls, u64::from(n_asked) + counts.n_retries);
    assert!(counts.n_refused > 0, "without a budget each would have been tried three times");
    let seconds = begun.elapsed().as_secs_f64();
    let most = 0.2 * f64::from(n_asked) + 10.0 * (seconds + 1.0);
    let n_retries = u32::try_from(counts.n_retries).unwrap();
    assert!(f64::from(n_retries) <= most, "{n_retries} of {most}");
}
