//! Who may call: access tokens of scripts, sessions of browsers, and the code by which the first of either is made.
//!
//! Only a server that is told to asks (`server.login`). What it knows is in memory, so that no request waits for the database for it, and in the
//! database before anybody is told a secret. The code is in memory alone: it is made at the start, shown where the server was started, good
//! once, and gone when the server ends. Whoever can start the server can therefore always get in, and nobody can be locked out for good.

mod browser;
mod secret;

use agency_domain::access::{Credential, CredentialKind, CredentialStore, NAME_BYTES_MAX, Rights};
use agency_domain::pipelines::StoreError;
use agency_domain::{Clock, CredentialId, Ids, Timestamp};
use secret::Hash;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// How long a browser stays signed in.
pub(crate) const SESSION_DAYS: u32 = 30;
/// How long a token may be good for at most, where it ends at all.
pub(crate) const TOKEN_DAYS_MAX: u32 = 3_650;
/// More than people and scripts of one server need, and few enough to be read as one list.
const CREDENTIALS_MAX: usize = 500;
/// A use is noted where the last one that was noted is older than this.
const USE_NOTED_EVERY: Duration = Duration::from_mins(5);
const SECONDS_IN_A_DAY: i64 = 24 * 60 * 60;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) id: CredentialId,
    pub(crate) name: String,
    pub(crate) rights: Rights,
}

/// A credential that is to be made.
struct New {
    kind: CredentialKind,
    name: String,
    rights: Rights,
    made_by: Option<CredentialId>,
    expires_at: Option<Timestamp>,
}

/// Why there is no new credential.
#[derive(Debug, Error)]
pub(crate) enum AccessError {
    /// The secret is none that is good.
    #[error("unknown secret")]
    Unknown,
    #[error("use a name of 1 to {NAME_BYTES_MAX} bytes on one line")]
    Name,
    #[error(
        "this server asks nobody who they are, so that a token which only reads would keep nothing from whoever has it: start the server with AGENCY_SERVER__LOGIN=true first"
    )]
    AsksNobody,
    #[error("use 1 to {TOKEN_DAYS_MAX} days, or leave it out for a token that is good until it is revoked")]
    Days,
    #[error("there are {CREDENTIALS_MAX} access tokens and sessions already: revoke some first")]
    TooMany,
    #[error("this machine gives out no random numbers: {0}")]
    Random(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a server needs to know who calls.
pub(crate) struct Access {
    asks: bool,
    store: Arc<dyn CredentialStore>,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    /// Where uses are noted, whatever becomes of the request.
    notes: Handle,
    known: RwLock<HashMap<Hash, Credential>>,
    code: Mutex<Option<Hash>>,
    /// Counts up with each that is revoked.
    revoked: watch::Sender<u64>,
}

impl Access {
    /// Reads what there is. `asks`: nobody is answered who cannot say who they are.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub(crate) async fn open(
        asks: bool,
        store: Arc<dyn CredentialStore>,
        ids: Arc<dyn Ids>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let known = store.credentials().await?.into_iter().filter_map(|credential| {
            let hash = Hash::parse(&credential.secret_sha256);
            if hash.is_none() {
                tracing::error!(id = %credential.id, "a credential has no hash that can be read; it answers to nothing");
            }
            Some((hash?, credential))
        });
        let known = RwLock::new(known.collect());
        Ok(Self { asks, store, ids, clock, notes: Handle::current(), known, code: Mutex::new(None), revoked: watch::Sender::new(0) })
    }

    /// Whether a caller must say who they are.
    pub(crate) fn asks(&self) -> bool {
        self.asks
    }

    /// Makes the code that is good once, for a session or a token. An earlier one is good no more.
    ///
    /// # Errors
    /// Where the machine gives out no random numbers.
    pub(crate) fn new_code(&self) -> Result<String, AccessError> {
        let (secret, hash) = secret::new()?;
        *self.code() = Some(hash);
        Ok(secret)
    }

    /// Who shows this secret.
    pub(crate) fn caller(&self, secret: &str) -> Option<Caller> {
        let hash = Hash::of(secret)?;
        let now = self.clock.now();
        let (caller, noted) = {
            let known = self.known();
            let credential = known.get(&hash).filter(|credential| credential.is_good_at(now))?;
            (Caller { id: credential.id, name: credential.name.clone(), rights: credential.rights }, credential.last_used_at)
        };
        if noted.is_none_or(|noted| now.duration_since(noted).unsigned_abs() >= USE_NOTED_EVERY) {
            self.note_use(hash, caller.id, now);
        }
        Some(caller)
    }

    fn note_use(&self, hash: Hash, id: CredentialId, now: Timestamp) {
        if let Some(credential) = self.known_mut().get_mut(&hash) {
            credential.last_used_at = Some(now);
        }
        let store = Arc::clone(&self.store);
        self.notes.spawn(async move {
            if let Err(error) = store.note_use(id, now).await {
                tracing::warn!(%error, "the use of a credential could not be noted");
            }
        });
    }

    /// Whether whoever called with this may still be answered.
    pub(crate) fn is_good(&self, id: CredentialId) -> bool {
        let now = self.clock.now();
        self.known().values().any(|credential| credential.id == id && credential.is_good_at(now))
    }

    /// Changes whenever something is revoked: whoever answers for long looks again then.
    pub(crate) fn revocations(&self) -> watch::Receiver<u64> {
        self.revoked.subscribe()
    }

    /// All that are good, newest first.
    pub(crate) fn all(&self) -> Vec<Credential> {
        let now = self.clock.now();
        let mut all: Vec<Credential> = self.known().values().filter(|credential| credential.is_good_at(now)).cloned().collect();
        all.sort_by_key(|credential| std::cmp::Reverse(credential.id));
        all
    }

    /// A session for whoever shows the code or a token, which may do no more than the token and for no longer: what it is, and its secret. A session
    /// begins no other, which would not be known to have come from the token.
    ///
    /// # Errors
    /// Where the secret is none that is good, or nothing can be stored.
    pub(crate) async fn sign_in(&self, secret: &str, user_agent: &str) -> Result<(Credential, String), AccessError> {
        let browser = browser::name(user_agent);
        let end = days_after(self.clock.now(), SESSION_DAYS);
        let new = New { kind: CredentialKind::Session, name: browser, rights: Rights::All, made_by: None, expires_at: Some(end) };
        let Some(caller) = self.caller(secret) else {
            return self.spending(secret, self.keep(new)).await;
        };
        let token = Hash::of(secret).and_then(|hash| self.known().get(&hash).cloned());
        let token = token.filter(|token| token.kind == CredentialKind::Token).ok_or(AccessError::Unknown)?;
        let name = shortened(format!("{} ({})", caller.name, new.name));
        let expires_at = token.expires_at.map_or(Some(end), |expires_at| Some(expires_at.min(end)));
        self.keep(New { name, rights: token.rights, made_by: Some(token.id), expires_at, ..new }).await
    }

    /// A token for a script: what it is, and its secret, which is shown this once.
    ///
    /// # Errors
    /// Where name or days do not fit, or nothing can be stored.
    pub(crate) async fn make_token(&self, name: &str, days: Option<u32>, rights: Rights) -> Result<(Credential, String), AccessError> {
        let name = name.trim();
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
            return Err(AccessError::Name);
        }
        if days.is_some_and(|days| !(1..=TOKEN_DAYS_MAX).contains(&days)) {
            return Err(AccessError::Days);
        }
        if rights != Rights::All && !self.asks {
            return Err(AccessError::AsksNobody);
        }
        let expires_at = days.map(|days| days_after(self.clock.now(), days));
        self.keep(New { kind: CredentialKind::Token, name: name.to_owned(), rights, made_by: None, expires_at }).await
    }

    /// As [`Access::make_token`], for whoever shows the code.
    pub(crate) async fn make_first_token(
        &self,
        code: &str,
        name: &str,
        days: Option<u32>,
        rights: Rights,
    ) -> Result<(Credential, String), AccessError> {
        self.spending(code, self.make_token(name, days, rights)).await
    }

    /// Takes the code out of use and makes something by it; where that fails, the code is good again.
    async fn spending<T>(&self, code: &str, make: impl Future<Output = Result<T, AccessError>>) -> Result<T, AccessError> {
        let shown = Hash::of(code);
        let spent = self.code().take_if(|code| Some(*code) == shown).ok_or(AccessError::Unknown)?;
        let made = make.await;
        if made.is_err() {
            self.code().get_or_insert(spent);
        }
        made
    }

    async fn keep(&self, new: New) -> Result<(Credential, String), AccessError> {
        if self.all().len() >= CREDENTIALS_MAX {
            return Err(AccessError::TooMany);
        }
        let (secret, hash) = secret::new()?;
        let New { kind, name, rights, made_by, expires_at } = new;
        let credential = Credential {
            id: self.ids.credential(),
            kind,
            name,
            secret_sha256: hash.to_hex(),
            rights,
            made_by,
            created_at: self.clock.now(),
            expires_at,
            last_used_at: None,
        };
        self.store.keep(credential.clone()).await?;
        tracing::info!(id = %credential.id, kind = ?credential.kind, name = credential.name, "a credential was made");
        self.known_mut().insert(hash, credential.clone());
        Ok((credential, secret))
    }

    /// From here on nobody is answered who shows it, or a session that was begun with it.
    ///
    /// # Errors
    /// `Missing` where there is none that is good; else where nothing can be stored, and it stays good.
    pub(crate) async fn revoke(&self, id: CredentialId) -> Result<(), StoreError> {
        self.store.revoke(id, self.clock.now()).await?;
        self.known_mut().retain(|_, credential| credential.id != id && credential.made_by != Some(id));
        self.revoked.send_modify(|count| *count += 1);
        tracing::info!(%id, "a credential was revoked");
        Ok(())
    }

    fn known(&self) -> RwLockReadGuard<'_, HashMap<Hash, Credential>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, HashMap<Hash, Credential>> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn code(&self) -> MutexGuard<'_, Option<Hash>> {
        self.code.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn days_after(now: Timestamp, days: u32) -> Timestamp {
    let seconds = now.as_second().saturating_add(i64::from(days) * SECONDS_IN_A_DAY);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

/// A token's name with the browser's may be longer than a name.
fn shortened(mut name: String) -> String {
    let mut end = NAME_BYTES_MAX.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name
}

#[cfg(test)]
mod tests;
