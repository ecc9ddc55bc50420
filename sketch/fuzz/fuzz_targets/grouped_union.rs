//! Groups beside one sketch each, through the same unions and insertions.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clio_sketch_fuzz::grouped_union(bytes));
