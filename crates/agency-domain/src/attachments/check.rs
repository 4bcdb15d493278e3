//! Checks what somebody wants to attach, all of it at once.

use super::name::{plain, unique};
use super::{AttachedFile, Attachment, MediaType, size_in_words};
use sha2::{Digest, Sha256};

/// More than a request needs; each is sent to every step.
const FILES_MAX: usize = 8;
/// A screenshot of a large display has 2 MB; providers take little more of one file.
const FILE_BYTES_MAX: usize = 5 * MEGABYTE;
/// Of all together: what one message may carry of them.
const ALL_BYTES_MAX: usize = 10 * MEGABYTE;
const MEGABYTE: usize = 1024 * 1024;

/// A file as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenFile {
    pub name: String,
    /// As its sender calls it; empty where they do not say.
    pub media_type: String,
    pub content: Vec<u8>,
}

/// The files as they are kept.
///
/// # Errors
/// Every fault, each with its field (`attachments[2].data`) and what to do.
pub fn check(given: Vec<GivenFile>) -> Result<Vec<AttachedFile>, Vec<(String, String)>> {
    let mut faults = Vec::new();
    if given.len() > FILES_MAX {
        faults.push((
            "attachments".to_owned(),
            format!("attach at most {FILES_MAX} files; put more into the repository and name them in the description"),
        ));
    }
    let all: usize = given.iter().map(|file| file.content.len()).sum();
    if all > ALL_BYTES_MAX {
        let (found, most) = (size_in_words(all as u64), size_in_words(ALL_BYTES_MAX as u64));
        faults.push((
            "attachments".to_owned(),
            format!("these are {found} together, and {most} are possible; leave some out, or make them smaller"),
        ));
    }
    let mut files: Vec<AttachedFile> = Vec::new();
    for (place, file) in given.into_iter().enumerate() {
        match kind_of(&file) {
            Ok(kind) => files.push(kept(file, place, kind, &files)),
            Err((field, message)) => faults.push((format!("attachments[{place}].{field}"), message)),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}

fn kind_of(file: &GivenFile) -> Result<MediaType, (&'static str, String)> {
    if file.content.is_empty() {
        return Err(("data", "this file is empty; leave it out".into()));
    }
    if file.content.len() > FILE_BYTES_MAX {
        let (found, most) = (size_in_words(file.content.len() as u64), size_in_words(FILE_BYTES_MAX as u64));
        return Err(("data", format!("this file has {found}, and {most} are possible; make it smaller, or put it into the repository")));
    }
    let Some(kind) = MediaType::of_content(&file.content) else {
        return Err(("data", "this is no PNG, JPEG, GIF or WebP picture, no PDF and no text in UTF-8; save it as one of these".into()));
    };
    if !file.media_type.trim().is_empty() && !kind.is_called(&file.media_type) {
        return Err(("media_type", format!("the content is {kind}, and not {:?}; say so, or leave the type out", file.media_type.trim())));
    }
    Ok(kind)
}

fn kept(file: GivenFile, place: usize, kind: MediaType, before: &[AttachedFile]) -> AttachedFile {
    let taken: Vec<&str> = before.iter().map(|file| file.about.name.as_str()).collect();
    let name = unique(&plain(&file.name, place, kind), &taken);
    let about =
        Attachment { name, media_type: kind, size: file.content.len() as u64, sha256: format!("{:x}", Sha256::digest(&file.content)) };
    AttachedFile { about, content: file.content.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

    fn file(name: &str, media_type: &str, content: &[u8]) -> GivenFile {
        GivenFile { name: name.into(), media_type: media_type.into(), content: content.to_vec() }
    }

    fn fields(given: Vec<GivenFile>) -> Vec<String> {
        check(given).unwrap_err().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn what_fits_is_kept_under_plain_names_with_its_hash() {
        let files =
            check(vec![file("a/shot.png", "image/png", PNG), file("shot.png", "", PNG), file("notes.md", "text/markdown", b"# Hi")])
                .unwrap();
        let about: Vec<_> = files.iter().map(|file| (file.about.name.as_str(), file.about.media_type, file.about.size)).collect();
        assert_eq!(about, [("shot.png", MediaType::Png, 12), ("shot-2.png", MediaType::Png, 12), ("notes.md", MediaType::Text, 4)]);
        assert_eq!((files[0].about.sha256.len(), &files[0].about.sha256), (64, &files[1].about.sha256));
        assert_eq!(check(Vec::new()), Ok(Vec::new()));
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_field() {
        assert_eq!(fields(vec![file("a.png", "image/png", PNG), file("a.png", "image/jpeg", PNG)]), ["attachments[1].media_type"]);
        assert_eq!(
            fields(vec![file("a.bin", "", b"\0\x01"), file("b", "text/plain", b"caf\xe9"), file("c", "", b"")]),
            ["attachments[0].data", "attachments[1].data", "attachments[2].data"]
        );
        assert_eq!(fields(vec![file("a.txt", "", &vec![b'a'; FILE_BYTES_MAX + 1])]), ["attachments[0].data"]);
        assert_eq!(fields(vec![file("a.txt", "", &vec![b'a'; 4 * MEGABYTE]); 3]), ["attachments"]);
        assert_eq!(fields(vec![file("a.txt", "", b"a"); FILES_MAX + 1]), ["attachments"]);
        assert!(check(vec![file("a.txt", "", &vec![b'a'; FILE_BYTES_MAX]); 2]).is_ok());
    }
}
