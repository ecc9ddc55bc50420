//! Writes small real sketches of every mode, for a corpus to begin with: `cargo run --example seeds -- corpus`.

use std::fs;
use std::path::{Path, PathBuf};

use clio_sketch::{Buckets, Family, HllType, Precision, QuantileSketch, Scale, Sketch};

#[expect(
    clippy::disallowed_methods,
    reason = "a program for developers reads its arguments itself"
)]
fn main() -> std::io::Result<()> {
    let root = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "corpus".to_owned()));
    let mut of_family = Vec::new();
    for &family in Family::ALL {
        let mut seeds = sketches(family);
        if family == Family::DataSketches {
            let updatable: Vec<_> = seeds.iter().filter_map(|bytes| updatable(bytes)).collect();
            seeds.extend(updatable);
        }
        let target =
            if family == Family::DataSketches { "decode_datasketches" } else { "decode_hllpp" };
        write(&root.join(target), &seeds)?;
        of_family.push(seeds);
    }
    let spreads = spreads();
    write(&root.join("decode_quantiles"), &spreads)?;
    write(&root.join("union_quantiles"), &pairs_of_spreads(&spreads))?;
    write(&root.join("union_decoded"), &pairs(&of_family))?;
    write(&root.join("grouped_union"), &steps(&of_family))
}

/// Encoded sketches of small precisions: empty, one value, lists, sets, lists that are full, and registers of
/// every type.
fn sketches(family: Family) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for p in [4, 6, 8, 9] {
        let m = 1_u64 << p;
        for n in [0, 1, 3, 7, 8, 20, m / 4, m / 2, 3 * m, 200 * m] {
            let mut sketch = Sketch::new(family, Precision::try_new(p).expect("4 to 9"));
            for value in 0..n {
                sketch.insert_hash(family.hash_u64(value));
            }
            seeds.push(sketch.encode());
            for target in HllType::ALL {
                seeds.extend(sketch.encode_as(target));
            }
        }
    }
    seeds.sort();
    seeds.dedup();
    seeds
}

/// Encoded sketches of quantiles: empty, of one value, of both signs, of values far apart, with many in one bucket.
fn spreads() -> Vec<Vec<u8>> {
    let of_values: [fn(u32) -> Vec<f64>; 6] = [
        |_| Vec::new(),
        |n| vec![f64::from(n)],
        |n| (0..n).map(|value| f64::from(value) - 20.0).collect(),
        |n| (0..n % 28).map(|power| 10.0_f64.powi(power as i32 - 9)).collect(),
        |n| vec![0.0; n as usize * 100],
        |n| (0..n * 20).map(|value| f64::from(value % 7) * 30.0).collect(),
    ];
    let mut seeds = Vec::new();
    for (error, edges) in [(0.02, &[30.0, 120.0][..]), (0.2, &[]), (0.001, &[1.0])] {
        let scale = Scale::new(Buckets::try_new(error, edges).expect("valid buckets"));
        for of in of_values {
            for n in [1, 3, 45] {
                let mut sketch = QuantileSketch::new(&scale);
                of(n).into_iter().for_each(|value| sketch.insert(value).expect("in range"));
                seeds.push(sketch.encode());
            }
        }
    }
    seeds.sort();
    seeds.dedup();
    seeds
}

/// Two sketches of quantiles each, as the target reads them.
fn pairs_of_spreads(seeds: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut pairs = Vec::new();
    for (i, one) in seeds.iter().enumerate() {
        for other in [one, &seeds[(i + 1) % seeds.len()], &seeds[(i * 7 + 3) % seeds.len()]] {
            let mut pair = u16::try_from(one.len()).expect("small").to_le_bytes().to_vec();
            pair.extend_from_slice(one);
            pair.extend_from_slice(other);
            pairs.push(pair);
        }
    }
    pairs
}

/// The same as a hash table, as Spark writes it, of what is written as a list.
fn updatable(compact: &[u8]) -> Option<Vec<u8>> {
    let (&preamble, entries) = compact.split_first_chunk::<8>()?;
    let mode = preamble[7] & 3;
    let (n_head, n_places) = match mode {
        0 => (8, 8),
        1 => (12, 1_usize << preamble[4]),
        _ if preamble[7] >> 2 & 3 == 0 && preamble[4] > 0 => {
            (40 + (1 << preamble[3]) / 2, 1_usize << preamble[4])
        }
        _ => return None,
    };
    let mut table = compact.get(..n_head)?.to_vec();
    table[5] &= !8;
    let mut coupons = entries.get(n_head - 8..)?.to_vec();
    coupons.resize(4 * n_places, 0);
    table.extend(coupons);
    Some(table)
}

/// Two sketches each, as the target reads them.
fn pairs(of_family: &[Vec<Vec<u8>>]) -> Vec<Vec<u8>> {
    let mut pairs = Vec::new();
    for (family, seeds) in (0_u8..).zip(of_family) {
        for (i, one) in seeds.iter().enumerate() {
            for other in [one, &seeds[(i + 1) % seeds.len()], &seeds[(i * 7 + 3) % seeds.len()]] {
                let mut pair = vec![family];
                pair.extend(u16::try_from(one.len()).expect("small").to_le_bytes());
                pair.extend_from_slice(one);
                pair.extend_from_slice(other);
                pairs.push(pair);
            }
        }
    }
    pairs
}

/// Hashes and sketches for four groups, as the target reads them.
fn steps(of_family: &[Vec<Vec<u8>>]) -> Vec<Vec<u8>> {
    let mut steps = Vec::new();
    for (family, seeds) in (0_u8..).zip(of_family) {
        for p in [4_u8, 6, 8, 9] {
            let precision_at = if family == 0 { 1 } else { 3 };
            let own: Vec<_> = seeds.iter().filter(|bytes| bytes[precision_at] == p).collect();
            for (i, one) in own.iter().enumerate() {
                let mut bytes = vec![family, p - 4];
                for (group, sketch) in
                    [(0, one), (1, &own[(i * 5 + 1) % own.len()]), (0, &own[i / 2])]
                {
                    bytes.push(0x80 | group);
                    bytes.extend(u16::try_from(sketch.len()).expect("small").to_le_bytes());
                    bytes.extend_from_slice(sketch);
                }
                for (group, value) in (0_u8..).zip(0..6 + i as u64) {
                    bytes.push(group & 3);
                    bytes.extend(Family::ALL[usize::from(family)].hash_u64(value).to_le_bytes());
                }
                steps.push(bytes);
            }
        }
    }
    steps
}

fn write(folder: &Path, seeds: &[Vec<u8>]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for (i, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{i:04}")), seed)?;
    }
    Ok(())
}
