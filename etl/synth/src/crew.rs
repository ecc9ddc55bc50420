//! Distributes work over a few threads. The output never depends on which thread does what.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::error::SynthError;

/// More threads would gain little, since they share the disk, and each holds a part's rows.
const MAX_THREADS: usize = 4;

/// How many threads work.
pub(super) fn n_threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS)
}

/// Performs every task once, on the threads; the first error stops the work after the tasks already
/// begun.
pub(super) fn share_out<T, W>(tasks: &[T], work: W) -> Result<(), SynthError>
where
    T: Sync,
    W: Fn(&T) -> Result<(), SynthError> + Sync,
{
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let first_error = Mutex::new(None);
    let worker = || {
        while !failed.load(Ordering::Relaxed) {
            let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            if let Err(error) = work(task) {
                failed.store(true, Ordering::Relaxed);
                first_error.lock().expect("no holder panics").get_or_insert(error);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..n_threads() {
            scope.spawn(worker);
        }
        worker();
    });
    first_error.into_inner().expect("no holder panics").map_or(Ok(()), Err)
}

/// Folds chunks of `0..end_exclusive` into one state per thread. Merging the states must not depend
/// on which chunks each has seen.
pub(super) fn fold_chunks<S, W>(end_exclusive: u32, chunk: u32, states: Vec<S>, work: W) -> Vec<S>
where
    S: Send,
    W: Fn(&mut S, std::ops::Range<u32>) + Sync,
{
    // Counted in 64 bits: every thread takes one chunk too many, which must not wrap around.
    let next = std::sync::atomic::AtomicU64::new(0);
    let worker = |mut state: S| {
        loop {
            let start = next.fetch_add(chunk.into(), Ordering::Relaxed);
            let Some(start) = u32::try_from(start).ok().filter(|start| *start < end_exclusive)
            else {
                return state;
            };
            work(&mut state, start..start.saturating_add(chunk).min(end_exclusive));
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> =
            states.into_iter().map(|state| scope.spawn(|| worker(state))).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, S>| match thread.join() {
            Ok(state) => state,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        threads.into_iter().map(join).collect()
    })
}
