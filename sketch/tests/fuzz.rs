//! The corpus of the fuzzer through its targets' bodies, without the fuzzer: what was once reached stays right.
//!
//! The bodies also hold decoding to the memory that its bytes state: four bytes a coupon, a byte a register.

use std::path::Path;

/// See there.
#[path = "../fuzz/src/lib.rs"]
pub mod bodies;

type Body = fn(&[u8]);

/// Returns the corpus of a target, by file name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs: Vec<_> = std::fs::read_dir(&folder)
        .expect("the corpus is committed")
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let bytes = std::fs::read(&path).expect("a readable file");
            (path.display().to_string(), bytes)
        })
        .collect();
    inputs.sort();
    assert!(inputs.len() > 20, "{} has few inputs", folder.display());
    inputs
}

/// Runs a body, and says of which input it failed.
fn run(name: &str, bytes: &[u8], body: Body) {
    if std::panic::catch_unwind(|| body(bytes)).is_err() {
        panic!("see above; the input is the first {} bytes of {name}", bytes.len());
    }
}

#[test]
fn decoders_take_the_corpus_and_everything_that_it_begins_with() {
    let targets: [(_, Body); 3] = [
        ("decode_hllpp", bodies::decode_hllpp),
        ("decode_datasketches", bodies::decode_datasketches),
        ("decode_quantiles", bodies::decode_quantiles),
    ];
    for (target, body) in targets {
        for (name, bytes) in corpus(target) {
            for length in 0..=bytes.len() {
                run(&name, &bytes[..length], body);
            }
        }
    }
}

#[test]
fn unions_take_the_corpus() {
    let targets: [(_, Body); 3] = [
        ("union_decoded", bodies::union_decoded),
        ("grouped_union", bodies::grouped_union),
        ("union_quantiles", bodies::union_quantiles),
    ];
    for (target, body) in targets {
        for (name, bytes) in corpus(target) {
            run(&name, &bytes, body);
        }
    }
}
