//! Equal questions are answered once: who asks while one is computed waits for it, who asks later gets what is kept.
//!
//! ```text
//! question ─▶ finished? ──────────────▶ the answer that is kept             cache/finished.rs
//!              └─▶ in flight? ─────────▶ waits for it
//!                   └─▶ computes, in a flight that lasts as long as anybody waits
//! ```
//!
//! An answer depends on the snapshot and the question alone, so that nothing kept is ever stale: it goes when its snapshot does, or
//! when newer answers need its room.

mod finished;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clio_proto::{Answer, Query, RunId, ServiceError, SnapshotId, SnapshotInfo, question_bytes};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, WeakShared};

use crate::held::HeldSnapshots;
use finished::Finished;

/// What tells an answer from others. Whatever else an answer may come to depend on, who asks among it, belongs here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    snapshot: SnapshotId,
    /// A lake that is made anew has the same numbers for other snapshots, of other runs.
    run: RunId,
    /// The question as the wire has it.
    question: Vec<u8>,
}

impl Key {
    /// Of a query that begins where it says itself; `None` for one that the wire has no words for.
    pub(crate) fn new(query: &Query, snapshot: &SnapshotInfo) -> Option<Self> {
        let question = question_bytes(query.clone()).ok()?;
        Some(Self { snapshot: snapshot.id, run: snapshot.run.clone(), question })
    }

    fn is_of(&self, snapshot: &SnapshotInfo) -> bool {
        (self.snapshot, &self.run) == (snapshot.id, &snapshot.run)
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.question.len() + self.run.as_str().len()
    }
}

/// What a flight ends with: failures are told to all who wait, and not kept.
type Landed = Result<Arc<Answer>, ServiceError>;

/// Answers that are kept, and those on their way.
///
/// Always true: what is kept takes at most the budget, and is of snapshots that are held. One look takes a microsecond or so.
pub(crate) struct AnswerCache {
    held: Arc<HeldSnapshots>,
    state: Mutex<State>,
}

struct State {
    finished: Finished,
    flights: HashMap<Key, Flight>,
    n_flights: u64,
}

/// A computation that others may wait for. It ends when nobody does any more, and not before its last one leaves.
struct Flight {
    number: u64,
    landing: WeakShared<BoxFuture<'static, Landed>>,
}

impl AnswerCache {
    /// Keeps nothing yet, and at most so many bytes; none at all of a budget of 0, where equal questions still wait for each other.
    pub(crate) fn new(budget_bytes: u64, held: Arc<HeldSnapshots>) -> Self {
        let finished = Finished::new(budget_bytes);
        let state = State { finished, flights: HashMap::new(), n_flights: 0 };
        Self { held, state: Mutex::new(state) }
    }

    /// The answer to a question: one that is kept, one that is on its way, or the one that `compute` gives; and whether it is this last
    /// one.
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
            Found::Finished(answer) => return Ok((answer, false)),
            Found::Flying(landing) => (landing, false),
            Found::Nothing(mut state) => {
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

    /// Forgets the answers of snapshots that are not held any more.
    pub(crate) fn forget_what_is_not_held(&self) {
        let held = self.held.all();
        self.state().finished.retain(|key| held.iter().any(|snapshot| key.is_of(&snapshot.info)));
    }

    /// The bytes of the answers that are kept.
    #[cfg(test)]
    pub(crate) fn size_bytes(&self) -> u64 {
        self.state().finished.size_bytes()
    }

    /// How many answers are on their way.
    #[cfg(test)]
    pub(crate) fn n_flights(&self) -> usize {
        self.state().flights.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked has left whole answers behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Found<'c> {
    Finished(Arc<Answer>),
    Flying(Shared<BoxFuture<'static, Landed>>),
    /// The flight that begins is noted before anybody else looks.
    Nothing(MutexGuard<'c, State>),
}

/// Takes a flight off the list when it lands, and when all who waited have left.
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
        // One that has gone meanwhile would be kept until its room is needed.
        if held.iter().any(|snapshot| self.key.is_of(&snapshot.info)) {
            state.finished.insert(self.key.clone(), Arc::clone(answer));
        }
        drop(state);
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut state = self.cache.state();
        // Where all had left, the next one may have begun another flight already.
        if state.flights.get(&self.key).is_some_and(|flight| flight.number == self.number) {
            state.flights.remove(&self.key);
        }
    }
}
