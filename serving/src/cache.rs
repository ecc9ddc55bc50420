//! Equal queries are computed once: a query that arrives during the computation waits for it, a later one gets the
//! cached answer.
//!
//! ```text
//! question ─▶ finished? ──────────────▶ the cached answer                   cache/finished.rs
//!              └─▶ in flight? ─────────▶ waits for it
//!                   └─▶ computes, in a flight that lasts as long as anybody waits
//! ```
//!
//! An answer depends only on the snapshot and the query, so that cached answers never become stale: one is dropped with
//! its snapshot, or when newer answers need its room.

mod finished;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clio_proto::{
    Answer, Policy, Query, RunId, ServiceError, SnapshotId, SnapshotInfo, question_bytes,
};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, WeakShared};

use crate::held::HeldSnapshots;
use crate::vitals::CacheVitals;
use finished::Finished;

/// The key of an answer. Whatever else an answer may come to depend on, such as who asks, belongs here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    snapshot: SnapshotId,
    /// A recreated lake has other snapshots with the same numbers, from other runs.
    run: RunId,
    /// The query in its wire encoding.
    question: Vec<u8>,
    /// What whoever asks may see, as a policy's canonical text: not a digest, of which two policies might have the same. `None` for all.
    policy: Option<Arc<str>>,
}

impl Key {
    /// For a query that begins where it says itself; `None` for one that has no wire encoding.
    pub(crate) fn new(
        query: &Query,
        snapshot: &SnapshotInfo,
        policy: Option<&Policy>,
    ) -> Option<Self> {
        let question = question_bytes(query.clone()).ok()?;
        let policy = policy.map(|policy| Arc::clone(policy.canonical()));
        Some(Self { snapshot: snapshot.id, run: snapshot.run.clone(), question, policy })
    }

    fn is_of(&self, snapshot: &SnapshotInfo) -> bool {
        (self.snapshot, &self.run) == (snapshot.id, &snapshot.run)
    }

    fn size_bytes(&self) -> usize {
        let policy = self.policy.as_ref().map_or(0, |policy| policy.len());
        size_of::<Self>() + self.question.len() + self.run.as_str().len() + policy
    }
}

/// The result of a flight: failures are passed to all who wait, and not cached.
type Landed = Result<Arc<Answer>, ServiceError>;

/// Cached answers, and those being computed.
///
/// Always true: cached answers take at most the budget, and belong to held snapshots. A lookup takes about a
/// microsecond.
pub(crate) struct AnswerCache {
    held: Arc<HeldSnapshots>,
    limit_bytes: u64,
    state: Mutex<State>,
    n_hits: AtomicU64,
    n_shared: AtomicU64,
    n_misses: AtomicU64,
}

struct State {
    finished: Finished,
    flights: HashMap<Key, Flight>,
    n_flights: u64,
}

/// A computation that others may wait for. It ends when nobody does any more, but not before its last one leaves.
struct Flight {
    number: u64,
    landing: WeakShared<BoxFuture<'static, Landed>>,
}

impl AnswerCache {
    /// An empty cache of at most this many bytes; with a budget of 0 nothing is cached, but equal queries still wait
    /// for each other.
    pub(crate) fn new(budget_bytes: u64, held: Arc<HeldSnapshots>) -> Self {
        let finished = Finished::new(budget_bytes);
        let state = State { finished, flights: HashMap::new(), n_flights: 0 };
        let limit_bytes = budget_bytes;
        let (n_hits, n_shared, n_misses) = Default::default();
        Self { held, limit_bytes, state: Mutex::new(state), n_hits, n_shared, n_misses }
    }

    /// The answer to a query: a cached one, one being computed, or the result of `compute`; and whether it is the last
    /// of these.
    ///
    /// # Errors
    ///
    /// Those of the computation.
    pub(crate) async fn answer<F>(
        self: &Arc<Self>,
        key: Key,
        compute: impl FnOnce() -> F,
    ) -> Result<(Arc<Answer>, bool), ServiceError>
    where
        F: Future<Output = Result<Answer, ServiceError>> + Send + 'static,
    {
        let (landing, is_own) = match self.find(&key) {
            Found::Finished(answer) => {
                self.n_hits.fetch_add(1, Ordering::Relaxed);
                return Ok((answer, false));
            }
            Found::Flying(landing) => {
                self.n_shared.fetch_add(1, Ordering::Relaxed);
                (landing, false)
            }
            Found::Nothing(mut state) => {
                self.n_misses.fetch_add(1, Ordering::Relaxed);
                state.n_flights += 1;
                let number = state.n_flights;
                let leaving = Leaving { cache: Arc::clone(self), key: key.clone(), number };
                let computed = compute();
                let landing = async move {
                    let landed = computed.await.map(Arc::new);
                    leaving.land(landed.as_ref().ok());
                    landed
                };
                let landing = landing.boxed().shared();
                if let Some(weak) = landing.downgrade() {
                    state.flights.insert(key, Flight { number, landing: weak });
                }
                (landing, true)
            }
        };
        Ok((landing.await?, is_own))
    }

    fn find(&self, key: &Key) -> Found<'_> {
        let mut state = self.state();
        if let Some(answer) = state.finished.get(key) {
            return Found::Finished(answer);
        }
        match state.flights.get(key).and_then(|flight| flight.landing.upgrade()) {
            Some(landing) => Found::Flying(landing),
            None => Found::Nothing(state),
        }
    }

    /// Drops the answers of snapshots that are no longer held.
    pub(crate) fn forget_what_is_not_held(&self) {
        let held = self.held.all();
        self.state().finished.retain(|key| held.iter().any(|snapshot| key.is_of(&snapshot.info)));
    }

    /// Drops every answer, including those being computed: they come from memory that cannot be trusted.
    pub(crate) fn forget_all(&self) {
        let mut state = self.state();
        state.finished.retain(|_| false);
        state.flights.clear();
    }

    /// The bytes of the cached answers.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.state().finished.size_bytes()
    }

    /// Its size and its use.
    pub(crate) fn vitals(&self) -> CacheVitals {
        CacheVitals {
            size_bytes: self.size_bytes(),
            limit_bytes: self.limit_bytes,
            n_hits: self.n_hits.load(Ordering::Relaxed),
            n_shared: self.n_shared.load(Ordering::Relaxed),
            n_misses: self.n_misses.load(Ordering::Relaxed),
        }
    }

    /// The number of answers being computed.
    #[cfg(test)]
    pub(crate) fn n_flights(&self) -> usize {
        self.state().flights.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic left only complete answers behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Found<'c> {
    Finished(Arc<Answer>),
    Flying(Shared<BoxFuture<'static, Landed>>),
    /// The flight is registered before anybody else looks.
    Nothing(MutexGuard<'c, State>),
}

/// Unregisters a flight when it ends, and when all who waited have left.
struct Leaving {
    cache: Arc<AnswerCache>,
    key: Key,
    number: u64,
}

impl Leaving {
    fn land(self, answer: Option<&Arc<Answer>>) {
        let Some(answer) = answer else { return };
        let held = self.cache.held.all();
        let mut state = self.cache.state();
        // An answer of a snapshot that was dropped in the meantime would be cached until its room is needed; one that
        // was dropped while it was computed must not be cached at all.
        let is_known =
            state.flights.get(&self.key).is_some_and(|flight| flight.number == self.number);
        if is_known && held.iter().any(|snapshot| self.key.is_of(&snapshot.info)) {
            state.finished.insert(self.key.clone(), Arc::clone(answer));
        }
        drop(state);
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut state = self.cache.state();
        // If all had left, the next one may already have begun another flight.
        if state.flights.get(&self.key).is_some_and(|flight| flight.number == self.number) {
            state.flights.remove(&self.key);
        }
    }
}
