//! One state per group, for roll-ups with millions of groups, most of them tiny.

mod slab;

use self::slab::Slab;
use crate::error::SketchError;
use crate::family::{Family, Precision};
use crate::hll::accumulator::Accumulator;
use crate::hll::codec::{self, Form, Parts, SketchRef};
use crate::hll::estimate::{self, Estimate};
use crate::hll::kind::Kind;

/// The most coupons that a group keeps in a slab: 256 bytes. Up to this size an insertion into a sorted block moves at
/// most four cache lines; beyond it the 120 bytes and the allocation of a state of its own weigh little.
const MAX_BLOCK_COUPONS: usize = 64;

/// One slab each for blocks of 2, 4, 8, 16, 32 and 64 coupons.
const N_SLABS: usize = 6;

/// Behaves like a vector of [`Sketch`](crate::Sketch), indexed by dense group ids, at a fraction of its cost.
///
/// Always true: a group's bytes and estimate are those of a single `Sketch` given the same hashes.
///
/// A group without coupons or with one takes 8 bytes. Up to 64 coupons are kept sorted in a block of 2 to 64 words of a
/// shared slab, so such groups own no allocation. A larger group has a state like that of a `Sketch`.
///
/// ```
/// use clio_sketch::{Family, GroupedSketches, Precision};
///
/// let mut viewers = GroupedSketches::new(Family::HllPlusPlus, Precision::try_new(14)?);
/// viewers.resize(2);
/// viewers.insert_batch(&[0, 1, 1], &[Family::HllPlusPlus.hash_str("ada"), Family::HllPlusPlus.hash_str("ada"), Family::HllPlusPlus.hash_str("grace")]);
/// assert_eq!(viewers.estimate(1).value, 2.0);
/// # Ok::<(), clio_sketch::SketchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct GroupedSketches {
    kind: Kind,
    groups: Vec<Group>,
    slabs: [Slab; N_SLABS],
    large: Vec<Accumulator>,
    /// Free indexes into `large`.
    free_large: Vec<u32>,
    /// The heap bytes of all of `large`, kept up to date since engines ask after every batch.
    large_bytes: usize,
    /// Scratch space for decoding.
    scratch: Vec<u32>,
}

/// Where a group's coupons are stored.
#[derive(Clone, Copy, Debug)]
struct Group {
    /// The only coupon, a block of a slab, or an index into `large`, depending on `place`.
    value: u32,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Empty,
    /// `value` is the coupon.
    Inline,
    /// `value` is a block of this slab, of which this many words are used.
    Block {
        slab: u8,
        n_coupons: u8,
    },
    /// `value` is an index into `large`.
    Large,
}

impl Group {
    const EMPTY: Self = Self { value: 0, place: Place::Empty };
}

impl GroupedSketches {
    /// Makes a state without groups.
    ///
    /// # Panics
    ///
    /// When the family does not support the precision; [`Family::precision`] checks that.
    #[must_use]
    pub fn new(family: Family, precision: Precision) -> Self {
        Self {
            kind: Kind::new(family, precision),
            groups: Vec::new(),
            slabs: std::array::from_fn(|slab| Slab::new(2 << slab)),
            large: Vec::new(),
            free_large: Vec::new(),
            large_bytes: 0,
            scratch: Vec::new(),
        }
    }

    /// Returns the family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.kind.family
    }

    /// Returns the precision.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.kind.precision
    }

    /// Returns the number of groups.
    #[must_use]
    pub fn n_groups(&self) -> usize {
        self.groups.len()
    }

    /// Adds empty groups until there are `n_groups`; never removes any.
    pub fn resize(&mut self, n_groups: usize) {
        if n_groups > self.groups.len() {
            self.groups.resize(n_groups, Group::EMPTY);
        }
    }

    /// Inserts a hash into a group.
    ///
    /// # Panics
    ///
    /// When there is no such group.
    #[inline]
    pub fn insert(&mut self, group: usize, hash: u64) {
        if self.groups[group].place == Place::Large {
            let state = &mut self.large[self.groups[group].value as usize];
            if state.is_dense() {
                // Skips the accounting of memory, which registers do not change.
                state.insert_hash(hash);
            } else {
                self.update_large(group, |state| state.insert_hash(hash));
            }
        } else {
            self.insert_coupon(group, self.kind.coupon(hash));
        }
    }

    /// Inserts each hash into the group at the same index of `groups`.
    ///
    /// # Panics
    ///
    /// When there is no such group, or when the slices differ in length.
    pub fn insert_batch(&mut self, groups: &[usize], hashes: &[u64]) {
        assert_eq!(groups.len(), hashes.len(), "one group per hash");
        for (&group, &hash) in groups.iter().zip(hashes) {
            self.insert(group, hash);
        }
    }

    /// Adds an encoded sketch to a group.
    ///
    /// # Errors
    ///
    /// [`SketchError::Decode`] when the bytes are not a sketch, [`SketchError::Mismatch`] when the precision differs;
    /// on error, nothing has changed.
    ///
    /// # Panics
    ///
    /// When there is no such group.
    pub fn union_bytes(&mut self, group: usize, bytes: &[u8]) -> Result<(), SketchError> {
        let view = SketchRef::parse(self.kind.family, bytes)?;
        self.kind.expect(view.kind())?;
        let is_small = view.form() != Form::Registers && view.n_coupons() <= MAX_BLOCK_COUPONS;
        if is_small && self.groups[group].place != Place::Large {
            let mut coupons = std::mem::take(&mut self.scratch);
            coupons.clear();
            let decoded = view.decode_coupons_into(&mut coupons);
            if decoded.is_ok() {
                for &coupon in &coupons {
                    self.insert_coupon(group, coupon);
                }
            }
            self.scratch = coupons;
            return decoded;
        }
        // The coupons have to be decoded before the group becomes large, in case they are invalid.
        self.scratch.clear();
        view.decode_coupons_into(&mut self.scratch)?;
        let coupons = std::mem::take(&mut self.scratch);
        self.make_large(group);
        self.update_large(group, |state| match view.registers() {
            Some(registers) => state.union_registers(&registers),
            None => state.union_coupons(&coupons),
        });
        self.scratch = coupons;
        Ok(())
    }

    /// Estimates the number of distinct hashes of a group, with 95 % bounds.
    ///
    /// # Panics
    ///
    /// When there is no such group.
    #[must_use]
    pub fn estimate(&self, group: usize) -> Estimate {
        self.with_parts(group, estimate::of_parts)
    }

    /// Appends the bytes of a group's sketch.
    ///
    /// # Panics
    ///
    /// When there is no such group.
    pub fn encode(&self, group: usize, out: &mut Vec<u8>) {
        self.with_parts(group, |kind, parts| codec::encode(kind, parts, out));
    }

    /// Passes the bytes of the first `n_groups` groups to `emit`, in order, and removes the groups; the ones behind
    /// them move up, so that group `n_groups` becomes group 0.
    ///
    /// # Panics
    ///
    /// When there are fewer groups.
    pub fn encode_first(&mut self, n_groups: usize, mut emit: impl FnMut(&[u8])) {
        let mut bytes = Vec::new();
        for group in 0..n_groups {
            bytes.clear();
            self.encode(group, &mut bytes);
            emit(&bytes);
        }
        self.remove_first(n_groups);
    }

    /// Removes the first `n_groups` groups; those behind them move up.
    ///
    /// # Panics
    ///
    /// When there are fewer groups.
    pub fn remove_first(&mut self, n_groups: usize) {
        if n_groups == self.groups.len() {
            // No group is left, so all memory can be freed at once.
            *self = Self::new(self.kind.family, self.kind.precision);
            return;
        }
        for group in 0..n_groups {
            self.release(group);
        }
        self.groups.drain(..n_groups);
    }

    /// Returns the bytes of memory held, used or not, without walking the groups.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>()
            + self.groups.capacity() * size_of::<Group>()
            + self.slabs.iter().map(Slab::heap_bytes).sum::<usize>()
            + self.large.capacity() * size_of::<Accumulator>()
            + self.large_bytes
            + (self.free_large.capacity() + self.scratch.capacity()) * size_of::<u32>()
    }

    fn with_parts<R>(&self, group: usize, read: impl FnOnce(Kind, Parts<'_>) -> R) -> R {
        let Group { value, place } = self.groups[group];
        match place {
            Place::Empty => read(self.kind, Parts::Coupons(&[])),
            Place::Inline => read(self.kind, Parts::Coupons(&[value])),
            Place::Block { slab, n_coupons } => {
                let block = self.slabs[usize::from(slab)].block(value);
                read(self.kind, Parts::Coupons(&block[..usize::from(n_coupons)]))
            }
            Place::Large => read(self.kind, self.large[value as usize].canonical().parts()),
        }
    }

    /// Inserts a coupon into a group that is not large.
    #[inline]
    fn insert_coupon(&mut self, group: usize, coupon: u32) {
        let Group { value, place } = self.groups[group];
        match place {
            Place::Empty => self.groups[group] = Group { value: coupon, place: Place::Inline },
            Place::Inline if self.key(value) == self.key(coupon) => {
                self.groups[group].value = value.max(coupon);
            }
            Place::Inline => {
                let block = self.slabs[0].allocate();
                let pair = [value.min(coupon), value.max(coupon)];
                self.slabs[0].block_mut(block).copy_from_slice(&pair);
                self.groups[group] =
                    Group { value: block, place: Place::Block { slab: 0, n_coupons: 2 } };
            }
            Place::Block { slab, n_coupons } => {
                self.insert_into_block(group, value, slab, n_coupons, coupon);
            }
            // A union may make its group large halfway through its coupons.
            Place::Large => self.update_large(group, |state| state.union_coupons(&[coupon])),
        }
    }

    #[inline]
    fn insert_into_block(
        &mut self,
        group: usize,
        block: u32,
        slab: u8,
        n_coupons: u8,
        coupon: u32,
    ) {
        let n = usize::from(n_coupons);
        let max_block_coupons = self.max_block_coupons();
        let key_shift = self.kind.key_shift();
        let key = |coupon: u32| coupon >> key_shift;
        let words = self.slabs[usize::from(slab)].block_mut(block);
        let at = words[..n].partition_point(|&other| key(other) < key(coupon));
        if at < n && key(words[at]) == key(coupon) {
            words[at] = words[at].max(coupon);
            return;
        }
        if n == max_block_coupons {
            self.make_large(group);
            self.update_large(group, |state| state.union_coupons(&[coupon]));
            return;
        }
        if n < words.len() {
            words.copy_within(at..n, at + 1);
            words[at] = coupon;
            self.groups[group].place = Place::Block { slab, n_coupons: n_coupons + 1 };
            return;
        }
        // The block is full: one of twice the size replaces it.
        let (from, to) = self.slabs.split_at_mut(usize::from(slab) + 1);
        let (from, to) = (&mut from[usize::from(slab)], &mut to[0]);
        let larger = to.allocate();
        let words = to.block_mut(larger);
        let old = from.block(block);
        words[..at].copy_from_slice(&old[..at]);
        words[at] = coupon;
        words[at + 1..=n].copy_from_slice(&old[at..]);
        from.release(block);
        let place = Place::Block { slab: slab + 1, n_coupons: n_coupons + 1 };
        self.groups[group] = Group { value: larger, place };
    }

    /// Returns the part of a coupon that identifies it.
    #[inline]
    fn key(&self, coupon: u32) -> u32 {
        coupon >> self.kind.key_shift()
    }

    /// Returns how many coupons a group may have before it becomes large: never more than the coupon form allows, so
    /// that blocks need no promotion to registers.
    #[inline]
    fn max_block_coupons(&self) -> usize {
        MAX_BLOCK_COUPONS.min(self.kind.max_coupons())
    }

    /// Moves a group's coupons into a state of its own, unless it has one.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "2^32 large groups would not fit in memory"
    )]
    fn make_large(&mut self, group: usize) {
        if self.groups[group].place == Place::Large {
            return;
        }
        let mut state = Accumulator::new(self.kind, false);
        self.with_parts(group, |_, parts| {
            if let Parts::Coupons(coupons) = parts {
                state.union_coupons(coupons);
            }
        });
        self.release(group);
        self.large_bytes += state.heap_bytes();
        let index = if let Some(index) = self.free_large.pop() {
            self.large[index as usize] = state;
            index
        } else {
            self.large.push(state);
            (self.large.len() - 1) as u32
        };
        self.groups[group] = Group { value: index, place: Place::Large };
    }

    #[inline]
    fn update_large(&mut self, group: usize, update: impl FnOnce(&mut Accumulator)) {
        let state = &mut self.large[self.groups[group].value as usize];
        let bytes_before = state.heap_bytes();
        update(state);
        self.large_bytes = self.large_bytes - bytes_before + state.heap_bytes();
    }

    /// Empties a group and frees its block or state for other groups.
    fn release(&mut self, group: usize) {
        let Group { value, place } = std::mem::replace(&mut self.groups[group], Group::EMPTY);
        match place {
            Place::Empty | Place::Inline => {}
            Place::Block { slab, .. } => self.slabs[usize::from(slab)].release(value),
            Place::Large => {
                let freed = Accumulator::new(self.kind, false);
                let state = std::mem::replace(&mut self.large[value as usize], freed);
                self.large_bytes -= state.heap_bytes();
                self.free_large.push(value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
