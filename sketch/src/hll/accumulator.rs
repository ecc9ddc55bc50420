//! The state behind [`Sketch`](crate::Sketch) and [`Union`](crate::Union): coupons, then registers.
//!
//! ```text
//! hashes ──► coupons: sorted list + tail ──(more than `Kind::max_coupons`)──► registers: 2^p bytes
//! ```
//!
//! Why the state is a function of the set of hashes alone, whatever the order, the grouping of unions, and
//! repetitions:
//!
//! - Coupons keep, for each slot, the largest rank (`datasketches`: every rank); registers keep, for each
//!   index, the largest rank. Maximum is commutative, associative and idempotent, so both are functions of
//!   the set.
//! - A coupon leads to the same register and rank as the hash it came from, and the largest coupon of a
//!   slot leads to the largest rank of the slot's hashes. So registers are the same whether a hash went
//!   through a coupon or not.
//! - The form is `registers` exactly when the set has more distinct coupons than the kind keeps. Their number
//!   never falls when a set grows. So a whole with a promoted part has to be promoted itself; and it always
//!   is, since a union of parts that are all coupons still counts exactly. (Other libraries may have been
//!   configured to promote earlier; a sketch of theirs turns every union with it into registers.)
//!
//! The tail may hide that a promotion is due. So everything that reads the state goes through
//! [`Accumulator::canonical`], which sorts a copy when there is a tail.

use std::borrow::Cow;

use crate::error::SketchError;
use crate::hll::codec::{Parts, SketchRef};
use crate::hll::coupon::CouponSet;
use crate::hll::kind::Kind;
use crate::hll::registers;

/// A state that grows by hashes, coupons, registers and encoded sketches.
#[derive(Clone, Debug)]
pub(crate) struct Accumulator {
    kind: Kind,
    is_dense: bool,
    /// Whether memory that the current form does not need is kept for reuse.
    keeps_memory: bool,
    coupons: CouponSet,
    /// 2^p ranks once dense. Before that its contents are meaningless.
    registers: Vec<u8>,
    /// Scratch space for sorting and decoding.
    scratch: Vec<u32>,
}

/// The state with no work pending.
#[derive(Debug)]
pub(crate) enum Canonical<'a> {
    Coupons(Cow<'a, [u32]>),
    Registers(Cow<'a, [u8]>),
}

impl Canonical<'_> {
    pub(crate) fn parts(&self) -> Parts<'_> {
        match self {
            Self::Coupons(coupons) => Parts::Coupons(coupons),
            Self::Registers(registers) => Parts::Registers(registers),
        }
    }
}

impl Accumulator {
    pub(crate) fn new(kind: Kind, keeps_memory: bool) -> Self {
        Self {
            kind,
            is_dense: false,
            keeps_memory,
            coupons: CouponSet::new(kind, keeps_memory),
            registers: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    #[inline]
    pub(crate) fn is_dense(&self) -> bool {
        self.is_dense
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.is_dense && self.coupons.is_empty()
    }

    /// Returns the bytes allocated, used or not, in addition to the state itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.coupons.size_bytes()
            + self.registers.capacity()
            + self.scratch.capacity() * size_of::<u32>()
    }

    #[inline]
    pub(crate) fn insert_hash(&mut self, hash: u64) {
        if self.is_dense {
            registers::insert_hashes(self.kind, &mut self.registers, &[hash]);
        } else {
            self.coupons.push(self.kind.coupon(hash));
            self.sort_if_full();
        }
    }

    pub(crate) fn insert_hashes(&mut self, hashes: &[u64]) {
        let mut rest = hashes;
        while !self.is_dense {
            if rest.is_empty() {
                return;
            }
            let (now, later) = rest.split_at(self.coupons.room_for(rest.len()));
            let kind = self.kind;
            self.coupons.extend(now.iter().map(|&hash| kind.coupon(hash)));
            self.sort_if_full();
            rest = later;
        }
        registers::insert_hashes(self.kind, &mut self.registers, rest);
    }

    /// Adds coupons that are sorted by slot.
    pub(crate) fn union_coupons(&mut self, coupons: &[u32]) {
        if self.is_dense {
            registers::insert_coupons(self.kind, &mut self.registers, coupons);
            return;
        }
        let appended: Result<(), std::convert::Infallible> = self.coupons.append_sorted(|list| {
            list.extend_from_slice(coupons);
            Ok(())
        });
        match appended {
            Ok(()) => self.sort_if_full(),
            Err(never) => match never {},
        }
    }

    /// Adds registers, of which there must be 2^p.
    pub(crate) fn union_registers(&mut self, other: &[u8]) {
        debug_assert_eq!(other.len(), self.kind.precision.n_registers(), "register count");
        if self.is_empty() {
            // The first registers are copied, which saves clearing ours and taking maxima.
            self.registers.clear();
            self.registers.extend_from_slice(other);
            self.is_dense = true;
            return;
        }
        if !self.is_dense {
            self.promote();
        }
        registers::union(&mut self.registers, other);
    }

    /// Adds an encoded sketch of the same kind; on error, nothing has changed.
    pub(crate) fn union_ref(&mut self, view: &SketchRef<'_>) -> Result<(), SketchError> {
        self.kind.expect(view.kind())?;
        if let Some(registers) = view.registers() {
            self.union_registers(&registers);
        } else if self.is_dense {
            self.scratch.clear();
            view.decode_coupons_into(&mut self.scratch)?;
            registers::insert_coupons(self.kind, &mut self.registers, &self.scratch);
        } else {
            self.coupons.append_sorted(|list| view.decode_coupons_into(list))?;
            self.sort_if_full();
        }
        Ok(())
    }

    /// Adds another state of the same kind.
    pub(crate) fn union(&mut self, other: &Self) -> Result<(), SketchError> {
        self.kind.expect(other.kind)?;
        match other.canonical().parts() {
            Parts::Coupons(coupons) => self.union_coupons(coupons),
            Parts::Registers(registers) => self.union_registers(registers),
        }
        Ok(())
    }

    /// Returns the canonical state, from a sorted copy if there is a tail.
    pub(crate) fn canonical(&self) -> Canonical<'_> {
        if self.is_dense {
            return Canonical::Registers(Cow::Borrowed(&self.registers));
        }
        if self.coupons.is_sorted() && self.coupons.as_slice().len() <= self.kind.max_coupons() {
            return Canonical::Coupons(Cow::Borrowed(self.coupons.as_slice()));
        }
        let mut sorted = self.clone();
        sorted.sort();
        if sorted.is_dense {
            Canonical::Registers(Cow::Owned(sorted.registers))
        } else {
            Canonical::Coupons(Cow::Owned(sorted.coupons.as_slice().to_vec()))
        }
    }

    /// Does pending work, so that the next [`canonical`](Self::canonical) copies nothing.
    pub(crate) fn sort(&mut self) {
        if self.is_dense || self.promote_if_obvious() {
            return;
        }
        self.coupons.sort(&mut self.scratch);
        if !self.keeps_memory {
            self.scratch = Vec::new();
        }
        if self.coupons.as_slice().len() > self.kind.max_coupons() {
            self.promote();
        }
    }

    /// Does pending work and gives back spare memory.
    pub(crate) fn shrink(&mut self) {
        self.sort();
        self.scratch = Vec::new();
        if self.is_dense {
            self.coupons = CouponSet::new(self.kind, self.keeps_memory);
        } else {
            self.registers = Vec::new();
            self.coupons.shrink();
        }
    }

    /// Removes all content and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.is_dense = false;
        self.coupons.clear();
    }

    #[inline]
    fn sort_if_full(&mut self) {
        if self.coupons.is_full() {
            self.sort();
            if !self.is_dense {
                self.coupons.reserve_tail();
            }
        }
    }

    /// Turns coupons into registers if the registers prove that there are too many coupons: each nonzero
    /// register had a coupon of its own. This saves sorting most lists that are too long.
    fn promote_if_obvious(&mut self) -> bool {
        let max_coupons = self.kind.max_coupons();
        if self.coupons.is_sorted() || self.coupons.as_slice().len() <= max_coupons {
            return false;
        }
        self.raise_registers();
        let n_raised = self.registers.iter().filter(|&&rank| rank != 0).count();
        if n_raised > max_coupons {
            self.forget_coupons();
        }
        self.is_dense
    }

    /// Turns coupons into registers, sorted or not: the tail counts as well.
    fn promote(&mut self) {
        self.raise_registers();
        self.forget_coupons();
    }

    fn raise_registers(&mut self) {
        self.registers.clear();
        self.registers.resize(self.kind.precision.n_registers(), 0);
        registers::insert_coupons(self.kind, &mut self.registers, self.coupons.as_slice());
    }

    /// Makes the registers the state.
    fn forget_coupons(&mut self) {
        self.is_dense = true;
        if self.keeps_memory {
            self.coupons.clear();
        } else {
            self.coupons = CouponSet::new(self.kind, self.keeps_memory);
        }
    }
}
