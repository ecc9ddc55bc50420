//! Pages of one question, each from the snapshot of the first.

use clio_proto::{Code, Cursor, Query, ServiceError, SnapshotId, question_digest};

/// Where the page of a query begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    /// The snapshot that the page is of; `None` for the current one.
    pub(crate) snapshot: Option<SnapshotId>,
    /// The rows before it.
    pub(crate) n_before: usize,
}

impl Turn {
    /// Reads what a query says of its page.
    ///
    /// # Errors
    ///
    /// A cursor of another question, or one beside an offset or another snapshot.
    pub(crate) fn new(query: &Query, snapshot: Option<SnapshotId>) -> Result<Self, ServiceError> {
        let Some(after) = query.after else { return Ok(Self { snapshot, n_before: query.offset }) };
        let invalid = |message: String| {
            ServiceError::new(Code::InvalidArgument, format!("`after`: {message}"))
        };
        if after.question != question_digest(query)? {
            let message = "the cursor is of another question: days, filter, keys, measures, conditions and order have to \
                           be the same on each page";
            return Err(invalid(message.to_owned()));
        }
        if query.offset > 0 {
            let message = "the cursor says where the page begins; leave out `offset`";
            return Err(invalid(message.to_owned()));
        }
        if let Some(asked) = snapshot.filter(|asked| *asked != after.snapshot) {
            let own = after.snapshot;
            return Err(invalid(format!(
                "the cursor is of snapshot `{own}`, and `{asked}` is asked"
            )));
        }
        let n_before = usize::try_from(after.n_before).unwrap_or(usize::MAX);
        Ok(Self { snapshot: Some(after.snapshot), n_before })
    }

    /// Behind so many rows of the page, of the snapshot that answered; `None` where nothing is grouped.
    ///
    /// # Errors
    ///
    /// None of a query that was answered.
    pub(crate) fn end(
        self,
        query: &Query,
        snapshot: SnapshotId,
        n_rows: usize,
    ) -> Result<Option<Cursor>, ServiceError> {
        if query.group_by.is_empty() {
            return Ok(None);
        }
        let n_before = self.n_before.saturating_add(n_rows) as u64;
        Ok(Some(Cursor { snapshot, n_before, question: question_digest(query)? }))
    }
}
