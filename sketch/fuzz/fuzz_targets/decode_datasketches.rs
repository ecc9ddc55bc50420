//! Any bytes as a sketch of `datasketches`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clio_sketch_fuzz::decode_datasketches(bytes));
