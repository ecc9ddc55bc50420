//! Pages of one query, all from the snapshot of the first.

use clio_proto::{
    Code, Cursor, MembersRequest, Query, QuestionPart, ServiceError, SnapshotId, SnapshotInfo,
    question_digest, search_digest, stable_digest,
};

/// Where the page of a query begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    /// The snapshot of the page; `None` for the current one.
    pub(crate) snapshot: Option<SnapshotId>,
    /// The rows before it.
    pub(crate) n_before: usize,
    /// The position that the page continues from.
    after: Option<Cursor>,
}

/// Distinguishes the query on this snapshot from others, and from the same query on a snapshot of another or recreated
/// lake that has the same number by chance: the names of runs differ.
fn digest(query: &Query, snapshot: &SnapshotInfo) -> Result<u64, ServiceError> {
    let look_back = query.look_back_days.map_or(0, u64::from);
    Ok(question_digest(query)? ^ run_digest(snapshot) ^ look_back)
}

fn run_digest(snapshot: &SnapshotInfo) -> u64 {
    stable_digest(snapshot.run.to_string().as_bytes())
}

fn invalid(message: &str) -> ServiceError {
    ServiceError::new(Code::InvalidArgument, message).of(QuestionPart::After)
}

impl Turn {
    /// Reads the page that a query asks for.
    ///
    /// # Errors
    ///
    /// A cursor together with an offset or another snapshot.
    pub(crate) fn new(query: &Query, snapshot: Option<SnapshotId>) -> Result<Self, ServiceError> {
        Self::begin(query.after, query.offset, snapshot)
    }

    /// Reads the page that a search of members asks for.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub(crate) fn of_members(request: &MembersRequest) -> Result<Self, ServiceError> {
        Self::begin(request.after, request.offset, request.snapshot)
    }

    fn begin(
        after: Option<Cursor>,
        offset: usize,
        snapshot: Option<SnapshotId>,
    ) -> Result<Self, ServiceError> {
        let Some(after) = after else {
            return Ok(Self { snapshot, n_before: offset, after: None });
        };
        if offset > 0 {
            let message = "the cursor says where the page begins; leave out `offset`";
            return Err(invalid(message));
        }
        if let Some(asked) = snapshot.filter(|asked| *asked != after.snapshot) {
            let own = after.snapshot;
            let message =
                format!("the cursor belongs to snapshot `{own}`, but the query names `{asked}`");
            return Err(invalid(&message));
        }
        let n_before = usize::try_from(after.n_before).unwrap_or(usize::MAX);
        Ok(Self { snapshot: Some(after.snapshot), n_before, after: Some(after) })
    }

    /// Which part names the snapshot of the page.
    pub(crate) fn snapshot_is_of(self) -> QuestionPart {
        if self.after.is_some() { QuestionPart::After } else { QuestionPart::Snapshot }
    }

    /// Refuses a cursor of another query, or of another lake, once the snapshot is known.
    ///
    /// # Errors
    ///
    /// Such a cursor.
    pub(crate) fn check(self, query: &Query, snapshot: &SnapshotInfo) -> Result<(), ServiceError> {
        match self.after {
            Some(after) if after.question != digest(query, snapshot)? => Err(invalid(
                "the cursor belongs to another query, or to another lake: days, filter, keys, measures, conditions, order and \
                 look-back must be the same on each page",
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses a cursor of another search of members, or of another lake, once the snapshot is known; returns the one
    /// after so many members of the page.
    ///
    /// # Errors
    ///
    /// Such a cursor.
    pub(crate) fn end_of_members(
        self,
        request: &MembersRequest,
        snapshot: &SnapshotInfo,
        n_members: usize,
    ) -> Result<Cursor, ServiceError> {
        let question = search_digest(request)? ^ run_digest(snapshot);
        if self.after.is_some_and(|after| after.question != question) {
            return Err(invalid(
                "the cursor belongs to another search, or to another lake: field, text, days and filter must be the same on each \
                 page",
            ));
        }
        let n_before = self.n_before.saturating_add(n_members) as u64;
        Ok(Cursor { snapshot: snapshot.id, n_before, question })
    }

    /// The position after so many rows of the page, on the snapshot that answered; `None` if nothing is grouped.
    ///
    /// # Errors
    ///
    /// None for a query that was answered.
    pub(crate) fn end(
        self,
        query: &Query,
        snapshot: &SnapshotInfo,
        n_rows: usize,
    ) -> Result<Option<Cursor>, ServiceError> {
        if query.group_by.is_empty() {
            return Ok(None);
        }
        let n_before = self.n_before.saturating_add(n_rows) as u64;
        Ok(Some(Cursor { snapshot: snapshot.id, n_before, question: digest(query, snapshot)? }))
    }
}
