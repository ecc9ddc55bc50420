//! Encoding and decoding, version 1.
//!
//! ```text
//! what               as
//! 0x51               one byte: a sketch of quantiles, version 1
//! the error          varint, in millionths
//! number of edges    varint
//! the edges          8 bytes each, a double, the lowest byte first, upwards
//! number of buckets  varint: those that have values
//! for each, upwards  its key, varint: of the first one zigzag (0, -1, 1, -2 …), of the others how many keys lie between
//!                    it and the one before
//!                    its count, varint, at least 1
//! ```
//!
//! A varint is a number in groups of seven bits, the lowest first, with the highest bit set in all bytes but the last;
//! it is as short as possible. So equal multisets have equal bytes, and any other bytes are rejected: keys that the
//! scale does not have, counts that sum to more than 2⁵³, anything behind the last bucket. Decoding takes at most eight
//! times the memory of the bytes: a bucket has at least two.

use crate::buckets::Buckets;
use crate::error::{DecodeError, SketchError};
use crate::quantile::counts::{self, Counts};
use crate::quantile::scale::Scale;

/// The first byte of version 1.
pub(crate) const VERSION: u8 = 0x51;

pub(crate) fn encode_header(buckets: Buckets, out: &mut Vec<u8>) {
    out.push(VERSION);
    push_varint(u64::from(buckets.error_ppm()), out);
    push_varint(buckets.edges().len() as u64, out);
    buckets.edges().for_each(|edge| out.extend_from_slice(&edge.to_le_bytes()));
}

/// Reads which buckets a sketch has, and where the counts begin.
pub(crate) fn decode_header(bytes: &[u8]) -> Result<(Buckets, usize), DecodeError> {
    let mut reader = Reader { bytes, at: 0 };
    let version = reader.byte("the version of a quantile sketch")?;
    if version != VERSION {
        let expected = format!("{VERSION:#04x}, version 1 of a quantile sketch");
        return Err(DecodeError::new(0, expected, format_args!("{version:#04x}")));
    }
    let error_at = reader.at;
    let error_ppm = reader.varint("an error in millionths")?;
    let edges_at = reader.at;
    let n_edges = reader.varint("a number of edges")?;
    let most = Buckets::MAX_EDGES;
    let n_edges = usize::try_from(n_edges)
        .ok()
        .filter(|n_edges| *n_edges <= most)
        .ok_or_else(|| DecodeError::new(edges_at, format!("at most {most} edges"), n_edges))?;
    let first_edge_at = reader.at;
    let mut edges = [0.0; Buckets::MAX_EDGES];
    for edge in &mut edges[..n_edges] {
        *edge = reader.double("an edge")?;
    }
    let error = error_ppm as f64 / 1e6;
    let buckets = Buckets::try_new(error, &edges[..n_edges]).map_err(|refused| match refused {
        SketchError::Edge { found } => {
            // In exponential form where it is tiny: its digits alone would fill a page.
            let found = format_args!("{found:?}");
            DecodeError::new(first_edge_at, "rising edges within the range of values", found)
        }
        _ => DecodeError::new(error_at, "an error from 1000 to 200000 millionths", error_ppm),
    })?;
    Ok((buckets, reader.at))
}

/// Appends what stands behind the header.
pub(crate) fn encode_counts(counts: impl ExactSizeIterator<Item = (i32, u64)>, out: &mut Vec<u8>) {
    push_varint(counts.len() as u64, out);
    let mut before: Option<i32> = None;
    for (key, count) in counts {
        push_varint(
            match before {
                None => zigzag(key),
                Some(before) => u64::from(key.abs_diff(before)) - 1,
            },
            out,
        );
        push_varint(count, out);
        before = Some(key);
    }
}

/// Where the counts begin in a sketch of these buckets.
pub(crate) fn body_at(scale: &Scale, bytes: &[u8]) -> Result<usize, SketchError> {
    if bytes.starts_with(scale.header()) {
        return Ok(scale.header().len());
    }
    let (found, at) = decode_header(bytes)?;
    scale.expect(found)?;
    Ok(at)
}

/// Reads the counts that begin at an offset, and checks all of them. Each bucket is handed out with the number of buckets that
/// the bytes state, for which they have room; returns the number of values.
pub(crate) fn check_counts(
    scale: &Scale,
    bytes: &[u8],
    at: usize,
    mut take: impl FnMut(i32, u64, usize),
) -> Result<u64, DecodeError> {
    let mut reader = Reader { bytes, at };
    let n_buckets = reader.varint("a number of buckets")?;
    let most = (bytes.len() - reader.at) / 2;
    let n_buckets = usize::try_from(n_buckets).ok().filter(|n| *n <= most).ok_or_else(|| {
        let expected = format!("at most {most} buckets, of two bytes each");
        DecodeError::new(at, expected, n_buckets)
    })?;
    let max_key = scale.max_key();
    let (mut before, mut n_values): (Option<i32>, u64) = (None, 0);
    for _ in 0..n_buckets {
        let key_at = reader.at;
        let written = reader.varint("a bucket's key")?;
        let key = match before {
            None => unzigzag(written),
            Some(before) => written
                .checked_add(1)
                .and_then(|gap| i32::try_from(gap).ok())
                .and_then(|gap| before.checked_add(gap)),
        };
        let key = key.filter(|key| (-max_key..=max_key).contains(key)).ok_or_else(|| {
            DecodeError::new(key_at, format!("a key from -{max_key} to {max_key}"), written)
        })?;
        let count_at = reader.at;
        let count = reader.varint("a bucket's count")?;
        if count == 0 {
            return Err(DecodeError::new(count_at, "a count of at least 1", 0));
        }
        n_values = counts::sum(n_values, count).map_err(|_| {
            DecodeError::new(count_at, "at most 2^53 values in all", format_args!("{count} more"))
        })?;
        take(key, count, n_buckets);
        before = Some(key);
    }
    if reader.at < bytes.len() {
        let found = format!("{} bytes more", bytes.len() - reader.at);
        return Err(DecodeError::new(reader.at, "the end", found));
    }
    Ok(n_values)
}

/// Decodes a sketch of these buckets.
pub(crate) fn decode(scale: &Scale, bytes: &[u8]) -> Result<Counts, SketchError> {
    let at = body_at(scale, bytes)?;
    let mut list: Vec<(i32, u64)> = Vec::new();
    let n_values = check_counts(scale, bytes, at, |key, count, n_buckets| {
        // All at once, so that no more memory is allocated than needed.
        if list.is_empty() {
            list.reserve_exact(n_buckets);
        }
        list.push((key, count));
    })?;
    Ok(Counts::of(list, n_values))
}

/// The counts behind a header, which must have been checked before. Unchecked ones give wrong counts, but nothing
/// worse.
pub(crate) fn checked_counts(body: &[u8]) -> impl Iterator<Item = (i32, u64)> + '_ {
    let mut reader = Reader { bytes: body, at: 0 };
    let n_buckets = reader.varint("").unwrap_or_default();
    let mut before: Option<i32> = None;
    (0..n_buckets).map_while(move |_| {
        let written = reader.varint("").ok()?;
        let key = match before {
            None => unzigzag(written)?,
            Some(before) => before.checked_add(i32::try_from(written.checked_add(1)?).ok()?)?,
        };
        before = Some(key);
        Some((key, reader.varint("").ok()?))
    })
}

fn zigzag(key: i32) -> u64 {
    let size = u64::from(key.unsigned_abs()) * 2;
    if key < 0 { size - 1 } else { size }
}

fn unzigzag(written: u64) -> Option<i32> {
    let size = i32::try_from(written / 2 + written % 2).ok()?;
    Some(if written % 2 == 1 { -size } else { size })
}

fn push_varint(mut value: u64, out: &mut Vec<u8>) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Bytes, and how far they have been read.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self, expected: &str) -> Result<u8, DecodeError> {
        let byte = self.bytes.get(self.at).copied();
        let byte = byte.ok_or_else(|| DecodeError::new(self.at, expected, "the end"))?;
        self.at += 1;
        Ok(byte)
    }

    fn double(&mut self, expected: &str) -> Result<f64, DecodeError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some((double, _)) = rest.split_first_chunk() else {
            return Err(DecodeError::new(self.at, expected, "the end"));
        };
        self.at += double.len();
        Ok(f64::from_le_bytes(*double))
    }

    #[inline]
    fn varint(&mut self, expected: &str) -> Result<u64, DecodeError> {
        let start = self.at;
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(expected)?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    break;
                }
                return Ok(value);
            }
        }
        let found = "a varint longer than necessary";
        Err(DecodeError::new(start, expected, found))
    }
}

#[cfg(test)]
mod tests;
