//! Any bytes as a sketch of `hll++`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clio_sketch_fuzz::decode_hllpp(bytes));
