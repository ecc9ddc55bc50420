//! Previews from a folder, below `/media/`: with ranges, since a video cannot seek without.

use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeDir;

/// What a document among the previews may do: be looked at. An SVG is a page that can hold scripts,
/// and it would run with our origin.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
/// Previews rarely change under one name, and `Last-Modified` tells when one did.
const CACHE: &str = "max-age=300";

/// The routes of the previews, for below `/media`.
pub(crate) fn routes(folder: &Path) -> Router {
    let files = ServeDir::new(folder).append_index_html_on_directories(false);
    Router::new().fallback_service(files).layer(from_fn(rules))
}

async fn rules(request: Request, next: Next) -> Response {
    // What a folder hides from `ls`, it hides from the web: `.git`, `.env`.
    let hidden = request.uri().path().replace("%2e", ".").replace("%2E", ".").contains("/.");
    let response = if hidden { None } else { Some(next.run(request).await) };
    let mut response = match response {
        Some(found) if found.status() != StatusCode::NOT_FOUND => found,
        _ => return (StatusCode::NOT_FOUND, "there is no such preview\n").into_response(),
    };
    if response.status().is_success() {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHE));
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(is_picture) {
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        }
    }
    response
}

/// Whether a browser shows it without treating it as a page.
fn is_picture(content_type: &str) -> bool {
    let begins = |prefix| content_type.starts_with(prefix);
    (begins("image/") && !begins("image/svg")) || begins("video/") || begins("audio/")
}

#[cfg(test)]
mod tests {
    use crate::config::GatewayConfig;
    use crate::testing::{TestServer, away, dashboard};

    /// A gateway with previews, and a secret beside their folder.
    async fn server() -> (TestServer, tempfile::TempDir) {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("previews");
        std::fs::create_dir_all(folder.join("deep/.git")).unwrap();
        for (name, content) in [
            ("dune.mp4", "0123456789"),
            ("dune.svg", "<svg><script>alert(1)</script></svg>"),
            ("page.html", "<script src=dune.js></script>"),
            ("dune.jpg", "jpg"),
            ("deep/poster.png", "png"),
            ("deep/index.html", "an index"),
            ("deep/.git/config", "hidden"),
            ("../secret.txt", "secret"),
        ] {
            std::fs::write(folder.join(name), content).unwrap();
        }
        let config = GatewayConfig { media_dir: Some(folder), ..GatewayConfig::default() };
        (TestServer::start_with(Err(away()), config, dashboard()).await, parent)
    }

    #[tokio::test]
    async fn a_video_can_seek() {
        let (server, _folder) = server().await;
        let whole = server.get("/media/dune.mp4", &[("accept-encoding", "gzip, br")]).await;
        assert_eq!((whole.status, whole.text()), (200, "0123456789"));
        assert_eq!(whole.header("content-type"), "video/mp4");
        assert_eq!(whole.header("accept-ranges"), "bytes");
        assert_eq!(whole.header("content-encoding"), "");
        assert_eq!(whole.header("x-content-type-options"), "nosniff");

        let part = server.get("/media/dune.mp4", &[("range", "bytes=2-4")]).await;
        assert_eq!((part.status, part.text()), (206, "234"));
        assert_eq!(part.header("content-range"), "bytes 2-4/10");
        let rest = server.get("/media/dune.mp4", &[("range", "bytes=-3")]).await;
        assert_eq!((rest.status, rest.text()), (206, "789"));
        let beyond = server.get("/media/dune.mp4", &[("range", "bytes=20-")]).await;
        assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */10"));

        let since = whole.header("last-modified").to_owned();
        let again = server.get("/media/dune.mp4", &[("if-modified-since", &since)]).await;
        assert_eq!(again.status, 304);
        assert_eq!(server.send("DELETE", "/media/dune.mp4", &[], b"").await.status, 405);
    }

    #[tokio::test]
    async fn a_document_among_the_previews_cannot_act() {
        let (server, _folder) = server().await;
        for (path, content_type, is_document) in [
            ("/media/dune.svg", "image/svg+xml", true),
            ("/media/page.html", "text/html", true),
            ("/media/dune.jpg", "image/jpeg", false),
            ("/media/deep/poster.png", "image/png", false),
        ] {
            let reply = server.get(path, &[]).await;
            assert_eq!((reply.status, reply.header("content-type")), (200, content_type));
            let policy = reply.header("content-security-policy");
            assert_eq!(policy == super::POLICY, is_document, "{path}: {policy}");
        }
    }

    #[tokio::test]
    async fn nothing_else_of_the_disk_is_served() {
        let (server, _folder) = server().await;
        for path in [
            "/media/",
            "/media/deep",
            "/media/deep/",
            "/media/nothing.mp4",
            "/media/../secret.txt",
            "/media/%2e%2e/secret.txt",
            "/media/..%2fsecret.txt",
            "/media/%2e%2e%2fsecret.txt",
            "/media/deep/%2E%2E/%2E%2E/secret.txt",
            "/media//etc/passwd",
            "/media/deep/.git/config",
            "/media/deep/%2egit/config",
            "/media/..\\secret.txt",
            "/media/dune.mp4%00.jpg",
        ] {
            let reply = server.get(path, &[("accept", "text/html")]).await;
            assert_eq!(reply.status, 404, "{path}: {}", reply.text());
        }
    }
}
