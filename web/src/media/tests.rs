//! Previews are served, and nothing else of the folder.

use crate::config::GatewayConfig;
use crate::testing::{TestServer, dashboard, serving};

const MP4: &str = "\0\0\0\x18ftypisom23456789";
const SVG: &str = "<?xml version='1.0'?><svg><script>alert(1)</script></svg>";

/// A gateway with previews and much else in their folder, a secret beside it, and a lookup that names
/// all of it.
async fn server() -> (TestServer, tempfile::TempDir) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("previews");
    std::fs::create_dir_all(folder.join("deep/.git")).unwrap();
    for (name, content) in [
        ("dune.mp4", MP4),
        ("dune.svg", SVG),
        ("a b+ü.svg", SVG),
        ("unnamed.svg", SVG),
        ("page.html", "<script src=dune.js></script>"),
        ("media.toml", "[dataset]"),
        ("part-00000.parquet", "PAR1"),
        ("no-picture.jpg", "PAR1"),
        ("no-svg.svg", "<html><svg/></html>"),
        ("deep/index.svg", SVG),
        ("deep/.git/config.svg", SVG),
        ("../secret.svg", SVG),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
    }
    std::fs::create_dir(folder.join("folder.svg")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink("../secret.svg", folder.join("link.svg")).unwrap();
        symlink("..", folder.join("up")).unwrap();
        symlink("dune.svg", folder.join("inside.svg")).unwrap();
    }
    let config = GatewayConfig { media_dir: Some(folder), ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.cubes.name_media(|address| !address.contains("unnamed"));
    (server, parent)
}

#[tokio::test]
async fn a_video_can_seek() {
    let (server, _folder) = server().await;
    let whole = server.get("/media/dune.mp4", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!((whole.status, whole.text()), (200, MP4));
    assert_eq!(whole.header("content-type"), "video/mp4");
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("content-encoding"), "");
    assert_eq!(whole.header("x-content-type-options"), "nosniff");

    let part = server.get("/media/dune.mp4", &[("range", "bytes=4-7")]).await;
    assert_eq!((part.status, part.text()), (206, "ftyp"));
    assert_eq!(part.header("content-range"), "bytes 4-7/20");
    let rest = server.get("/media/dune.mp4", &[("range", "bytes=-3")]).await;
    assert_eq!((rest.status, rest.text()), (206, "789"));
    let beyond = server.get("/media/dune.mp4", &[("range", "bytes=20-")]).await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */20"));

    let since = whole.header("last-modified").to_owned();
    let again = server.get("/media/dune.mp4", &[("if-modified-since", &since)]).await;
    assert_eq!(again.status, 304);
    assert_eq!(server.send("DELETE", "/media/dune.mp4", &[], b"").await.status, 405);
}

#[tokio::test]
async fn a_picture_that_is_a_page_cannot_act() {
    let (server, _folder) = server().await;
    for path in ["/media/dune.svg", "/media/deep/index.svg", "/media/a%20b%2B%C3%BC.svg?v=2"] {
        let reply = server.get(path, &[]).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "image/svg+xml"));
        assert_eq!(reply.header("content-security-policy"), super::POLICY);
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn a_lookup_may_write_an_address_in_several_ways() {
    let (server, _folder) = server().await;
    for written in ["/media/a b+ü.svg", "/media/a%20b+%C3%BC.svg", "/media/a b+ü.svg?v=2"] {
        server.cubes.name_media(move |address| address == written);
        let reply = server.get("/media/a%20b+%C3%BC.svg?v=2", &[]).await;
        assert_eq!(reply.status, 200, "{written}");
    }
    server.cubes.name_media(|_| false);
    assert_eq!(server.get("/media/a%20b+%C3%BC.svg", &[]).await.status, 404);
}

/// Events, models, links and hidden files: whatever the lookup says, they are no previews.
#[tokio::test]
async fn nothing_but_previews_is_served() {
    let (server, _folder) = server().await;
    for path in [
        "/media/",
        "/media",
        "/media/deep",
        "/media/deep/",
        "/media/nothing.mp4",
        "/media/unnamed.svg",
        "/media/media.toml",
        "/media/page.html",
        "/media/part-00000.parquet",
        "/media/no-picture.jpg",
        "/media/no-svg.svg",
        "/media/folder.svg",
        "/media/link.svg",
        "/media/up/secret.svg",
        "/media/../secret.svg",
        "/media/%2e%2e/secret.svg",
        "/media/..%2fsecret.svg",
        "/media/%2e%2e%2fsecret.svg",
        "/media/%252e%252e/secret.svg",
        "/media/deep/%2E%2E/%2E%2E/secret.svg",
        "/media//dune.svg",
        "/media/./dune.svg",
        "/media//etc/passwd",
        "/media/deep/.git/config.svg",
        "/media/deep/%2egit/config.svg",
        "/media/..\\secret.svg",
        "/media/dune.svg%00.svg",
        "/media/dune.svg%00",
        "/media/media.toml%00.svg",
        "/media/media.toml?.svg",
        "/media/media.toml%3f.svg",
        "/media/dune.svg/",
        "/media/%ff.svg",
    ] {
        let reply = server.get(path, &[("accept", "text/html")]).await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.text());
    }
    if cfg!(unix) {
        assert_eq!(server.get("/media/inside.svg", &[]).await.status, 200);
    }
}

#[tokio::test]
async fn without_serving_there_are_no_previews() {
    let (server, _folder) = server().await;
    server.cubes.tell(Err(crate::testing::away()));
    let reply = server.get("/media/dune.svg", &[]).await;
    assert_eq!(reply.status, 503);
    assert!(!reply.text().contains("50051"), "{}", reply.text());
}

#[test]
fn a_type_is_told_by_the_first_bytes() {
    let is = |ending: &str, head: &[u8]| {
        super::KINDS
            .iter()
            .filter(|kind| kind.endings.contains(&ending))
            .all(|kind| (kind.is_it)(head))
    };
    assert!(is("svg", b"\xef\xbb\xbf <?xml version=\"1.0\"?>\n<!-- a -> b --><!DOCTYPE svg><svg "));
    assert!(!is("svg", b"<html><svg></svg></html>"));
    assert!(!is("svg", b"PAR1"));
    assert!(is("png", b"\x89PNG\r\n\x1a\n...") && !is("png", b"\x89PNX"));
    assert!(is("webp", b"RIFF....WEBPVP8 ") && !is("webp", b"RIFF....WAVE"));
}
