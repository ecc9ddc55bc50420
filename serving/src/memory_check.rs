//! Held snapshots are read again, slowly and continuously: bits flip in memory, too, where no file checksum detects it.
//!
//! ```text
//! held ─▶ a new piece ────────▶ its sum is kept          at full speed
//!      └▶ a piece with a sum ─▶ the same? ─▶ a pause     at the configured rate
//!                                  └─▶ no: the snapshots that hold it are dropped and reloaded (follow.rs)
//! ```

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::held::HeldSnapshots;
use crate::snapshot::{Chunk, Snapshot};

/// The pause between two rounds, so that a small lake is not read continuously, and the longest one within a round.
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
    ///
    /// Keeps no snapshot in memory during its pauses. What is loaded meanwhile gets its checksums within [`PAUSE`].
    pub(crate) async fn round(&self, held: &HeldSnapshots) -> Option<Damage> {
        if self.bytes_per_second == 0 {
            return std::future::pending().await;
        }
        self.forget_what_is_gone();
        self.sum_what_is_new(held).await;
        let pieces: Vec<Seen> =
            held.all().iter().flat_map(pieces).map(|piece| piece.seen()).collect();
        let mut read = HashSet::new();
        for seen in pieces {
            // Snapshots share files.
            let Some(piece) = seen.piece().filter(|piece| read.insert(piece.address())) else {
                continue;
            };
            let n_bytes = piece.size_bytes();
            let (piece, sum) = summed(piece).await?;
            if self.sum_of(&piece).is_some_and(|known| known != sum) {
                let what = piece.name();
                return Some(Damage { piece, what });
            }
            drop(piece);
            let mut left = Duration::from_secs_f64(n_bytes as f64 / self.bytes_per_second as f64);
            while !left.is_zero() {
                let pause = left.min(PAUSE);
                sleep(pause).await;
                left -= pause;
                self.sum_what_is_new(held).await;
            }
        }
        None
    }

    /// Takes the checksums of held pieces that have none.
    async fn sum_what_is_new(&self, held: &HeldSnapshots) {
        let held = held.all();
        for piece in held.iter().flat_map(pieces) {
            if self.sum_of(&piece).is_none() {
                // None if the process is shutting down.
                let Some((piece, sum)) = summed(piece).await else { return };
                self.sums().insert(piece.address(), (piece.seen(), sum));
            }
        }
    }

    fn sum_of(&self, piece: &Piece) -> Option<u64> {
        self.sums().get(&piece.address()).map(|(_, sum)| *sum)
    }

    /// A dropped piece leaves its address to no other one before this is called.
    fn forget_what_is_gone(&self) {
        self.sums().retain(|_, (seen, _)| seen.piece().is_some());
    }

    fn sums(&self) -> MutexGuard<'_, HashMap<usize, (Seen, u64)>> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn n_sums(&self) -> usize {
        self.sums().len()
    }

    /// Changes every checksum, as if every piece had changed; returns how many there are.
    #[cfg(test)]
    pub(crate) fn pretend_damage(&self) -> usize {
        let mut sums = self.sums();
        sums.values_mut().for_each(|(_, sum)| *sum ^= 1);
        sums.len()
    }
}

/// A piece with its checksum; `None` if the process is shutting down.
async fn summed(piece: Piece) -> Option<(Piece, u64)> {
    let summed = spawn_blocking(move || {
        let sum = piece.sum();
        (piece, sum)
    });
    summed.await.ok()
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
    /// The piece, while a snapshot or a query holds it.
    fn piece(&self) -> Option<Piece> {
        match self {
            Self::Chunk(chunk) => chunk.upgrade().map(Piece::Chunk),
            Self::Beside(snapshot) => snapshot.upgrade().map(Piece::Beside),
        }
    }
}
