//! The committed wire types match the `.proto` file. `CLIO_BLESS=1` rewrites them.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use prost::Message;

#[test]
fn wire_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let descriptors = protox::compile(["clio/v1/cubes.proto"], [root.join("protos")]).unwrap();
    let temporary = tempfile::tempdir().unwrap();
    tonic_prost_build::configure()
        .emit_rerun_if_changed(false)
        .out_dir(temporary.path())
        .compile_fds(descriptors.clone())
        .unwrap();
    fs::write(temporary.path().join("clio.v1.bin"), descriptors.encode_to_vec()).unwrap();

    let committed = root.join("src/wire");
    let fresh = files(temporary.path());
    if must_bless() {
        for (name, bytes) in &fresh {
            fs::write(committed.join(name), bytes).unwrap();
        }
    }
    // Compared by name and equality, since a difference of 60 kB helps nobody.
    assert!(
        files(&committed) == fresh,
        "src/wire is not what protos/clio/v1/cubes.proto gives; rewrite it with \
         `CLIO_BLESS=1 cargo test -p clio-proto --test wire_is_fresh`"
    );
}

#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn must_bless() -> bool {
    std::env::var("CLIO_BLESS").is_ok()
}

fn files(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name(), fs::read(entry.path()).unwrap())
        })
        .collect()
}
