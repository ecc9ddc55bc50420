//! A stream of bits, the lowest bit of the first byte first.

/// The number of bits that one look is sure to return: a word minus up to seven bits of its first byte.
const N_WINDOW_BITS: u32 = 57;

/// Writes bits at the end of a byte vector.
pub(super) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    pending: u64,
    n_pending: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, pending: 0, n_pending: 0 }
    }

    /// Writes the `n_bits` (at most 32) low bits of `value`, whose other bits must be zero.
    #[inline]
    pub(super) fn write(&mut self, value: u32, n_bits: u32) {
        debug_assert!(n_bits <= 32 && u64::from(value) < 1 << n_bits, "{value} in {n_bits} bits");
        self.pending |= u64::from(value) << self.n_pending;
        self.n_pending += n_bits;
        if self.n_pending >= 32 {
            let low = self.pending & u64::from(u32::MAX);
            self.out.extend_from_slice(&low.to_le_bytes()[..4]);
            self.pending >>= 32;
            self.n_pending -= 32;
        }
    }

    /// Writes `value` zeros and a one.
    #[inline]
    pub(super) fn write_unary(&mut self, mut value: u32) {
        while value >= 31 {
            self.write(0, 31);
            value -= 31;
        }
        self.write(1 << value, value + 1);
    }

    /// Fills the last byte with zeros.
    pub(super) fn finish(self) {
        let n_bytes = self.n_pending.div_ceil(8) as usize;
        self.out.extend_from_slice(&self.pending.to_le_bytes()[..n_bytes]);
    }
}

/// Reads bits; past the end it reads zeros, and [`is_past_end`](Self::is_past_end) says so.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Returns the byte that the next bit is in.
    pub(super) fn byte_offset(&self) -> usize {
        self.position / 8
    }

    #[inline]
    pub(super) fn is_past_end(&self) -> bool {
        self.position > self.bytes.len() * 8
    }

    /// Returns the unread rest of the byte that the last bit was in, and the number of bytes after it.
    pub(super) fn remainder(&self) -> (u8, usize) {
        let n_used = self.position.div_ceil(8);
        let n_left = self.bytes.len().saturating_sub(n_used);
        if self.position.is_multiple_of(8) {
            return (0, n_left);
        }
        let last = self.bytes.get(n_used - 1).copied().unwrap_or(0);
        (last >> (self.position % 8), n_left)
    }

    /// Reads `n_bits`, at most 32.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "masked to 32 bits")]
    pub(super) fn read(&mut self, n_bits: u32) -> u32 {
        debug_assert!(n_bits <= 32, "{n_bits} bits at once");
        let value = self.window() & ((1 << n_bits) - 1);
        self.position += n_bits as usize;
        value as u32
    }

    /// Reads zeros up to a one and returns their number, or `None` when there are more than `max`.
    #[inline]
    pub(super) fn read_unary(&mut self, max: u32) -> Option<u32> {
        let mut n_zeros = 0;
        loop {
            let run = self.window().trailing_zeros();
            if run < N_WINDOW_BITS {
                n_zeros += run;
                self.position += run as usize + 1;
                return (n_zeros <= max).then_some(n_zeros);
            }
            n_zeros += N_WINDOW_BITS;
            self.position += N_WINDOW_BITS as usize;
            if n_zeros > max {
                return None;
            }
        }
    }

    /// Reads a Golomb-Rice code with this parameter, at most 25, or returns `None` when its quotient is more
    /// than `max_quotient`.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "masked to the parameter's bits")]
    pub(super) fn read_rice(&mut self, parameter: u32, max_quotient: u32) -> Option<u32> {
        let window = self.window();
        let quotient = window.trailing_zeros();
        let n_bits = quotient + 1 + parameter;
        if n_bits <= N_WINDOW_BITS && quotient <= max_quotient {
            // One look holds nearly every code: the mean quotient is 0.6.
            self.position += n_bits as usize;
            let low = (window >> (quotient + 1)) & ((1 << parameter) - 1);
            return Some((quotient << parameter) | low as u32);
        }
        let quotient = self.read_unary(max_quotient)?;
        Some((quotient << parameter) | self.read(parameter))
    }

    /// Returns the next bits, at least [`N_WINDOW_BITS`] of them.
    #[inline]
    fn window(&self) -> u64 {
        let from = self.position / 8;
        let word = match self.bytes.get(from..).and_then(<[u8]>::first_chunk::<8>) {
            Some(&word) => word,
            None => self.last_word(from),
        };
        u64::from_le_bytes(word) >> (self.position % 8)
    }

    #[cold]
    fn last_word(&self, from: usize) -> [u8; 8] {
        let mut word = [0; 8];
        for (to, &byte) in word.iter_mut().zip(self.bytes.get(from..).unwrap_or_default()) {
            *to = byte;
        }
        word
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(fields in prop::collection::vec((any::<u32>(), 0_u32..=32, 0_u32..200), 0..60)) {
            let mut bytes = vec![7];
            let mut writer = BitWriter::new(&mut bytes);
            let low = |value: u32, n_bits: u32| value & u32::MAX.checked_shr(32 - n_bits).unwrap_or(0);
            for &(value, n_bits, unary) in &fields {
                writer.write(low(value, n_bits), n_bits);
                writer.write_unary(unary);
            }
            writer.finish();

            let mut reader = BitReader::new(&bytes[1..]);
            for &(value, n_bits, unary) in &fields {
                prop_assert_eq!(reader.read(n_bits), low(value, n_bits));
                prop_assert_eq!(reader.read_unary(200), Some(unary));
            }
            prop_assert!(!reader.is_past_end());
            prop_assert_eq!(reader.remainder(), (0, 0));
        }
    }

    #[test]
    fn the_end_is_noticed() {
        let mut reader = BitReader::new(&[0, 0]);
        assert_eq!(reader.read_unary(16), None);
        let mut reader = BitReader::new(&[0b1010_0000]);
        assert_eq!(reader.read_unary(100), Some(5));
        assert_eq!(reader.remainder(), (0b10, 0));
        assert_eq!(reader.read(3), 0b10);
        assert!(reader.is_past_end());
    }
}
