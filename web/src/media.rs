//! Previews from a folder, below `/media/`: with ranges, which videos need for seeking.
//!
//! A file is served if all of this holds; otherwise there is nothing at its address:
//!
//! - its extension is that of an image or a video, and its first bytes are of that type;
//! - a lookup of the current snapshot names the address in its attribute `media`: serving confirms
//!   this for each request, so nothing is cached here, and nothing is stale;
//! - it is a regular file inside the folder itself, wherever links lead.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use clio_proto::Code;
use percent_encoding::percent_decode_str;
use tokio::io::AsyncReadExt;
use tower::ServiceExt;
use tower_http::services::ServeFile;

use crate::access::Caller;
use crate::error::refusal;
use crate::gateway::Gateway;

/// What a preview may do: be looked at. An SVG is a document that can contain scripts, which would
/// run with our origin.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
/// Previews rarely change under the same name, and `Last-Modified` shows when one did.
const CACHE: &str = "max-age=300";
/// The prefix of previews' addresses in lookups.
const ROOT: &str = "/media/";
/// The number of first bytes by which types are recognised.
const HEAD_BYTES: u64 = 512;

/// A type of preview: the extensions of its files, its name, and a check of its first bytes.
struct Kind {
    endings: &'static [&'static str],
    content_type: &'static str,
    is_it: fn(&[u8]) -> bool,
}

/// The only types that are served.
const KINDS: [Kind; 12] = [
    kind(&["png"], "image/png", |head| head.starts_with(b"\x89PNG\r\n\x1a\n")),
    kind(&["jpg", "jpeg"], "image/jpeg", |head| head.starts_with(b"\xff\xd8\xff")),
    kind(&["gif"], "image/gif", |head| head.starts_with(b"GIF8")),
    kind(&["webp"], "image/webp", |head| head.starts_with(b"RIFF") && has(head, 8, b"WEBP")),
    kind(&["avif"], "image/avif", |head| has(head, 4, b"ftyp")),
    kind(&["bmp"], "image/bmp", |head| head.starts_with(b"BM")),
    kind(&["ico"], "image/x-icon", |head| head.starts_with(b"\0\0\x01\0")),
    kind(&["svg"], "image/svg+xml", is_svg),
    kind(&["mp4", "m4v"], "video/mp4", |head| has(head, 4, b"ftyp")),
    kind(&["mov"], "video/quicktime", |head| {
        [b"ftyp", b"moov", b"mdat", b"wide", b"free"].iter().any(|name| has(head, 4, *name))
    }),
    kind(&["webm"], "video/webm", |head| head.starts_with(b"\x1a\x45\xdf\xa3")),
    kind(&["ogv"], "video/ogg", |head| head.starts_with(b"OggS")),
];

const fn kind(
    endings: &'static [&'static str],
    content_type: &'static str,
    is_it: fn(&[u8]) -> bool,
) -> Kind {
    Kind { endings, content_type, is_it }
}

fn has(head: &[u8], at: usize, name: &[u8]) -> bool {
    head.get(at..at + name.len()) == Some(name)
}

/// Whether it is XML whose first element is `svg`, judging by the first bytes.
fn is_svg(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head));
    let mut rest = text.trim_start();
    loop {
        // What may come first: a declaration, a document type, comments.
        let end = match rest.as_bytes() {
            [b'<', b'!', b'-', b'-', ..] => rest.find("-->").map(|end| end + 3),
            [b'<', b'?' | b'!', ..] => rest.find('>').map(|end| end + 1),
            _ => return rest.starts_with("<svg"),
        };
        match end {
            Some(end) => rest = rest[end..].trim_start(),
            None => return rest.contains("svg"),
        }
    }
}

/// The routes of the previews, for below `/media`.
pub(crate) fn routes(gateway: &Arc<Gateway>) -> Router {
    Router::new().fallback(answer).with_state(Arc::clone(gateway))
}

async fn answer(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(ALLOW, "GET, HEAD")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "ask with GET\n").into_response();
    }
    let none = || (StatusCode::NOT_FOUND, "there is no such preview\n").into_response();
    let Some(folder) = &gateway.config.media_dir else { return none() };
    let Some(asked) = Asked::of(&uri) else { return none() };
    match gateway.backend().has_media(&caller, asked.addresses()).await {
        Ok(true) => {}
        Ok(false) => return none(),
        // An older serving does not support the request: it names nothing.
        Err(error) if error.code == Code::InvalidArgument => return none(),
        Err(error) => {
            let error = gateway.reports.outward(error);
            let is_refused = error.code == Code::PermissionDenied;
            let status =
                if is_refused { StatusCode::FORBIDDEN } else { StatusCode::SERVICE_UNAVAILABLE };
            return refusal(status, &error);
        }
    }
    let Some(file) = find(folder, &asked).await else { return none() };
    let mut response = serve(&file, asked.kind.content_type, request).await;
    if response.status() == StatusCode::NOT_FOUND {
        return none();
    }
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    if response.status().is_success() {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHE));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(asked.kind.content_type));
    }
    response
}

/// The file that an address names.
struct Asked {
    /// As sent, without `/media/`.
    raw: String,
    query: Option<String>,
    /// The path in the folder; always true: every part is a plain name.
    path: String,
    kind: &'static Kind,
}

impl Asked {
    /// `None` for what cannot be a preview, whatever the folder contains.
    fn of(uri: &Uri) -> Option<Self> {
        let raw = uri.path().strip_prefix(ROOT)?;
        let path = percent_decode_str(raw).decode_utf8().ok()?;
        let is_plain = |part: &str| {
            // What a folder hides from `ls` is hidden from the web: `.git`, `.env`; and `..`.
            !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0'])
        };
        if !path.split('/').all(is_plain) {
            return None;
        }
        let (_, ending) = path.rsplit_once('.')?;
        let ending = ending.to_ascii_lowercase();
        let kind = KINDS.iter().find(|kind| kind.endings.contains(&ending.as_str()))?;
        Some(Self {
            raw: raw.to_owned(),
            query: uri.query().map(str::to_owned),
            path: path.into_owned(),
            kind,
        })
    }

    /// The forms in which a lookup may name it.
    fn addresses(&self) -> Vec<String> {
        let mut addresses = vec![format!("{ROOT}{}", self.raw), format!("{ROOT}{}", self.path)];
        addresses.dedup();
        if let Some(query) = &self.query {
            let with_query: Vec<_> =
                addresses.iter().map(|address| format!("{address}?{query}")).collect();
            addresses.extend(with_query);
        }
        addresses
    }
}

/// The file, if it is a regular one inside the folder and its contents match its extension.
async fn find(folder: &Path, asked: &Asked) -> Option<PathBuf> {
    let folder = tokio::fs::canonicalize(folder).await.ok()?;
    let file = tokio::fs::canonicalize(folder.join(&asked.path)).await.ok()?;
    if !file.starts_with(&folder) {
        return None;
    }
    // Before it is opened: opening a pipe blocks until somebody writes to it.
    if !tokio::fs::metadata(&file).await.ok()?.is_file() {
        return None;
    }
    let mut head = Vec::new();
    let opened = tokio::fs::File::open(&file).await.ok()?;
    opened.take(HEAD_BYTES).read_to_end(&mut head).await.ok()?;
    (asked.kind.is_it)(&head).then_some(file)
}

async fn serve(file: &Path, content_type: &'static str, request: Request) -> Response {
    let Ok(mime) = content_type.parse() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match ServeFile::new_with_mime(file, &mime).oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests;
