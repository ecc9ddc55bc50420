//! Exports, to the wire and back.

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

use super::query::{query_from_wire, query_to_wire};
use super::{count_from_wire, invalid, required};
use crate::error::ServiceError;
use crate::export::{Export, ExportFormat, ExportHead};
use crate::id::SnapshotId;
use crate::query::Query;
use crate::wire;

/// An export for a server. A limit over four billion means none.
///
/// # Errors
///
/// Those of [`query_to_wire`].
pub fn export_request_to_wire(
    export: Export,
    snapshot: Option<SnapshotId>,
) -> Result<wire::ExportRequest, ServiceError> {
    let Export { query, format, is_raw, has_comments } = export;
    let limit = u32::try_from(query.limit).ok();
    let query = query_to_wire(Query { limit: 0, ..query }, snapshot)?;
    Ok(wire::ExportRequest {
        query: Some(wire::QueryRequest { limit, ..query }),
        format: format_to_wire(format).into(),
        raw: is_raw,
        comments: has_comments,
    })
}

/// An export as received by a server, with the snapshot that it names. Without a limit it has all rows.
///
/// # Errors
///
/// Those of [`query_from_wire`], and a missing query or format.
pub fn export_request_from_wire(
    request: wire::ExportRequest,
) -> Result<(Export, Option<SnapshotId>), ServiceError> {
    let wire::ExportRequest { query, format, raw, comments } = request;
    let query = required("query", query)?;
    let limit = query.limit.map_or(usize::MAX, count_from_wire);
    let (query, snapshot) = query_from_wire(query)?;
    let query = Query { limit, ..query };
    let format = format_from_wire(format)?;
    Ok((Export { query, format, is_raw: raw, has_comments: comments }, snapshot))
}

fn format_to_wire(format: ExportFormat) -> wire::ExportFormat {
    match format {
        ExportFormat::Arrow => wire::ExportFormat::Arrow,
        ExportFormat::Parquet => wire::ExportFormat::Parquet,
        ExportFormat::Csv => wire::ExportFormat::Csv,
    }
}

fn format_from_wire(format: i32) -> Result<ExportFormat, ServiceError> {
    match wire::ExportFormat::try_from(format) {
        Ok(wire::ExportFormat::Arrow) => Ok(ExportFormat::Arrow),
        Ok(wire::ExportFormat::Parquet) => Ok(ExportFormat::Parquet),
        Ok(wire::ExportFormat::Csv) => Ok(ExportFormat::Csv),
        Ok(wire::ExportFormat::Unspecified) | Err(_) => Err(invalid(
            "format",
            "none given; expected EXPORT_FORMAT_ARROW, EXPORT_FORMAT_PARQUET or EXPORT_FORMAT_CSV",
        )),
    }
}

/// The first message of an export.
pub fn export_head_to_wire(head: ExportHead) -> wire::ExportResponse {
    let ExportHead { snapshot, n_rows, said } = head;
    let said = said.into_iter().map(|(word, what)| wire::Said { word, what }).collect();
    let head = wire::ExportHead { snapshot: snapshot.0, n_rows, said };
    wire::ExportResponse { part: Some(wire::export_response::Part::Head(head)) }
}

/// Any later message of an export.
pub fn export_bytes_to_wire(bytes: Vec<u8>) -> wire::ExportResponse {
    wire::ExportResponse { part: Some(wire::export_response::Part::Data(bytes)) }
}

/// What is known before the bytes of an export, from its first message.
///
/// # Errors
///
/// The message is not a first one.
pub fn export_head_from_wire(
    response: Option<wire::ExportResponse>,
) -> Result<ExportHead, ServiceError> {
    match response.and_then(|response| response.part) {
        Some(wire::export_response::Part::Head(wire::ExportHead { snapshot, n_rows, said })) => {
            let said = said.into_iter().map(|wire::Said { word, what }| (word, what)).collect();
            Ok(ExportHead { snapshot: SnapshotId(snapshot), n_rows, said })
        }
        Some(wire::export_response::Part::Data(_)) | None => {
            Err(invalid("head", "is missing; an export begins with it"))
        }
    }
}

/// The bytes of a later message.
///
/// # Errors
///
/// The message holds none.
pub fn export_bytes_from_wire(response: wire::ExportResponse) -> Result<Vec<u8>, ServiceError> {
    match response.part {
        Some(wire::export_response::Part::Data(bytes)) => Ok(bytes),
        Some(wire::export_response::Part::Head(_)) | None => Err(invalid("data", "is missing")),
    }
}

/// A stream that ends with its first error: items after an error have no meaning.
pub(crate) fn ended_by_error<T: Send + 'static>(
    items: BoxStream<'static, Result<T, ServiceError>>,
) -> BoxStream<'static, Result<T, ServiceError>> {
    let ended = stream::unfold(Some(items), |items| async move {
        let mut items = items?;
        let item = items.next().await?;
        let rest = item.is_ok().then_some(items);
        Some((item, rest))
    });
    ended.boxed()
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn an_export_survives_the_wire() {
        for (limit, snapshot) in [(usize::MAX, None), (0, Some(SnapshotId(3))), (100_000, None)] {
            for format in ExportFormat::ALL {
                let query = Query { limit, ..Query::total(["plays"]) };
                let export = Export { query, format, is_raw: limit > 0, has_comments: limit == 0 };
                let wire = export_request_to_wire(export.clone(), snapshot).unwrap();
                let wire = wire::ExportRequest::decode(wire.encode_to_vec().as_slice()).unwrap();
                assert_eq!(export_request_from_wire(wire).unwrap(), (export, snapshot));
            }
        }
        let said = vec![
            ("where".to_owned(), "a isNull".to_owned()),
            ("no_data".to_owned(), String::new()),
        ];
        let head = ExportHead { snapshot: SnapshotId(7), n_rows: 1 << 40, said };
        assert_eq!(
            export_head_from_wire(Some(export_head_to_wire(head.clone()))),
            Ok(head.clone())
        );
        let bytes = export_bytes_to_wire(vec![0, 255]);
        assert_eq!(export_bytes_from_wire(bytes.clone()), Ok(vec![0, 255]));
        let error = export_head_from_wire(Some(bytes)).unwrap_err();
        assert_eq!(error.message, "`head`: is missing; an export begins with it");
        assert_eq!(
            export_bytes_from_wire(export_head_to_wire(head)).unwrap_err().message,
            "`data`: is missing"
        );
    }

    #[test]
    fn an_export_without_its_parts_is_refused() {
        let refused =
            |request: wire::ExportRequest| export_request_from_wire(request).unwrap_err().message;
        let none = wire::ExportRequest::default();
        assert_eq!(refused(none.clone()), "`query`: is missing");
        let query = Some(query_to_wire(Query::total(["plays"]), None).unwrap());
        assert_eq!(
            refused(wire::ExportRequest { query, ..none }),
            "`format`: none given; expected EXPORT_FORMAT_ARROW, EXPORT_FORMAT_PARQUET or EXPORT_FORMAT_CSV"
        );
    }
}
