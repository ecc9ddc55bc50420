//! Questions that are known not to break a replica: those that one has answered.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::Xxh3;

/// How many questions are remembered at least; at most twice as many. A page asks some twenty.
const N_REMEMBERED: usize = 4_096;

/// A question, as far as it can break a replica: what is asked, for whom, of which snapshot. Two different ones are the
/// same with a probability of 2⁻⁶⁴.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Question(u64);

impl Question {
    /// A question by its kind, the digest of who asks, and its bytes.
    pub(super) fn new(kind: &str, who: u64, message: &[u8]) -> Self {
        let mut hash = Xxh3::new();
        hash.update(kind.as_bytes());
        hash.update(&who.to_le_bytes());
        hash.update(message);
        Self(hash.digest())
    }

    /// The same question of a snapshot.
    pub(super) fn of(self, snapshot: Option<u64>) -> Self {
        let mut hash = Xxh3::new();
        hash.update(&self.0.to_le_bytes());
        hash.update(&snapshot.map_or(u64::MAX, |snapshot| snapshot).to_le_bytes());
        Self(hash.digest())
    }

    /// A number in which questions and replicas differ, for distributing the one over the other.
    pub(super) fn draw(self, replica: usize) -> u64 {
        let mut hash = Xxh3::new();
        hash.update(&self.0.to_le_bytes());
        hash.update(&(replica as u64).to_le_bytes());
        hash.digest()
    }
}

/// The questions that were answered, as many as there is room for: the older half goes when it is full.
#[derive(Debug, Default)]
pub(super) struct Harmless(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    newer: HashSet<Question>,
    older: HashSet<Question>,
}

impl Harmless {
    pub(super) fn add(&self, question: Question) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.newer.len() >= N_REMEMBERED {
            remembered.older = std::mem::take(&mut remembered.newer);
        }
        remembered.newer.insert(question);
    }

    pub(super) fn has(&self, question: Question) -> bool {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.newer.contains(&question) || remembered.older.contains(&question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_of_others_and_of_other_snapshots_are_others() {
        let question = Question::new("query", 1, b"plays");
        let all = [
            question,
            Question::new("export", 1, b"plays"),
            Question::new("query", 2, b"plays"),
            Question::new("query", 1, b"viewers"),
            question.of(None),
            question.of(Some(1)),
            question.of(Some(2)),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        assert_eq!(question.of(Some(1)), Question::new("query", 1, b"plays").of(Some(1)));
    }

    #[test]
    fn the_newest_are_remembered_and_no_more_than_there_is_room_for() {
        let harmless = Harmless::default();
        let question = |n: usize| Question::new("query", 0, &n.to_le_bytes());
        for n in 0..10 * N_REMEMBERED {
            assert!(!harmless.has(question(n)));
            harmless.add(question(n));
            assert!(harmless.has(question(n)) && harmless.has(question(n.saturating_sub(4_000))));
        }
        assert!(!harmless.has(question(0)));
        let remembered = harmless.0.lock().unwrap();
        assert!(remembered.newer.len() + remembered.older.len() <= 2 * N_REMEMBERED);
    }
}
