//! Two decoded sketches of one family, united both ways.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clio_sketch_fuzz::union_decoded(bytes));
