//! Handshakes between both sides, with authorities made for one test.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

/// An authority made for one test.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for a name, and its key.
    fn signs(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

fn identity((certificate, key): &(String, String)) -> Identity<'_> {
    Identity { certificate, key }
}

/// One connection on which the client says a word and hears it again; the certificate that it was shown.
async fn talk(server: &ServerTls, client: &ClientTls, host: &str) -> io::Result<Vec<u8>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = server.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (stream, _) = listener.accept().await?;
        let mut stream = server.accept(stream).await?;
        let mut word = [0; 4];
        stream.read_exact(&mut word).await?;
        stream.write_all(&word).await?;
        stream.shutdown().await
    });
    let talked = async {
        let stream = TcpStream::connect(address).await?;
        let mut stream = client.connect(host, stream).await?;
        let shown = stream.get_ref().1.peer_certificates().expect("it was checked");
        let shown = shown.first().expect("it is not empty").to_vec();
        stream.write_all(b"word").await?;
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await?;
        assert_eq!(heard, b"word");
        Ok(shown)
    };
    talked.await
}

#[tokio::test]
async fn a_server_is_believed_by_its_authority_and_name_alone() {
    let (authority, other) = (Authority::new(), Authority::new());
    let own = authority.signs("localhost");
    let server = ServerTls::new(Offered::Grpc, identity(&own), None).unwrap();
    let client = ClientTls::new(Some(&authority.pem), None).unwrap();
    talk(&server, &client, "localhost").await.unwrap();

    let error = talk(&server, &client, "elsewhere.example.com").await.unwrap_err().to_string();
    assert!(error.contains("`elsewhere.example.com` shows is not believed"), "{error}");
    let stranger = ClientTls::new(Some(&other.pem), None).unwrap();
    let error = talk(&server, &stranger, "localhost").await.unwrap_err().to_string();
    assert!(error.contains("is not believed") && error.contains("--serving-ca"), "{error}");
    let error = talk(&server, &client, "no name").await.unwrap_err().to_string();
    assert!(error.contains("no name for a certificate"), "{error}");
}

#[tokio::test]
async fn a_server_by_address_is_believed_too() {
    let authority = Authority::new();
    let own = authority.signs("127.0.0.1");
    let server = ServerTls::new(Offered::Grpc, identity(&own), None).unwrap();
    let client = ClientTls::new(Some(&authority.pem), None).unwrap();
    talk(&server, &client, "127.0.0.1").await.unwrap();
}

#[tokio::test]
async fn mutual_tls_serves_nobody_without_a_certificate_of_its_authorities() {
    let (authority, other) = (Authority::new(), Authority::new());
    let own = authority.signs("localhost");
    let server = ServerTls::new(Offered::Grpc, identity(&own), Some(&authority.pem)).unwrap();
    assert!(server.asks_clients());
    let named = authority.signs("gateway");
    let known = ClientTls::new(Some(&authority.pem), Some(identity(&named))).unwrap();
    talk(&server, &known, "localhost").await.unwrap();

    let foreign = other.signs("gateway");
    for identity in [None, Some(identity(&foreign))] {
        let client = ClientTls::new(Some(&authority.pem), identity).unwrap();
        talk(&server, &client, "localhost").await.unwrap_err();
    }
}

#[tokio::test]
async fn replaced_certificates_are_shown_from_the_next_connection_on() {
    let authority = Authority::new();
    let (before, after) = (authority.signs("localhost"), authority.signs("localhost"));
    let server = ServerTls::new(Offered::Grpc, identity(&before), None).unwrap();
    let client = ClientTls::new(Some(&authority.pem), None).unwrap();
    let first = talk(&server, &client, "localhost").await.unwrap();
    let clone = server.clone();
    // Half of a rotation: the certificate is written and its key is not.
    let half = (after.0.clone(), before.1.clone());
    assert!(matches!(clone.replace(identity(&half), None), Err(WrongTls::Pair(_))));
    assert_eq!(talk(&server, &client, "localhost").await.unwrap(), first);
    let asking = clone.replace(identity(&after), Some(&authority.pem));
    assert!(matches!(asking, Err(WrongTls::Authorities(_))));
    clone.replace(identity(&after), None).unwrap();
    assert_ne!(talk(&server, &client, "localhost").await.unwrap(), first);

    let other = Authority::new();
    client.clone().replace(Some(&other.pem), None).unwrap();
    talk(&server, &client, "localhost").await.unwrap_err();
}

#[tokio::test]
async fn a_peer_in_clear_text_is_told_from_a_wrong_certificate() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let client = ClientTls::new(Some(&Authority::new().pem), None).unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let error = client.connect("localhost", stream).await.unwrap_err().to_string();
    assert!(error.contains("does not speak TLS"), "{error}");
}

#[test]
fn texts_that_cannot_be_used_are_refused_with_what_is_wrong() {
    let authority = Authority::new();
    let (own, other) = (authority.signs("localhost"), authority.signs("localhost"));
    let server = |certificate: &str, key: &str, authorities: Option<&str>| {
        let made = ServerTls::new(Offered::Web, Identity { certificate, key }, authorities);
        made.map(|_| ()).unwrap_err().to_string()
    };
    assert!(server("", &own.1, None).contains("the certificate is no PEM text"));
    assert!(server(&own.1, &own.1, None).contains("the certificate is no PEM text"));
    assert!(server(&own.0, "nothing", None).contains("the key is no PEM text"));
    assert!(server(&own.0, &other.1, None).contains("do not go together"));
    assert!(server(&own.0, &own.1, Some("")).contains("file of authorities is no PEM text"));
    let secret = format!("{:?}", identity(&own));
    assert!(!secret.contains("BEGIN"), "{secret}");
    // One file may hold both.
    let both = format!("{}{}", own.0, own.1);
    let made = ServerTls::new(Offered::Web, Identity { certificate: &both, key: &both }, None);
    assert!(made.is_ok());
}
