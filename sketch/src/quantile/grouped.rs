//! One sketch per group, for roll-ups with many groups, most of them small.

use crate::error::SketchError;
use crate::quantile::codec;
use crate::quantile::counts::Counts;
use crate::quantile::scale::Scale;

/// Behaves like a vector of [`QuantileSketch`](crate::QuantileSketch), indexed by dense group ids.
///
/// Always true: a group's bytes are those of a single sketch given the same values.
///
/// An empty group takes 32 bytes, any other one 16 more per bucket, plus the list's spare capacity.
///
/// ```
/// use clio_sketch::{Buckets, GroupedQuantiles, QuantileSketch, Scale};
///
/// let scale = Scale::new(Buckets::try_new(0.02, &[])?);
/// let mut watched = GroupedQuantiles::new(&scale);
/// watched.resize(2);
/// watched.insert(1, 30.0)?;
/// let mut bytes = Vec::new();
/// watched.encode(1, &mut bytes);
/// assert_eq!(QuantileSketch::decode(&scale, &bytes)?.n_values(), 1);
/// # Ok::<(), clio_sketch::SketchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct GroupedQuantiles {
    scale: Scale,
    groups: Vec<Counts>,
    /// The heap bytes of all groups, kept up to date since engines ask after every batch.
    counts_bytes: usize,
}

impl GroupedQuantiles {
    /// Makes a state without groups.
    #[must_use]
    pub fn new(scale: &Scale) -> Self {
        Self { scale: scale.clone(), groups: Vec::new(), counts_bytes: 0 }
    }

    /// Returns the scale.
    #[must_use]
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// Returns the number of groups.
    #[must_use]
    pub fn n_groups(&self) -> usize {
        self.groups.len()
    }

    /// Adds empty groups until there are `n_groups`; never removes any.
    pub fn resize(&mut self, n_groups: usize) {
        if n_groups > self.groups.len() {
            self.groups.resize_with(n_groups, Counts::default);
        }
    }

    /// Adds a value to a group.
    ///
    /// # Errors
    ///
    /// Those of [`QuantileSketch::insert`](crate::QuantileSketch::insert); nothing has changed then.
    ///
    /// # Panics
    ///
    /// When there is no such group.
    #[inline]
    pub fn insert(&mut self, group: usize, value: f64) -> Result<(), SketchError> {
        let key = self.scale.key(value)?;
        self.update(group, |counts| counts.add(key))
    }

    /// Adds an encoded sketch to a group.
    ///
    /// # Errors
    ///
    /// Those of [`QuantileSketch::union_bytes`](crate::QuantileSketch::union_bytes); on error, nothing has changed.
    ///
    /// # Panics
    ///
    /// When there is no such group.
    pub fn union_bytes(&mut self, group: usize, bytes: &[u8]) -> Result<(), SketchError> {
        let other = codec::decode(&self.scale, bytes)?;
        self.update(group, |counts| counts.merge(&other))
    }

    /// Appends the bytes of a group's sketch.
    ///
    /// # Panics
    ///
    /// When there is no such group.
    pub fn encode(&self, group: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(self.scale.header());
        codec::encode_counts(self.groups[group].as_slice().iter().copied(), out);
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
        for counts in self.groups.drain(..n_groups) {
            self.counts_bytes -= counts.heap_bytes();
        }
        if self.groups.is_empty() {
            self.groups = Vec::new();
        }
    }

    /// Returns the bytes of memory held, used or not, without walking the groups.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.groups.capacity() * size_of::<Counts>() + self.counts_bytes
    }

    #[inline]
    fn update<T>(&mut self, group: usize, update: impl FnOnce(&mut Counts) -> T) -> T {
        let counts = &mut self.groups[group];
        let bytes_before = counts.heap_bytes();
        let updated = update(counts);
        self.counts_bytes = self.counts_bytes - bytes_before + counts.heap_bytes();
        updated
    }
}
