//! Secrets: how they are made, and the hash by which they are known.

use super::AccessError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// 256 bits: nobody guesses one, so that guessing needs no limit.
const BYTES: usize = 32;
/// By these letters, scanners for secrets know one that was committed somewhere.
const PREFIX: &str = "agency_";
/// Longer than any that was ever made; whatever is longer is not even hashed.
const LENGTH_MAX: usize = 200;

/// SHA-256 of a secret. A secret is looked for by this, so that how long a look takes says nothing about any secret that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Hash([u8; 32]);

impl Hash {
    /// `None` of what can be no secret.
    pub(super) fn of(secret: &str) -> Option<Self> {
        (secret.len() <= LENGTH_MAX && secret.starts_with(PREFIX)).then(|| Self(Sha256::digest(secret).into()))
    }

    /// Of lower-case hex, as it is stored.
    pub(super) fn parse(hex: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let pairs = hex.as_bytes().chunks_exact(2);
        if hex.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    pub(super) fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A new secret with its hash.
///
/// # Errors
/// Where the machine gives out no random numbers.
pub(super) fn new() -> Result<(String, Hash), AccessError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| AccessError::Random(error.to_string()))?;
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let hash = Hash(Sha256::digest(&secret).into());
    Ok((secret, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_hash_and_no_other_is() {
        let (secret, hash) = new().unwrap();
        let (other, _) = new().unwrap();
        assert_eq!(Hash::of(&secret), Some(hash));
        assert_ne!(Hash::of(&other), Some(hash));
        assert_eq!(Hash::parse(&hash.to_hex()), Some(hash));
        // It goes into a cookie, a header and the fragment of an address as it is.
        assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'), "{secret}");
        assert!(secret.len() >= 40);
    }

    #[test]
    fn what_can_be_no_secret_has_no_hash() {
        for text in ["", "letmein", &format!("agency_{}", "x".repeat(1_000))] {
            assert_eq!(Hash::of(text), None, "{text}");
        }
        for text in ["", "12", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(Hash::parse(text), None, "{text}");
        }
    }
}
