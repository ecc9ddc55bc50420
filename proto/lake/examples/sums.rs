//! How long the checksums of a lake's files take: `cargo run --release -p clio-lake --example sums -- 180` for 180 MiB.

#![expect(clippy::print_stdout, reason = "the figures are the purpose")]

use std::time::Instant;

use clio_lake::Checksum;

/// About the size of a month's file of a large dataset.
const FILE_BYTES: usize = 10 << 20;
/// Machines are shared: the fastest of some rounds is what the work takes.
const N_ROUNDS: usize = 5;

#[expect(
    clippy::disallowed_methods,
    reason = "a program for developers reads its arguments itself"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n_mebibytes = std::env::args().nth(1).unwrap_or_else(|| "180".to_owned());
    let n_files = (n_mebibytes.parse::<usize>()? << 20).div_ceil(FILE_BYTES);
    let folder = tempfile::tempdir()?;
    let path = |index: usize| folder.path().join(index.to_string());
    let mut state = 1_u64;
    for index in 0..n_files {
        let mut bytes = vec![0; FILE_BYTES];
        for eight in bytes.chunks_exact_mut(8) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            eight.copy_from_slice(&state.to_le_bytes());
        }
        std::fs::write(path(index), bytes)?;
    }
    let mut best = [f64::MAX; 2];
    for _ in 0..N_ROUNDS {
        let begun = Instant::now();
        let files: Result<Vec<_>, _> =
            (0..n_files).map(|index| std::fs::read(path(index))).collect();
        let files = files?;
        best[0] = best[0].min(begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        for file in &files {
            std::hint::black_box(Checksum::of(file));
        }
        best[1] = best[1].min(begun.elapsed().as_secs_f64());
    }
    let n_mebibytes = (n_files * FILE_BYTES) >> 20;
    let [read, sum] = best.map(|seconds| seconds * 1_000.0);
    println!(
        "{n_mebibytes} MiB in {n_files} files: read in {read:.0} ms, their sums in {sum:.0} ms more"
    );
    Ok(())
}
