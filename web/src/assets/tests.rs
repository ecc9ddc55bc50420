//! Who gets which file.

use super::*;
use crate::config::GatewayConfig;
use crate::testing::{Reply, TestServer, away, dashboard};

const HTML: &[(&str, &str)] = &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];

async fn server(dashboard: Dashboard) -> TestServer {
    // Pages come whether serving is there or not.
    TestServer::start_with(Err(away()), GatewayConfig::default(), dashboard).await
}

#[tokio::test]
async fn pages_are_pages_and_files_are_files() {
    let server = server(dashboard()).await;
    for (path, headers, expected) in [
        ("/", HTML, "<title>Clio</title>"),
        ("/", &[], "<title>Clio</title>"),
        ("/index.html", &[], "<title>Clio</title>"),
        ("/titles/t1", HTML, "<title>Clio</title>"),
        ("/titles/v1.25", HTML, "<title>Clio</title>"),
        ("/?from=2026-01-01", HTML, "<title>Clio</title>"),
        ("/assets/a00015", HTML, "<title>Clio</title>"),
        ("/assets/poster.png", HTML, "<title>Clio</title>"),
        ("/assets/a%2Fb", HTML, "<title>Clio</title>"),
        ("/titles/Mr.%20T.", HTML, "<title>Clio</title>"),
        ("/compare?sel=a.b,c.d", HTML, "<title>Clio</title>"),
        ("/favicon.svg", HTML, "<svg/>"),
        ("/static/index-DkF3a9xZ.js", &[], "export {}"),
        ("/graphiql", HTML, "<title>GraphiQL</title>"),
        ("/graphiql.html", HTML, "<title>GraphiQL</title>"),
    ] {
        let reply = server.get(path, headers).await;
        assert_eq!((reply.status, reply.text()), (200, expected), "{path}");
    }
    for (path, headers) in [
        ("/robots.txt", HTML),
        ("/static/index-00000000.js", HTML),
        ("/static/", HTML),
        ("/static/page", HTML),
        ("/assets/poster.png", &[]),
        ("/graphql/other", HTML),
        ("/media/dune.mp4", HTML),
        ("/.env", HTML),
        ("/titles/t1", &[("accept", "application/json")]),
        ("/titles/t1", &[]),
    ] {
        let reply = server.get(path, headers).await;
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (404, "text/plain; charset=utf-8")
        );
    }
    assert_eq!(server.send("POST", "/titles/t1", HTML, b"").await.status, 405);
    let head = server.send("HEAD", "/", HTML, b"").await;
    assert_eq!((head.status, head.text(), head.header("content-length")), (200, "", "19"));
}

#[tokio::test]
async fn every_answer_is_locked_down() {
    let server = server(dashboard()).await;
    let policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                  media-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; \
                  form-action 'self'; frame-ancestors 'none'";
    for path in
        ["/", "/static/index-DkF3a9xZ.js", "/robots.txt", "/graphql", "/healthz", "/media/x"]
    {
        let reply = server.get(path, &[]).await;
        assert_eq!(reply.header("content-security-policy"), policy, "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "same-origin", "{path}");
    }
    for path in ["/graphiql", "/graphiql.html"] {
        let reply = server.get(path, &[]).await;
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("style-src 'self' 'unsafe-inline'"), "{policy}");
        assert!(policy.contains("script-src 'self';"), "{policy}");
    }
}

#[tokio::test]
async fn only_named_by_content_is_kept_for_ever() {
    let server = server(dashboard()).await;
    let cache = async |path| {
        let reply: Reply = server.get(path, &[]).await;
        (reply.header("cache-control").to_owned(), reply.header("etag").to_owned())
    };
    let tag = "W/\"5eed\"".to_owned();
    assert_eq!(cache("/").await, (ASK_AGAIN.to_owned(), tag.clone()));
    assert_eq!(cache("/favicon.svg").await, (ASK_AGAIN.to_owned(), tag.clone()));
    assert_eq!(cache("/static/manifest.json").await, (ASK_AGAIN.to_owned(), tag.clone()));
    assert_eq!(cache("/static/index-DkF3a9xZ.js").await, (FOR_EVER.to_owned(), tag.clone()));

    for known in ["W/\"5eed\"", "\"5eed\"", "\"other\", W/\"5eed\"", "*"] {
        let reply = server.get("/", &[("if-none-match", known)]).await;
        assert_eq!((reply.status, reply.text()), (304, ""), "{known}");
        assert_eq!(reply.header("etag"), tag);
    }
    assert_eq!(server.get("/", &[("if-none-match", "\"other\"")]).await.status, 200);
}

#[tokio::test]
async fn text_is_compressed_for_those_who_ask() {
    fn find(_: &str) -> Option<Asset> {
        let content = Bytes::from("x".repeat(10_000));
        // No Brotli: what the build made is passed on as it is.
        let brotli = Some(Bytes::from_static(b"packed"));
        let content_type = "text/javascript".to_owned();
        Some(Asset { content, brotli, content_type, tag: "1".to_owned() })
    }
    let server = server(Dashboard { find, has_graphiql: true }).await;
    for (accepted, expected) in [
        ("gzip", "gzip"),
        ("gzip, br", "br"),
        ("BR;q=0.5, gzip;q=1", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.000", ""),
        ("brotli", ""),
        ("identity", ""),
    ] {
        let reply = server.get("/a.js", &[("accept-encoding", accepted)]).await;
        assert_eq!(reply.body == b"packed", expected == "br", "{accepted}");
        assert_eq!(reply.header("content-encoding"), expected);
        assert_eq!(reply.body.len() < 1_000, !expected.is_empty());
        assert!(reply.header("vary").contains("accept-encoding"));
    }
}

#[tokio::test]
async fn without_a_build_the_page_says_how_to_build() {
    let server = server(Dashboard { find: |_| None, has_graphiql: true }).await;
    let reply = server.get("/", HTML).await;
    assert_eq!((reply.status, reply.header("cache-control")), (503, "no-store"));
    assert!(reply.text().contains("npm ci &amp;&amp; npm run build"), "{}", reply.text());
    let reply = server.get("/graphiql", HTML).await;
    assert_eq!(reply.status, 404);
    assert!(reply.text().contains("npm run build"), "{}", reply.text());
    assert_eq!(server.get("/robots.txt", HTML).await.status, 404);
}

#[tokio::test]
async fn graphiql_can_be_switched_off() {
    let server = server(Dashboard { has_graphiql: false, ..dashboard() }).await;
    for path in ["/graphiql", "/graphiql.html"] {
        let reply = server.get(path, HTML).await;
        assert_eq!(reply.status, 404);
        assert!(reply.text().contains("switched off"), "{}", reply.text());
    }
}

#[test]
fn embedded_files_stay_in_their_folder() {
    for name in ["../package.json", "static/../../package.json", "/etc/passwd", ".", "a//b"] {
        assert!(find_embedded(name).is_none(), "{name}");
    }
}
