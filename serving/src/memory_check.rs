//! Held snapshots are read again, slowly and continuously: bits flip in memory, too, where no file checksum detects it.
//!
//! ```text
//! held ─▶ a new piece ────────▶ its sum is kept          at full speed
//!      └▶ a piece with a sum ─▶ the same? ─▶ a pause     at the configured rate
//!                                  └─▶ no: the snapshots that hold it are dropped and reloaded (follow.rs)
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::snapshot::{Chunk, Snapshot};

/// The pause between two rounds, so that a small lake is not read continuously.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// What one checksum covers: the cells of a file, or what the codes in the cells of a snapshot stand for.
#[derive(Debug, Clone)]
enum Piece {
    Chunk(Arc<Chunk>),
    Beside(Arc<Snapshot>),
}

/// A piece that its checksum does not keep in memory.
#[derive(Debug)]
enum Seen {
    Chunk(Weak<Chunk>),
    Beside(Weak<Snapshot>),
}

/// A piece whose checksum has changed.
#[derive(Debug, Clone)]
pub(crate) struct Damage {
    piece: Piece,
    /// Its origin, in words.
    pub(crate) what: String,
}

impl Damage {
    /// Whether a snapshot holds the piece.
    pub(crate) fn is_in(&self, snapshot: &Arc<Snapshot>) -> bool {
        match &self.piece {
            Piece::Chunk(own) => {
                snapshot.chunks.values().flatten().any(|chunk| Arc::ptr_eq(own, chunk))
            }
            // Texts and lookups are shared by snapshots of one lineage.
            Piece::Beside(own) => {
                Arc::ptr_eq(own, snapshot) || Arc::ptr_eq(&own.layout, &snapshot.layout)
            }
        }
    }
}

/// The checksums of held snapshots.
///
/// Costs a few bytes per file; a round reads all of the memory once.
#[derive(Debug)]
pub(crate) struct MemoryCheck {
    bytes_per_second: u64,
    /// By the address of each piece.
    sums: Mutex<HashMap<usize, (Seen, u64)>>,
}

impl MemoryCheck {
    /// Without checksums yet; at 0 bytes per second nothing is ever read.
    pub(crate) fn new(bytes_per_second: u64) -> Self {
        Self { bytes_per_second, sums: Mutex::default() }
    }

    /// Reads everything held once, at the configured rate, and returns the first piece whose checksum has changed.
    pub(crate) async fn round(&self, held: &[Arc<Snapshot>]) -> Option<Damage> {
        if self.bytes_per_second == 0 {
            return std::future::pending().await;
        }
        self.forget_what_is_gone();
        let mut read = Vec::new();
        for piece in held.iter().flat_map(pieces) {
            let address = piece.address();
            if read.contains(&address) {
                continue;
            }
            read.push(address);
            let (summed, n_bytes) = (piece.clone(), piece.size_bytes());
            // The process is shutting down.
            let Ok(sum) = spawn_blocking(move || summed.sum()).await else { return None };
            let known = self.known_or_keep(&piece, sum);
            if known.is_some_and(|known| known != sum) {
                let what = piece.name();
                return Some(Damage { piece, what });
            }
            if known.is_some() {
                sleep(Duration::from_secs_f64(n_bytes as f64 / self.bytes_per_second as f64)).await;
            }
        }
        None
    }

    fn known_or_keep(&self, piece: &Piece, sum: u64) -> Option<u64> {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = sums.get(&piece.address()) {
            return Some(*known);
        }
        sums.insert(piece.address(), (piece.seen(), sum));
        None
    }

    /// The address of a dropped piece may be reused by another one.
    fn forget_what_is_gone(&self) {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        sums.retain(|_, (seen, _)| seen.is_held());
    }

    /// Changes every checksum, as if every piece had changed; returns how many there are.
    #[cfg(test)]
    pub(crate) fn pretend_damage(&self) -> usize {
        let mut sums = self.sums.lock().unwrap();
        sums.values_mut().for_each(|(_, sum)| *sum ^= 1);
        sums.len()
    }
}

fn pieces(snapshot: &Arc<Snapshot>) -> impl Iterator<Item = Piece> + '_ {
    let chunks = snapshot.chunks.values().flatten().cloned().map(Piece::Chunk);
    chunks.chain(std::iter::once(Piece::Beside(Arc::clone(snapshot))))
}

impl Piece {
    fn sum(&self) -> u64 {
        match self {
            Self::Chunk(chunk) => chunk.sum(),
            Self::Beside(snapshot) => snapshot.sum_beside_chunks(),
        }
    }

    fn size_bytes(&self) -> u64 {
        match self {
            Self::Chunk(chunk) => chunk.size_bytes as u64,
            Self::Beside(snapshot) => snapshot.size_beside_chunks(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Chunk(chunk) => format!("`{}`", chunk.file.path),
            Self::Beside(snapshot) => {
                format!("the texts and lookups of snapshot {}", snapshot.info.id)
            }
        }
    }

    fn address(&self) -> usize {
        match self {
            Self::Chunk(chunk) => Arc::as_ptr(chunk) as usize,
            Self::Beside(snapshot) => Arc::as_ptr(snapshot) as usize,
        }
    }

    fn seen(&self) -> Seen {
        match self {
            Self::Chunk(chunk) => Seen::Chunk(Arc::downgrade(chunk)),
            Self::Beside(snapshot) => Seen::Beside(Arc::downgrade(snapshot)),
        }
    }
}

impl Seen {
    fn is_held(&self) -> bool {
        match self {
            Self::Chunk(chunk) => chunk.strong_count() > 0,
            Self::Beside(snapshot) => snapshot.strong_count() > 0,
        }
    }
}
