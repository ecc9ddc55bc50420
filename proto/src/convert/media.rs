//! Whether previews exist, to the wire and back.

use crate::wire;

/// Spellings of a preview's address, for a server.
pub fn has_media_request_to_wire(addresses: Vec<String>) -> wire::HasMediaRequest {
    wire::HasMediaRequest { addresses }
}

/// Spellings of a preview's address, as received by a server.
pub fn has_media_request_from_wire(request: wire::HasMediaRequest) -> Vec<String> {
    let wire::HasMediaRequest { addresses } = request;
    addresses
}

/// Whether a lookup contains one of them, for a client.
pub fn has_media_to_wire(is_named: bool) -> wire::HasMediaResponse {
    wire::HasMediaResponse { is_named }
}

/// Whether a lookup contains one of them, as received by a client.
pub fn has_media_from_wire(response: wire::HasMediaResponse) -> bool {
    let wire::HasMediaResponse { is_named } = response;
    is_named
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    #[test]
    fn previews_survive() {
        let addresses = vec!["/media/a%20b.png".to_owned(), "/media/a b.png".to_owned()];
        let bytes = has_media_request_to_wire(addresses.clone()).encode_to_vec();
        let request = wire::HasMediaRequest::decode(bytes.as_slice()).unwrap();
        assert_eq!(has_media_request_from_wire(request), addresses);
        for is_named in [true, false] {
            let bytes = has_media_to_wire(is_named).encode_to_vec();
            let response = wire::HasMediaResponse::decode(bytes.as_slice()).unwrap();
            assert_eq!(has_media_from_wire(response), is_named);
        }
    }
}
