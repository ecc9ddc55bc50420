//! `GET /export.csv?query=…`: all rows of a question as a file. Serving produces its bytes, which are streamed as they
//! arrive.
//!
//! | parameter | |
//! | --- | --- |
//! | `query` | a `CubeQuery` as JSON, as a variable of GraphQL has it; without `first`, all rows |
//! | `snapshot` | the version of a snapshot; else the current one |
//! | `raw=true` | in CSV, texts byte for byte |
//! | `comments=true` | in CSV, what is said of the rows stands before them |
//!
//! An interrupted file is never mistaken for a complete one: the connection is aborted with it. Exports count towards a
//! client's shares: an export keeps a place among requests and a turn at serving until its last byte has been read.

use std::sync::Arc;

use async_graphql::Value;
use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use clio_proto::{Code, Export, ExportFormat, Exported, ServiceError, Shortened, SnapshotId};
use futures::StreamExt as _;
use percent_encoding::percent_decode_str;

use crate::access::Caller;
use crate::argument::Argument;
use crate::error::refusal;
use crate::gateway::Gateway;
use crate::graphql::too_many;
use crate::limits;
use crate::lower::all_rows;
use crate::names::in_graphql;

/// How many rows follow.
const ROWS: HeaderName = HeaderName::from_static("clio-rows");
/// The version of the snapshot that the rows are from.
const SNAPSHOT: HeaderName = HeaderName::from_static("clio-snapshot");
/// The browser's statement of which page sends the request.
const FETCH_SITE: &str = "sec-fetch-site";

/// The path of the file of a format.
pub(crate) fn path(format: ExportFormat) -> String {
    format!("/export.{}", format.as_str())
}

/// Answers with a file. A question that is wrong gets the status of its error.
pub(crate) async fn get(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    // A page of another site could not read the answer, but could have it computed.
    if headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site") {
        let message = "this was requested by a page of another site; open the address itself";
        return refused(&ServiceError::new(Code::InvalidArgument, message));
    }
    if let Err(throttled) = gateway.count(&caller, 1) {
        return too_many(throttled);
    }
    match answer(&gateway, &caller, uri.path(), uri.query().unwrap_or_default()).await {
        Ok(response) => response,
        Err(error) => refused(&error),
    }
}

fn refused(error: &ServiceError) -> Response {
    let status = StatusCode::from_u16(error.code.http_status());
    refusal(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error)
}

async fn answer(
    gateway: &Arc<Gateway>,
    caller: &Caller,
    asked_path: &str,
    parameters: &str,
) -> Result<Response, ServiceError> {
    let format = ExportFormat::ALL.into_iter().find(|format| path(*format) == asked_path);
    let format = format.ok_or_else(|| invalid("there is no such file"))?;
    let Parameters { query, snapshot, is_raw, has_comments } = Parameters::read(parameters)?;
    limits::check_json(query.as_bytes(), &gateway.config.limits)?;
    let no_json =
        |error: &dyn std::fmt::Display| invalid(&format!("`query`: is not JSON: {error}"));
    let json: serde_json::Value = serde_json::from_str(&query).map_err(|error| no_json(&error))?;
    let value = Value::from_json(json).map_err(|error| no_json(&error))?;
    let argument = Argument::alone("query", &value).ok_or_else(|| invalid("`query`: is null"))?;
    let query = all_rows(&gateway.lens(caller).await?.names, &argument)?;
    let place = gateway.place(caller.client)?;
    let export = Export { query, format, is_raw, has_comments };
    let exported = gateway.backend().export(caller, export, snapshot).await;
    let exported =
        exported.map_err(|error| gateway.reports.outward(in_graphql(error, Some("query"))));
    let Exported { head, bytes } = exported?;
    let name = head.said.iter().find(|(word, _)| word == "dataset").map_or("", |(_, name)| name);
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let name: String = name.chars().filter(is_plain).collect();
    let headers = [
        (CONTENT_TYPE, format.media_type().to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}-{}.{}\"", head.snapshot, format.as_str()),
        ),
        (CACHE_CONTROL, "no-store".to_owned()),
        (SNAPSHOT, head.snapshot.to_string()),
        (ROWS, head.n_rows.to_string()),
    ];
    let reports = Arc::clone(&gateway.reports);
    let bytes = bytes.map(move |piece| {
        let _held = &place;
        piece.map_err(|error| reports.outward(error))
    });
    Ok((headers, Body::from_stream(bytes)).into_response())
}

fn invalid(message: &str) -> ServiceError {
    ServiceError::new(Code::InvalidArgument, message)
}

/// The parameters of an address.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parameters {
    query: String,
    snapshot: Option<SnapshotId>,
    is_raw: bool,
    has_comments: bool,
}

impl Parameters {
    /// Accepts each parameter once, and no unknown ones.
    fn read(text: &str) -> Result<Self, ServiceError> {
        let mut found = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if seen.contains(&name) {
                return Err(invalid(&format!("`{}`: is given twice", Shortened(&name))));
            }
            let wrong = |expected: &str| {
                invalid(&format!("`{name}`: `{}` is not {expected}", Shortened(&value)))
            };
            let flag = || match value.as_str() {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => Err(wrong("`true` or `false`")),
            };
            match name.as_str() {
                "query" => found.query.clone_from(&value),
                "snapshot" => {
                    let version = value.parse().map_err(|_| wrong("the version of a snapshot"))?;
                    found.snapshot = Some(SnapshotId(version));
                }
                "raw" => found.is_raw = flag()?,
                "comments" => found.has_comments = flag()?,
                _ => {
                    return Err(invalid(&format!(
                        "`{}`: there is no such parameter; there are `query`, `snapshot`, `raw` and `comments`",
                        Shortened(&name)
                    )));
                }
            }
            seen.push(name);
        }
        if found.query.is_empty() {
            return Err(invalid(
                "`query`: is missing; it is a question as JSON, such as {\"groupBy\": [\"DAY\"], \"measures\": [\"PLAYS\"]}",
            ));
        }
        Ok(found)
    }
}

/// Decodes text of an address, in which `+` may stand for a blank.
fn decoded(text: &str) -> Result<String, ServiceError> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8();
    decoded.map(Into::into).map_err(|_| invalid("the address is not UTF-8"))
}

#[cfg(test)]
mod tests;
