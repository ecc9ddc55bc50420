//! Sums over what a snapshot holds in memory, which stay the same unless a bit flips or something overwrites it.
//!
//! They cover what queries read: codes, bitmaps and measures of chunks and of their marginals, and the texts, sets, lookups
//! and fields that the codes stand for. They do not cover the maps from texts to codes, which have no order: a bit
//! that flips there makes a name unknown, and changes no number.

use std::hash::Hasher;
use std::io;

use roaring::RoaringBitmap;
use xxhash_rust::xxh3::Xxh3;

use super::Snapshot;
use super::chunk::Chunk;

impl Chunk {
    /// The sum over the cells of a file, in one pass.
    pub(crate) fn sum(&self) -> u64 {
        let mut sum = Xxh3::new();
        self.add_to(&mut sum);
        sum.finish()
    }

    fn add_to(&self, sum: &mut impl Hasher) {
        self.keys.iter().for_each(|column| column.add_to(sum));
        self.measures.iter().for_each(|measure| measure.add_to(sum));
        self.marginals.iter().for_each(|marginal| marginal.chunk.add_to(sum));
    }
}

impl Snapshot {
    /// The sum over what the codes of its chunks stand for, in one pass.
    pub(crate) fn sum_beside_chunks(&self) -> u64 {
        let mut sum = Xxh3::new();
        self.vocabularies.iter().for_each(|vocabulary| vocabulary.add_to(&mut sum));
        self.lookups.values().for_each(|(_, lookup)| lookup.add_to(&mut sum));
        self.fields.iter().for_each(|field| field.add_to(&mut sum));
        self.labels.iter().flatten().for_each(|labels| labels.add_to(&mut sum));
        sum.finish()
    }
}

/// Adds a bitmap in its serialized form.
pub(super) fn add_bitmap(rows: &RoaringBitmap, sum: &mut impl Hasher) {
    rows.serialize_into(Sink(sum)).expect("a sum accepts any bytes");
}

struct Sink<'a, H>(&'a mut H);

impl<H: Hasher> io::Write for Sink<'_, H> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
