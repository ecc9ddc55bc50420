//! The kernel over more rows than a lake of events has, against the union of each group's sketches.

use clio_lake::CellFile;
use clio_proto::Period;
use clio_sketch::Sketch;
use roaring::RoaringBitmap;

use super::*;
use crate::snapshot::{Chunk, ColumnUnion};

const PRECISION: u8 = 9;

/// SplitMix64, by Sebastiano Vigna: the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// The distribution of people over the cells of a case.
#[derive(Debug, Clone, Copy)]
enum People {
    /// So few different people that a union of all remains coupons.
    Few,
    /// Realistic: most cells are small, some dense.
    Skewed,
}

fn cell(numbers: &mut Numbers, family: Family, people: People) -> Sketch {
    let mut sketch = Sketch::new(family, Precision::try_new(PRECISION).unwrap());
    let (n_people, n_different) = match people {
        People::Few => (numbers.below(4), 30),
        People::Skewed => (900 / (1 + numbers.below(400)), 40_000),
    };
    for _ in 0..n_people {
        sketch.insert_hash(family.hash_u64(numbers.below(n_different)));
    }
    sketch
}

fn chunk(family: Family, cells: &[Sketch]) -> Chunk {
    let bytes: Vec<Vec<u8>> = cells.iter().map(Sketch::encode).collect();
    let precision = Precision::try_new(PRECISION).unwrap();
    let cells = bytes.iter().map(Vec::as_slice);
    let arena = SketchArena::decode("viewers", family, precision, cells).unwrap();
    let n_rows = u32::try_from(bytes.len()).unwrap();
    let total = ColumnUnion::of(&arena, n_rows).unwrap();
    let file = CellFile {
        path: "part.parquet".to_owned(),
        size_bytes: 0,
        modified_millis: 0,
        location: "part.parquet".into(),
        period: Period::All,
        n_rows: None,
        checksum: None,
    };
    let measures = vec![MeasureColumn::Sketch { arena, total }];
    Chunk { file, n_rows, keys: Vec::new(), measures, marginals: Vec::new(), size_bytes: 0 }
}

/// The expected estimate of a union of some cells.
fn expected<'a>(family: Family, cells: impl Iterator<Item = &'a Sketch>) -> Estimate {
    let mut union = Union::new(family, Precision::try_new(PRECISION).unwrap());
    cells.for_each(|cell| union.union(cell).unwrap());
    union.estimate()
}

fn check((family, people): (Family, People), cells: &[Sketch], n_groups: usize, n_threads: usize) {
    let n_rows = cells.len();
    let (first, second) = cells.split_at(n_rows / 3);
    let halves = [first, second];
    let chunks = halves.each_ref().map(|cells| chunk(family, cells));
    // Part of the second file is selected, and its last row belongs to no group.
    let batches: Vec<Batch<'_>> = chunks
        .iter()
        .zip([false, true])
        .map(|(chunk, is_part)| {
            let rows = (0..chunk.n_rows).filter(|row| row % 5 > 0).collect::<RoaringBitmap>();
            Batch { chunk, rows: is_part.then_some(rows), period: Period::All }
        })
        .collect();
    let groups: Vec<BatchGroups> = batches
        .iter()
        .map(|batch| {
            let rows: Vec<u32> = batch.row_list().into_iter().rev().skip(1).rev().collect();
            // Groups come in runs, as in sorted cells.
            let ids = rows.iter().map(|row| (row / 3) % u32::try_from(n_groups).unwrap()).collect();
            BatchGroups::Rows { rows, ids }
        })
        .collect();
    let cancel = Cancel::default();
    let precision = Precision::try_new(PRECISION).unwrap();
    let kernel = Kernel { family, precision, column: 0, n_threads, cancel: &cancel };
    let case = (family, people, n_rows, n_groups, n_threads);

    let (total, unions) = kernel.whole(&batches.iter().collect::<Vec<_>>()).unwrap();
    let of_second = batches[1].rows.iter().flatten().map(|row| &halves[1][row as usize]);
    assert_eq!(total, expected(family, halves[0].iter().chain(of_second)), "{case:?}");
    assert_eq!(unions.n_estimates, 1, "{case:?}");

    let cells_of = |group: usize| {
        groups.iter().zip(&halves).flat_map(move |(groups, cells)| {
            let BatchGroups::Rows { rows, ids } = groups else { panic!("rows") };
            let own = rows.iter().zip(ids).filter(move |(_, id)| **id as usize == group);
            own.map(|(row, _)| &cells[*row as usize])
        })
    };
    let all: Vec<u32> = (0..u32::try_from(n_groups).unwrap()).collect();
    let n_read: usize =
        (0..n_groups).map(|group| cells_of(group).filter(|cell| !cell.is_empty()).count()).sum();
    let members = members_of(&groups, n_groups);
    let (mut one_by_one, unions) = kernel.one_by_one(&batches, &members, &all).unwrap();
    assert_eq!((unions.n_unions, unions.n_estimates), (n_read as u64, n_groups as u64), "{case:?}");
    one_by_one.sort_unstable_by_key(|(group, _)| *group);
    let few = kernel.few_groups(&batches, &groups, n_groups).unwrap();
    for (group, estimate) in one_by_one {
        let expected = expected(family, cells_of(group as usize));
        assert_eq!(estimate, expected, "{case:?}, group {group}");
        if let Some((estimates, unions)) = &few {
            assert_eq!(unions.n_unions, n_read as u64, "{case:?}");
            let told = estimates[group as usize];
            assert!(told.is_none_or(|told| told == expected), "{case:?}, group {group}");
            assert_eq!(told.is_some(), matches!(people, People::Skewed), "{case:?}");
        }
    }
    cancel.cancel();
    assert!(kernel.one_by_one(&batches, &members, &all).is_err(), "{case:?}");
    let whole = kernel.whole(&batches.iter().collect::<Vec<_>>());
    assert!(whole.is_err() || n_rows < 1_000, "{case:?}");
}

fn members_of(groups: &[BatchGroups], n_groups: usize) -> Members {
    Members::of_batches(
        groups,
        n_groups,
        &(0..u32::try_from(n_groups).unwrap()).collect::<Vec<_>>(),
    )
}

#[test]
fn estimates_are_those_of_unions_whichever_way_is_taken() {
    for &family in Family::ALL {
        for people in [People::Few, People::Skewed] {
            let mut numbers = Numbers(7);
            let cells: Vec<Sketch> =
                (0..11_000).map(|_| cell(&mut numbers, family, people)).collect();
            // Enough rows for two threads, and for registers in storage order if there are few groups.
            for (n_rows, n_groups, n_threads) in [
                (300, 7, 1),
                (1_500, 2, 3),
                (11_000, 1, 3),
                (11_000, 11, 3),
                (11_000, 3_000, 1),
                (11_000, 3_000, 3),
            ] {
                check((family, people), &cells[..n_rows], n_groups, n_threads);
            }
        }
    }
}
