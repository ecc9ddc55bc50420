//! Tokens signed by others, and everything that is not a valid token.

use super::*;
use crate::access::jwk::key_set;

/// RFC 7515, appendices A.2 and A.3: keys, payload and signatures made by others.
const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const EC_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const EC_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const RS256: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const ES256: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

fn keys() -> Vec<PublicKey> {
    let set = format!(
        r#"{{"keys":[{{"kty":"RSA","n":"{RSA_N}","e":"AQAB"}},
            {{"kty":"EC","crv":"P-256","x":"{EC_X}","y":"{EC_Y}","kid":"ec"}}]}}"#
    );
    key_set(set.as_bytes()).unwrap()
}

fn part(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

fn verify(token: &str) -> Result<Map<String, Value>, TokenError> {
    Unverified::parse(token).and_then(|token| token.verify(&keys()))
}

#[test]
fn tokens_that_others_signed_verify_and_nothing_changed_does() {
    for (algorithm, signature) in [("RS256", RS256), ("ES256", ES256)] {
        let header = part(&format!(r#"{{"alg":"{algorithm}"}}"#));
        let said = verify(&format!("{header}.{PAYLOAD}.{signature}")).unwrap();
        assert_eq!(said["iss"], "joe", "{algorithm}");
        assert_eq!(said["exp"], 1_300_819_380);
        // A changed payload, header or signature.
        let other = part(r#"{"iss":"eve","exp":9999999999}"#);
        let typed = part(&format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#));
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        bytes[10] ^= 1;
        let changed = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        for token in [
            format!("{header}.{other}.{signature}"),
            format!("{typed}.{PAYLOAD}.{signature}"),
            format!("{header}.{PAYLOAD}.{changed}"),
            format!("{header}.{PAYLOAD}."),
        ] {
            assert_eq!(verify(&token), Err(TokenError::Signature), "{token}");
        }
    }
}

#[test]
fn no_other_algorithm_is_one() {
    for algorithm in
        ["none", "None", "NONE", "", "HS256", "HS512", "RS384", "PS256", "ES384", "EdDSA", "rs256"]
    {
        let header = part(&format!(r#"{{"alg":"{algorithm}"}}"#));
        for signature in ["", RS256, ES256] {
            let token = format!("{header}.{PAYLOAD}.{signature}");
            assert_eq!(verify(&token), Err(TokenError::Algorithm), "{algorithm}");
        }
    }
    // The signature of one type of key, declared as the other.
    for (algorithm, signature) in [("RS256", ES256), ("ES256", RS256)] {
        let header = part(&format!(r#"{{"alg":"{algorithm}"}}"#));
        let token = format!("{header}.{PAYLOAD}.{signature}");
        assert_eq!(verify(&token), Err(TokenError::Signature));
    }
}

#[test]
fn what_a_token_brings_along_is_not_believed() {
    let critical = part(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#);
    let token = format!("{critical}.{PAYLOAD}.{RS256}");
    assert_eq!(verify(&token), Err(TokenError::Critical));
    let jwk = format!(r#"{{"kty":"RSA","n":"{RSA_N}","e":"AQAB"}}"#);
    let header = part(&format!(r#"{{"alg":"RS256","jwk":{jwk}}}"#));
    let token = Unverified::parse(&format!("{header}.{PAYLOAD}.{RS256}")).unwrap().verify(&[]);
    assert_eq!(token, Err(TokenError::Signature));
    // A key with another id.
    let header = part(r#"{"alg":"ES256","kid":"other"}"#);
    assert_eq!(verify(&format!("{header}.{PAYLOAD}.{ES256}")), Err(TokenError::Signature));
}

#[test]
fn what_is_no_token_is_refused_whatever_it_is() {
    let header = part(r#"{"alg":"RS256"}"#);
    for token in [
        "".to_owned(),
        ".".to_owned(),
        "..".to_owned(),
        "....".to_owned(),
        header.clone(),
        format!("{header}.{PAYLOAD}"),
        format!("{header}.{PAYLOAD}.{RS256}.{RS256}"),
        format!("{header}=.{PAYLOAD}.{RS256}"),
        format!("{header}.{PAYLOAD}.{RS256} "),
        format!("{}.{PAYLOAD}.{RS256}", part("[]")),
        format!("{}.{PAYLOAD}.{RS256}", part("{}")),
        format!("{}.{PAYLOAD}.{RS256}", part(r#"{"alg":7}"#)),
        format!("{header}.{}.{RS256}", "a".repeat(MAX_BYTES)),
    ] {
        assert_eq!(Unverified::parse(&token).map(|_| ()), Err(TokenError::Shape), "{token}");
    }
}

#[test]
fn only_keys_for_these_signatures_are_taken_of_a_set() {
    let set = format!(
        r#"{{"keys":[
            {{"kty":"RSA","n":"{RSA_N}","e":"AQAB","use":"enc"}},
            {{"kty":"RSA","n":"{RSA_N}","e":"AQAB","alg":"RS512"}},
            {{"kty":"RSA","e":"AQAB"}},
            {{"kty":"EC","crv":"P-384","x":"{EC_X}","y":"{EC_Y}"}},
            {{"kty":"EC","crv":"P-256","x":"AA","y":"{EC_Y}"}},
            {{"kty":"oct","k":"{EC_X}","alg":"HS256"}},
            {{"kty":7}}, "x"]}}"#
    );
    assert_eq!(key_set(set.as_bytes()).unwrap(), []);
    for text in ["", "[]", "{}", r#"{"keys":{}}"#] {
        assert!(key_set(text.as_bytes()).is_err(), "{text}");
    }
}
