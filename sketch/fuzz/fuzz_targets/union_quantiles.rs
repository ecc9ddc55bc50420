//! Two sketches of quantiles, united.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clio_sketch_fuzz::union_quantiles(bytes));
