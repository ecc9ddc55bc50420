//! The dashboard's files, embedded in the binary, and the rules for serving them.
//!
//! A debug build reads them from disk on every request, so that `npm run build` takes effect at
//! once.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};

/// What GraphiQL needs beyond our own pages: its editor writes styles, and its fonts and icons are
/// inlined.
const GRAPHIQL_POLICY: &str = "default-src 'self'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
    worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
    frame-ancestors 'none'";
/// For files that the build renames whenever their content changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For files that have to be revalidated each time, which their tags make cheap.
const ASK_AGAIN: &str = "no-cache";
/// The suffix of the Brotli version of a file, which the build writes beside each larger text file.
const BROTLI: &str = ".br";
const INDEX: &str = "index.html";
const GRAPHIQL: &str = "graphiql.html";

const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Clio: the dashboard is not built</title>
<h1>The dashboard is not built</h1>
<p>The gateway is running, but was built before its pages were. In <code>web/dashboard</code>, run</p>
<pre>npm ci &amp;&amp; npm run build</pre>
<p>and then build the binary again (a debug build needs no second build: reload this page).
The API is at <code>/graphql</code> meanwhile.</p>
</html>
";

#[derive(rust_embed::Embed)]
#[folder = "dashboard/dist"]
#[allow_missing = true]
struct Dist;

/// A file of the dashboard.
#[derive(Debug, Clone)]
pub(crate) struct Asset {
    pub(crate) content: Bytes,
    /// The same, compressed by Brotli.
    pub(crate) brotli: Option<Bytes>,
    pub(crate) content_type: String,
    /// Differs for different contents.
    pub(crate) tag: String,
}

/// The files of the dashboard by name: `index.html`, `static/index-DkF3a9xZ.js`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dashboard {
    pub(crate) find: fn(&str) -> Option<Asset>,
    pub(crate) has_graphiql: bool,
}

impl Dashboard {
    /// The files that were embedded.
    pub(crate) fn embedded(has_graphiql: bool) -> Self {
        Self { find: find_embedded, has_graphiql }
    }
}

fn find_embedded(name: &str) -> Option<Asset> {
    // Debug builds read from disk and would follow a symbolic link out of the folder.
    if name.split('/').any(|part| part.is_empty() || part.starts_with('.'))
        || name.ends_with(BROTLI)
    {
        return None;
    }
    let file = Dist::get(name)?;
    let tag =
        file.metadata.sha256_hash().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let content_type = file.metadata.mimetype().to_owned();
    let content = bytes(file.data);
    let brotli = Dist::get(&format!("{name}{BROTLI}")).map(|file| bytes(file.data));
    Some(Asset { content, brotli, content_type, tag })
}

fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    }
}

/// Handles everything that no other route does.
///
/// | path                     | answer                                                          |
/// |--------------------------|-----------------------------------------------------------------|
/// | a file of the build      | the file                                                        |
/// | `/`, or a page's address | `index.html`; the page routes by itself                         |
/// | anything else            | 404: a missing script must not come as a page, nor `/robots.txt` |
pub(crate) async fn fallback(State(dashboard): State<Dashboard>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(ALLOW, "GET, HEAD")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "ask with GET\n").into_response();
    }
    let headers = request.headers();
    let name = request.uri().path().trim_start_matches('/');
    if name == GRAPHIQL {
        return graphiql(dashboard, headers);
    }
    if !name.is_empty()
        && let Some(asset) = (dashboard.find)(name)
    {
        return respond(&asset, name, headers);
    }
    if !name.is_empty() && !is_page(name, headers) {
        return (StatusCode::NOT_FOUND, "there is nothing at this address\n").into_response();
    }
    match (dashboard.find)(INDEX) {
        Some(index) => respond(&index, INDEX, headers),
        None => {
            let headers = [(CACHE_CONTROL, "no-store")];
            (StatusCode::SERVICE_UNAVAILABLE, headers, Html(NOT_BUILT)).into_response()
        }
    }
}

/// Answers `/graphiql`.
pub(crate) async fn graphiql_page(
    State(dashboard): State<Dashboard>,
    headers: HeaderMap,
) -> Response {
    graphiql(dashboard, &headers)
}

fn graphiql(dashboard: Dashboard, headers: &HeaderMap) -> Response {
    if !dashboard.has_graphiql {
        return (StatusCode::NOT_FOUND, "GraphiQL is switched off on this gateway\n")
            .into_response();
    }
    let Some(page) = (dashboard.find)(GRAPHIQL) else {
        let text = "GraphiQL is part of the dashboard, which is not built; in web/dashboard run \
                    `npm ci && npm run build`. The API is at /graphql\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let mut response = respond(&page, GRAPHIQL, headers);
    let policy = HeaderValue::from_static(GRAPHIQL_POLICY);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// Whether the address is that of a page, and a page is requested.
fn is_page(name: &str, headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ours = ["static/", "graphql", "media/", "healthz", "readyz"];
    accepts.flat_map(|value| value.split(',')).any(|one| one.trim().starts_with("text/html"))
        && !ours.iter().any(|prefix| name.starts_with(prefix))
        && (is_member(name) || !looks_like_a_file(name))
}

/// Whether the address is that of a member's page, which ends in a key such as `poster.png`.
fn is_member(name: &str) -> bool {
    ["assets/", "titles/"]
        .iter()
        .any(|pages| name.strip_prefix(pages).is_some_and(|key| !key.is_empty()))
}

/// Whether the last part ends like a file: `robots.txt`, but not `v1.25`, which may be a member.
fn looks_like_a_file(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.rsplit_once('.').is_some_and(|(_, ending)| {
        (1..=5).contains(&ending.len())
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && ending.bytes().any(|byte| byte.is_ascii_alphabetic())
    })
}

fn respond(asset: &Asset, name: &str, headers: &HeaderMap) -> Response {
    // Weak, since compression changes the bytes but not the tag.
    let tag = format!("W/\"{}\"", asset.tag);
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|value| value.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/") == tag.trim_start_matches("W/")
    });
    let cache = if is_hashed(name) { FOR_EVER } else { ASK_AGAIN };
    let common = [(CACHE_CONTROL, cache.to_owned()), (ETAG, tag)];
    if known {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let is_text = asset.content_type.starts_with("text/");
    let charset = if is_text { "; charset=utf-8" } else { "" };
    let content_type = [(CONTENT_TYPE, format!("{}{charset}", asset.content_type))];
    match &asset.brotli {
        None => (common, content_type, Body::from(asset.content.clone())).into_response(),
        Some(brotli) if takes_brotli(headers) => {
            let encoding = [(CONTENT_ENCODING, "br"), (VARY, "accept-encoding")];
            (common, content_type, encoding, Body::from(brotli.clone())).into_response()
        }
        Some(_) => {
            let vary = [(VARY, "accept-encoding")];
            (common, content_type, vary, Body::from(asset.content.clone())).into_response()
        }
    }
}

/// Whether the client accepts Brotli with a nonzero weight (RFC 9110, section 12.5.3).
fn takes_brotli(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| {
        let (coding, weight) = one.split_once(';').unwrap_or((one, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
        coding.trim().eq_ignore_ascii_case("br") && weight.is_some_and(|weight: f32| weight > 0.0)
    })
}

/// Whether the build named the file after its content: `static/index-DkF3a9xZ.js`.
fn is_hashed(name: &str) -> bool {
    const HASH_LENGTH: usize = 8;
    let Some(file) = name.strip_prefix("static/") else { return false };
    let stem = file.split('.').next().unwrap_or(file);
    stem.len() > HASH_LENGTH
        && stem.is_char_boundary(stem.len() - HASH_LENGTH)
        && stem[..stem.len() - HASH_LENGTH].ends_with('-')
}

#[cfg(test)]
mod tests;
