//! The allocator, and how soon it gives memory back: a run is held to a limit, and a service that has let an
//! old snapshot go is not to hold its pages.
//!
//! jemalloc, since batches are made by one thread and freed by another: a week of 21 million events took two
//! thirds of the memory that it took with mimalloc 3, and half with plays, in no more time; glibc's allocator
//! took as little with two arenas, and longer.

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// An arena for each core, not four: threads keep what they use most anyway. Freed pages go back within a
/// second, not ten, and by a thread of their own: without one they would stay for as long as nobody asks.
#[expect(unsafe_code, reason = "jemalloc reads its options from a symbol of this name")]
#[used]
// SAFETY: jemalloc's symbol of options, as jemalloc declares it: a pointer to text that ends with a zero.
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
