//! TLS of gateway, serving and their clients: certificates from PEM files, which are read again when they change.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clio_proto::{ClientTls, Identity, Offered, ServerTls, WrongTls};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::settings::TlsSettings;
use crate::usage::Usage;
use crate::watched;

/// What the gateway shows to browsers; `None` if it speaks HTTP in clear text.
///
/// # Errors
///
/// Files that cannot be used, and settings that require others.
pub(crate) fn of_gateway(
    settings: &TlsSettings,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<ServerTls>> {
    let TlsSettings { http_certificate, http_key, .. } = settings;
    let pair = Pair { certificate: http_certificate, key: http_key, flag: "http-certificate" };
    server(Offered::Web, pair, None, tasks, stop)
}

/// What serving shows, and to whom; `None` if it speaks gRPC in clear text.
///
/// # Errors
///
/// Files that cannot be used, and settings that require others.
pub(crate) fn of_serving(
    settings: &TlsSettings,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<ServerTls>> {
    let TlsSettings { grpc_certificate, grpc_key, client_ca, .. } = settings;
    let pair = Pair { certificate: grpc_certificate, key: grpc_key, flag: "grpc-certificate" };
    server(Offered::Grpc, pair, client_ca.as_deref(), tasks, stop)
}

/// How replicas at `https://` are called by something that runs on; `None` if no file is named.
///
/// # Errors
///
/// Files that cannot be used, and settings that require others.
pub(crate) fn of_client(
    settings: &TlsSettings,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<ClientTls>> {
    let Some((files, tls)) = client(settings)? else { return Ok(None) };
    let own = tls.clone();
    let texts = files.texts.clone();
    files.follow(texts, tasks, stop, move |files| {
        own.replace(files.authorities(), files.identity())
    });
    Ok(Some(tls))
}

/// How a replica at `https://` is called by a command that ends.
///
/// # Errors
///
/// Files that cannot be used, and settings that require others.
pub(crate) fn of_command(settings: &TlsSettings) -> anyhow::Result<Option<ClientTls>> {
    Ok(client(settings)?.map(|(_, tls)| tls))
}

fn client(settings: &TlsSettings) -> anyhow::Result<Option<(Files, ClientTls)>> {
    let TlsSettings { serving_ca, client_certificate, client_key, .. } = settings;
    let pair =
        Pair { certificate: client_certificate, key: client_key, flag: "client-certificate" };
    let pair = pair.files()?;
    if pair.is_none() && serving_ca.is_none() {
        return Ok(None);
    }
    let files = Files::read(pair, serving_ca.as_deref())?;
    let tls = ClientTls::new(files.authorities(), files.identity());
    let tls = tls.with_context(|| format!("cannot call serving by TLS with {}", files.named()))?;
    Ok(Some((files, tls)))
}

fn server(
    offered: Offered,
    pair: Pair<'_>,
    client_ca: Option<&Path>,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<ServerTls>> {
    let flag = pair.flag;
    let Some(pair) = pair.files()? else {
        return match client_ca {
            None => Ok(None),
            Some(_) => Err(Usage(format!(
                "`--client-ca` asks clients for certificates, and serving has none of its own to show; add `--{flag}`"
            ))
            .into()),
        };
    };
    let files = Files::read(Some(pair), client_ca)?;
    let identity = files.identity().expect("it was just given");
    let tls = ServerTls::new(offered, identity, files.authorities());
    let tls = tls.with_context(|| format!("cannot serve by TLS with {}", files.named()))?;
    let own = tls.clone();
    let texts = files.texts.clone();
    files.follow(texts, tasks, stop, move |files| {
        let identity = files.identity().expect("files stay what they were named for");
        own.replace(identity, files.authorities())
    });
    Ok(Some(tls))
}

/// The files of a certificate and its key, as settings name them.
#[derive(Clone, Copy)]
struct Pair<'a> {
    certificate: &'a Option<PathBuf>,
    key: &'a Option<PathBuf>,
    /// The flag of the certificate, without its dashes.
    flag: &'static str,
}

impl Pair<'_> {
    /// Both files; the key may be in that of the certificate.
    fn files(&self) -> Result<Option<[PathBuf; 2]>, Usage> {
        match (self.certificate, self.key) {
            (Some(certificate), key) => {
                let key = key.as_ref().unwrap_or(certificate);
                Ok(Some([certificate.clone(), key.clone()]))
            }
            (None, None) => Ok(None),
            (None, Some(_)) => {
                let flag = self.flag;
                Err(Usage(format!(
                    "`--{flag}-key` is of a certificate, and none is named; add `--{flag}`"
                )))
            }
        }
    }
}

/// PEM files, and their texts as they were last read.
struct Files {
    paths: Vec<PathBuf>,
    texts: Vec<String>,
    has_identity: bool,
}

impl Files {
    fn read(pair: Option<[PathBuf; 2]>, authorities: Option<&Path>) -> anyhow::Result<Self> {
        let has_identity = pair.is_some();
        let paths: Vec<_> =
            pair.into_iter().flatten().chain(authorities.map(Path::to_owned)).collect();
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path);
            text.with_context(|| format!("cannot read the PEM file `{}`", path.display()))
        };
        let texts = paths.iter().map(read).collect::<anyhow::Result<_>>()?;
        Ok(Self { paths, texts, has_identity })
    }

    fn identity(&self) -> Option<Identity<'_>> {
        match self.texts.as_slice() {
            [certificate, key, ..] if self.has_identity => Some(Identity { certificate, key }),
            _ => None,
        }
    }

    fn authorities(&self) -> Option<&str> {
        self.texts.get(if self.has_identity { 2 } else { 0 }).map(String::as_str)
    }

    fn named(&self) -> String {
        let names: Vec<_> = self.paths.iter().map(|path| path.to_string_lossy()).collect();
        clio_proto::quoted(names.iter().map(AsRef::as_ref))
    }

    /// Has every change of the files taken. One that does not hold is said and changes nothing: certificate and key are
    /// two files, of which one is written first.
    fn follow(
        mut self,
        last: Vec<String>,
        tasks: &mut JoinSet<anyhow::Result<()>>,
        stop: &CancellationToken,
        take: impl Fn(&Self) -> Result<(), WrongTls> + Send + Sync + 'static,
    ) {
        let stop = stop.clone();
        tasks.spawn(async move {
            let (paths, named) = (self.paths.clone(), self.named());
            watched::follow_all(paths, last, stop, |texts| {
                let taken = texts.map_err(anyhow::Error::from).and_then(|texts| {
                    self.texts = texts.to_vec();
                    Ok(take(&self)?)
                });
                match taken {
                    Ok(()) => tracing::info!(files = named, "certificates were read again"),
                    Err(error) => tracing::warn!(
                        files = named,
                        error = format!("{error:#}"),
                        "certificates stay what they were: their files do not hold together"
                    ),
                }
            })
            .await;
            Ok(())
        });
    }
}
