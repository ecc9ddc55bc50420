//! Connections of gRPC: plain, or by TLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use clio_proto::ServerTls;
use futures::stream::{BoxStream, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;
use tonic::transport::server::{Connected, TcpConnectInfo, TcpIncoming};

/// How many clients may be in the middle of a handshake. While so many are, no other is let in; each takes ten seconds at
/// most.
const MAX_HANDSHAKES: usize = 512;

/// The connections of a listener, each once it can be used. A client with which there is no agreement on TLS is left out.
pub(super) fn incoming(
    listener: TcpListener,
    tls: Option<ServerTls>,
) -> BoxStream<'static, io::Result<Connection>> {
    // Small answers are sent at once; otherwise each would wait some 40 ms for the peer's acknowledgement. The
    // builder's own setting applies only to listeners that it opens itself.
    let plain = TcpIncoming::from(listener).with_nodelay(Some(true));
    let Some(tls) = tls else {
        return plain.map(|stream| Ok(Connection::Plain(stream?))).boxed();
    };
    let agreed = plain.map(move |stream| {
        let tls = tls.clone();
        async move { Ok(Connection::Encrypted(Box::new(tls.accept(stream?).await?))) }
    });
    let with_failures = agreed.buffer_unordered(MAX_HANDSHAKES);
    with_failures
        .filter_map(|connection: io::Result<Connection>| async move {
            // Probes and scanners do this all day.
            connection
                .inspect_err(|error| tracing::debug!(%error, "no agreement on TLS"))
                .ok()
                .map(Ok)
        })
        .boxed()
}

/// A connection of a client.
pub(super) enum Connection {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        match self {
            Self::Plain(stream) => stream.connect_info(),
            Self::Encrypted(stream) => stream.get_ref().0.connect_info(),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Encrypted(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Encrypted(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Encrypted(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Encrypted(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
