//! Which errors are worth a retry.

use crate::damage::Damage;

/// Whether the cause of an error may be gone on a retry: a network or a storage that does not answer.
pub fn is_transient(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind as Io;
    let mut causes = std::iter::successors(Some(error), |cause| cause.source());
    let mut of_network = false;
    let of_system = causes.find_map(|cause| {
        if cause.is::<Damage>() {
            return Some(false);
        }
        match cause.downcast_ref::<object_store::Error>() {
            Some(object_store::Error::Generic { store, .. }) => {
                of_network |= *store != "LocalFileSystem";
            }
            Some(_) => return Some(false),
            None => {}
        }
        let kind = cause.downcast_ref::<std::io::Error>()?.kind();
        Some(matches!(
            kind,
            Io::Interrupted
                | Io::TimedOut
                | Io::ConnectionReset
                | Io::ConnectionRefused
                | Io::ConnectionAborted
                | Io::NotConnected
                | Io::BrokenPipe
                | Io::UnexpectedEof
                | Io::WouldBlock
                | Io::ResourceBusy
                | Io::NetworkDown
                | Io::NetworkUnreachable
                | Io::HostUnreachable
                | Io::StaleNetworkFileHandle
        ))
    });
    of_system.unwrap_or(of_network)
}

#[cfg(test)]
mod tests {
    use std::io;

    use crate::error::LakeError;

    fn lake(error: &object_store::Error) -> LakeError {
        LakeError::storage("", error)
    }

    fn generic(store: &'static str, kind: io::ErrorKind) -> object_store::Error {
        object_store::Error::Generic { store, source: Box::new(io::Error::from(kind)) }
    }

    #[test]
    fn a_network_may_come_back_and_a_wrong_folder_does_not() {
        for kind in [io::ErrorKind::TimedOut, io::ErrorKind::ConnectionReset] {
            assert!(lake(&generic("S3", kind)).is_transient(), "{kind}");
        }
        for kind in [io::ErrorKind::NotADirectory, io::ErrorKind::StorageFull] {
            assert!(!lake(&generic("LocalFileSystem", kind)).is_transient(), "{kind}");
        }
        let text = || "503 slow down".to_owned().into();
        assert!(lake(&object_store::Error::Generic { store: "S3", source: text() }).is_transient());
        let denied = object_store::Error::PermissionDenied { path: "a".to_owned(), source: text() };
        assert!(!lake(&denied).is_transient());
    }
}
