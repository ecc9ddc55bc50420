//! Any bytes as a sketch of quantiles.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clio_sketch_fuzz::decode_quantiles(bytes));
