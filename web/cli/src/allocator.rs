//! The allocator, and how soon it returns memory: a run has to stay within its limit, and a service that has
//! released an old snapshot should not hold on to its pages.
//!
//! jemalloc, since batches are allocated by one thread and freed by another: a week of 21 million events took
//! two thirds of the memory that it took with mimalloc 3, and half with plays, in no more time; glibc's
//! allocator took as little with two arenas, but longer.

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// One arena per core instead of four: threads cache what they use most anyway. Freed pages are returned
/// within a second instead of ten, by a background thread: without one they would stay until the next
/// allocation.
#[expect(unsafe_code, reason = "jemalloc reads its options from a symbol of this name")]
#[used]
// SAFETY: jemalloc's symbol for options, as jemalloc declares it: a pointer to zero-terminated text.
#[unsafe(export_name = "_rjem_malloc_conf")]
static OPTIONS: &[u8; 76] =
    b"narenas_ratio:1,dirty_decay_ms:1000,muzzy_decay_ms:0,background_thread:true\0";

#[cfg(test)]
mod tests {
    use tikv_jemalloc_ctl::{Access, AsName, arenas, opt};

    #[test]
    fn the_options_are_taken() {
        assert!(opt::background_thread::read().unwrap());
        let n_cores = std::thread::available_parallelism().unwrap().get();
        // One more is made for large pieces.
        assert!(arenas::narenas::read().unwrap() as usize <= n_cores + 1);
        let decay: isize = b"arenas.dirty_decay_ms\0".name().read().unwrap();
        assert_eq!(decay, 1_000);
    }
}
