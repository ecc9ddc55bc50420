//! The memory that the engine accounts for: shared fairly among consumers that can spill, who leave some for
//! those that cannot.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::common::{Result, resources_datafusion_err};
use datafusion::execution::memory_pool::{
    MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation, human_readable_size,
};

/// Like the engine's `FairSpillPool`, except that consumers that can spill share only three quarters of what the
/// others leave: if all of them took their full share, nothing would be left for merging what was spilled, which
/// cannot spill itself.
#[derive(Debug)]
pub(super) struct SpillPool {
    size_bytes: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// How many consumers can spill.
    n_spillers: usize,
    by_spillers: usize,
    by_others: usize,
}

impl SpillPool {
    pub(super) fn new(size_bytes: usize) -> Self {
        Self { size_bytes, taken: Mutex::default() }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Only numbers, which a panic elsewhere cannot leave inconsistent.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn by(&mut self, consumer: &MemoryConsumer) -> &mut usize {
        if consumer.can_spill() { &mut self.by_spillers } else { &mut self.by_others }
    }
}

impl MemoryPool for SpillPool {
    fn name(&self) -> &'static str {
        "clio"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.taken().n_spillers += usize::from(consumer.can_spill());
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.taken().n_spillers -= usize::from(consumer.can_spill());
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        *self.taken().by(reservation.consumer()) += additional;
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        *self.taken().by(reservation.consumer()) -= shrink;
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut taken = self.taken();
        let consumer = reservation.consumer();
        let not_by_others = self.size_bytes.saturating_sub(taken.by_others);
        let left = if consumer.can_spill() {
            let share = not_by_others / 4 * 3 / taken.n_spillers.max(1);
            share.saturating_sub(reservation.size())
        } else {
            not_by_others.saturating_sub(taken.by_spillers)
        };
        if additional > left {
            let [wanted, held, left, all] =
                [additional, reservation.size(), left, self.size_bytes].map(human_readable_size);
            let name = consumer.name();
            return Err(resources_datafusion_err!(
                "{name} holds {held} and wants {wanted} more; {left} of {all} are available to it"
            ));
        }
        *taken.by(consumer) += additional;
        Ok(())
    }

    fn reserved(&self) -> usize {
        let taken = self.taken();
        taken.by_spillers + taken.by_others
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.size_bytes)
    }
}

impl fmt::Display for SpillPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.name(), human_readable_size(self.size_bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn who_spills_leaves_a_quarter_to_those_who_cannot() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SpillPool::new(4000));
        let sorts = [0, 1].map(|n| {
            let consumer = MemoryConsumer::new(format!("sort {n}")).with_can_spill(true);
            consumer.register(&pool)
        });
        for sort in &sorts {
            sort.try_grow(1500).unwrap();
            sort.try_grow(1).unwrap_err();
        }
        let map = MemoryConsumer::new("a map").register(&pool);
        map.try_grow(600).unwrap();
        let error = map.try_grow(401).unwrap_err().strip_backtrace();
        assert!(
            error.ends_with(
                "a map holds 600.0 B and wants 401.0 B more; 400.0 B of 3.9 KB are available to it"
            ),
            "{error}"
        );
        map.try_grow(400).unwrap();
        assert_eq!(pool.reserved(), 4000);
        // What those have who cannot spill is not shared among those who can.
        sorts[0].free();
        sorts[0].try_grow(1125).unwrap();
        sorts[0].try_grow(1).unwrap_err();
        drop((map, sorts));
        assert_eq!(pool.reserved(), 0);
    }
}
