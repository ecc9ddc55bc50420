//! All rows of a query as the bytes of a file, in memory that does not grow with their number.
//!
//! ```text
//! page of rows, when it is this export's turn ──▶ encoder ──▶ bytes ──▶ whoever reads, in pieces
//!        ▲                                                              │
//!        └────────────── the next page, when these are taken ◀──────────┘
//! ```
//!
//! The memory holds one page, the encoder's buffer (for Parquet, a group of rows), and the bytes not yet read. A page
//! is answered like any query, in its turn and within its limits, so that a slow reader occupies no thread. All pages
//! come from one snapshot, which the export holds.

mod columns;
mod csv;
mod encoder;
mod ipc;
mod parquet;
mod said;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clio_proto::{
    Code, Compared, Description, Export, ExportHead, Exported, Extra, Intervals, Key, MAX_LIMIT,
    Query, Row, ServiceError, Value,
};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio::time::sleep;

use crate::admission::Admission;
use crate::aggregate::Cancel;
use crate::answer::answer;
use crate::config::Limits;
use crate::snapshot::Snapshot;
pub use columns::Parts;
pub use encoder::{Encoder, EncoderOptions, encoder};
pub use said::said;

/// The largest chunk in bytes: a message far below the 4 MiB that gRPC clients accept by default.
const MAX_PIECE_BYTES: usize = 256 << 10;

/// The fraction of the answer limit that a page of an export is planned for, not counting its strings.
const PAGE_SHARE: u64 = 8;

/// The first wait of a page that was rejected; each further one is twice as long, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(320);

/// The inputs of an export.
struct Made {
    snapshot: Arc<Snapshot>,
    /// The snapshot that it is compared with, if any.
    beside: Option<Arc<Snapshot>>,
    dataset: Description,
    limits: Limits,
    export: Export,
    /// From the first page on.
    encoder: Mutex<Option<Box<dyn Encoder>>>,
}

/// The result of a page.
struct Piece {
    bytes: Vec<u8>,
    n_rows: usize,
    /// Of the first page.
    head: Option<ExportHead>,
    /// It contains the end of the file.
    is_last: bool,
}

/// An export between two pages.
struct Exporter {
    admission: Arc<Admission>,
    made: Arc<Made>,
    page_rows: usize,
    /// The rows before the next page.
    n_before: usize,
}

/// Begins an export: an invalid query fails here.
pub(crate) async fn export(
    admission: Arc<Admission>,
    limits: Limits,
    snapshot: Arc<Snapshot>,
    beside: Option<Arc<Snapshot>>,
    export: Export,
) -> Result<Exported, ServiceError> {
    check(&export.query)?;
    let page_rows = page_rows(&export.query, &limits);
    let dataset = snapshot.describe();
    let made = Made { snapshot, beside, dataset, limits, export, encoder: Mutex::default() };
    let made = Arc::new(made);
    let mut exporter = Exporter { admission, made, page_rows, n_before: 0 };
    let mut first = exporter.ask().await?;
    let head = first.head.take().ok_or_else(|| encoder::internal("a file without a head"))?;
    Ok(Exported { head, bytes: pieces(exporter, first) })
}

/// Refuses parts that belong to pages.
fn check(query: &Query) -> Result<(), ServiceError> {
    let of_pages = [Extra::Others, Extra::Reach];
    let message = match of_pages.into_iter().find(|own| query.extras.contains(own)) {
        _ if query.offset > 0 || query.after.is_some() => {
            "`after`: an export has all rows, beginning with the first; leave out `after` and `offset`"
                .to_owned()
        }
        Some(extra) => {
            format!("`extras`: `{}` belongs to a page, but an export has all rows", extra.as_str())
        }
        None => return Ok(()),
    };
    Err(ServiceError::new(Code::InvalidArgument, message))
}

/// The number of rows of a page, far below what an answer may take. Verdicts are about all rows together, which then
/// form one page, or are refused as too many.
fn page_rows(query: &Query, limits: &Limits) -> usize {
    if query.extras.contains(&Extra::Verdicts) {
        return MAX_LIMIT;
    }
    let of_value = 2 * size_of::<Value>() + size_of::<Compared>() + size_of::<Intervals>();
    let of_row = size_of::<Row>() + query.group_by.len() * size_of::<Key>();
    let row_bytes = (of_row + query.measures.len() * of_value) as u64;
    let n_rows = limits.answer_bytes / PAGE_SHARE / row_bytes;
    usize::try_from(n_rows).unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT)
}

impl Made {
    /// Answers a page and encodes it; computes, so it belongs on a thread that may block.
    fn piece(
        &self,
        n_before: usize,
        page_rows: usize,
        cancel: &Cancel,
    ) -> Result<Piece, ServiceError> {
        let Export { query: asked, format, is_raw, has_comments } = &self.export;
        let limit = (asked.limit - n_before).min(page_rows);
        let query = Query { offset: n_before, limit, ..asked.clone() };
        let page = answer(&self.snapshot, self.beside.as_ref(), query, &self.limits, cancel)?;
        let n_all = match asked.group_by.is_empty() {
            true => 1,
            false => page.n_groups.min(asked.limit as u64),
        };
        let mut encoder = self.encoder.lock().unwrap_or_else(PoisonError::into_inner);
        let mut head = None;
        let encoder = match &mut *encoder {
            Some(encoder) => encoder,
            none => {
                let said = said(&self.dataset, asked, &page);
                let options = EncoderOptions {
                    is_raw: *is_raw,
                    has_comments: *has_comments,
                    ..EncoderOptions::of(asked)
                };
                let begun = encoder::encoder(*format, &page, &self.dataset, &said, options)?;
                head = Some(ExportHead { snapshot: self.snapshot.info.id, n_rows: n_all, said });
                none.insert(begun)
            }
        };
        let n_rows = page.rows.len();
        let is_last = n_rows == 0 || (n_before + n_rows) as u64 >= n_all;
        let mut bytes = encoder.rows(&page)?;
        drop(page);
        if is_last {
            bytes.append(&mut encoder.end()?);
        }
        Ok(Piece { bytes, n_rows, head, is_last })
    }
}

impl Exporter {
    /// The next page, in its turn.
    async fn ask(&mut self) -> Result<Piece, ServiceError> {
        let (made, n_before, page_rows) = (Arc::clone(&self.made), self.n_before, self.page_rows);
        let piece = self.admission.run(move |cancel| made.piece(n_before, page_rows, cancel));
        let piece = piece.await?;
        self.n_before += piece.n_rows;
        Ok(piece)
    }

    /// A page after the first one: it waits if serving is overloaded, since its file has begun.
    async fn ask_again(&mut self) -> Result<Piece, ServiceError> {
        let began = Instant::now();
        let mut wait = FIRST_WAIT;
        loop {
            match self.ask().await {
                Err(error)
                    if error.code == Code::Unavailable
                        && began.elapsed() < self.made.limits.query_timeout =>
                {
                    sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                piece => return piece,
            }
        }
    }
}

/// The bytes of a file, page by page, in chunks.
fn pieces(exporter: Exporter, first: Piece) -> BoxStream<'static, Result<Vec<u8>, ServiceError>> {
    let start = (Some(exporter), Some(first));
    let of_pages = stream::try_unfold(start, |(exporter, ready)| async move {
        let Some(mut exporter) = exporter else { return Ok(None) };
        let piece = match ready {
            Some(first) => first,
            None => exporter.ask_again().await?,
        };
        let next = (!piece.is_last).then_some(exporter);
        Ok::<_, ServiceError>(Some((piece.bytes, (next, None))))
    });
    let in_pieces = of_pages.flat_map(|bytes| {
        let pieces = match bytes {
            Ok(bytes) => bytes.chunks(MAX_PIECE_BYTES).map(|piece| Ok(piece.to_vec())).collect(),
            Err(error) => vec![Err(error)],
        };
        stream::iter(pieces)
    });
    in_pieces.boxed()
}
