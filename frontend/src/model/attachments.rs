//! Files that are attached to a request: which can be, what is sent of them, and what the server says of them.

use super::bodies;
use super::format::bytes;
use agency_contract::{Attachment, FieldError};
use serde_json::Value;

const FILES_MAX: usize = 8;
const MEGABYTE: u64 = 1024 * 1024;
const FILE_BYTES_MAX: u64 = 5 * MEGABYTE;
const ALL_BYTES_MAX: u64 = 10 * MEGABYTE;
/// The name that the API gives the field.
pub const FIELD: &str = "attachments";
/// What a browser offers first where a file is chosen; the server looks at the content.
pub const ACCEPTED: &str = "image/png,image/jpeg,image/gif,image/webp,application/pdf,text/*,application/json,.md,.log,.toml,.yaml,.yml";
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A file that is held until the request is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub name: String,
    /// As the browser calls it; often empty for texts.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// The content in base64.
    pub data: String,
}

impl Held {
    pub fn new(name: String, media_type: String, content: &[u8]) -> Self {
        Self { name, media_type, size: content.len() as u64, data: base64(content) }
    }

    /// What a picture is shown by; `None` for all else.
    pub fn picture(&self) -> Option<String> {
        is_picture(&self.media_type).then(|| ["data:", &self.media_type, ";base64,", &self.data].concat())
    }

    pub fn label(&self) -> String {
        label(&self.name, self.size)
    }
}

/// Whether a browser shows it as a picture.
pub fn is_picture(media_type: &str) -> bool {
    PICTURES.contains(&media_type)
}

/// The name of a file and how large it is.
pub fn label(name: &str, size: u64) -> String {
    [name, ", ", &bytes(size)].concat()
}

/// The names of what is attached to a pipeline, in a line.
pub fn names(attachments: &[Attachment]) -> String {
    attachments.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Why a file cannot be added to those that are held; what is in it, the server judges.
pub fn refusal(held: &[Held], name: &str, size: u64) -> Option<String> {
    let all: u64 = held.iter().map(|file| file.size).sum();
    let why = if held.len() >= FILES_MAX {
        "At most 8 files can be attached."
    } else if size == 0 {
        "It is empty."
    } else if size > FILE_BYTES_MAX {
        "A file can have at most 5 MB."
    } else if all + size > ALL_BYTES_MAX {
        "All files together can have at most 10 MB."
    } else {
        return None;
    };
    Some([name, " is not attached. ", why].concat())
}

/// The files as the request names them; null where there is none.
pub fn sent(held: &[Held]) -> Value {
    let file = |file: &Held| {
        let kind = bodies::given(&file.media_type);
        bodies::body(vec![("name", file.name.as_str().into()), ("media_type", kind), ("data", file.data.as_str().into())])
    };
    if held.is_empty() { Value::Null } else { held.iter().map(file).collect() }
}

/// Whether a fault is one of the attachments: `attachments`, or `attachments[2].data`.
pub fn is_of_attachments(field: &str) -> bool {
    field.strip_prefix(FIELD).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

/// What is wrong with the attachments, each file by its name.
pub fn messages(errors: &[FieldError], held: &[Held]) -> Option<String> {
    let message = |error: &FieldError| {
        let place = error.field.split(['[', ']']).nth(1).and_then(|place| place.parse::<usize>().ok());
        let name = place.and_then(|place| held.get(place)).map(|file| [&file.name, ": "].concat());
        [name.unwrap_or_default(), error.message.clone()].concat()
    };
    let messages: Vec<_> = errors.iter().filter(|error| is_of_attachments(&error.field)).map(message).collect();
    (!messages.is_empty()).then(|| messages.join(" "))
}

/// Where the faults of a file stand after it was taken away, nothing is known of the others' places: they go with it.
pub fn without_faults(errors: &mut Vec<FieldError>) {
    errors.retain(|error| !is_of_attachments(&error.field));
}

fn base64(content: &[u8]) -> String {
    let mut text = String::with_capacity(content.len().div_ceil(3) * 4);
    for three in content.chunks(3) {
        let at = |place: usize| u32::from(three.get(place).copied().unwrap_or_default());
        let bits = (at(0) << 16) | (at(1) << 8) | at(2);
        for place in 0..4 {
            let digit = char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63]);
            text.push(if place > three.len() { '=' } else { digit });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_contract::{CreatePipeline, NewAttachment};
    use serde_json::json;

    fn held(name: &str, size: u64) -> Held {
        Held { name: name.to_owned(), media_type: String::new(), size, data: String::new() }
    }

    #[test]
    fn a_content_is_written_in_base64_with_its_padding() {
        for (content, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("\u{ff}~?", "w79+Pw==")]
        {
            assert_eq!(base64(content.as_bytes()), text, "{content}");
        }
    }

    #[test]
    fn a_file_that_is_too_much_is_refused_by_its_name() {
        assert_eq!(refusal(&[held("a", 5 * MEGABYTE)], "b.png", 5 * MEGABYTE), None);
        for (before, size, why) in [
            (vec![held("a", 1); 8], 1, "At most 8 files"),
            (Vec::new(), 0, "empty"),
            (Vec::new(), 5 * MEGABYTE + 1, "at most 5 MB"),
            (vec![held("a", 4 * MEGABYTE); 2], 3 * MEGABYTE, "together"),
        ] {
            let message = refusal(&before, "b.png", size).unwrap();
            assert!(message.starts_with("b.png is not attached.") && message.contains(why), "{message}");
        }
    }

    #[test]
    fn what_is_sent_is_what_the_wire_asks_for() {
        let files = [Held::new("mock.png".to_owned(), "image/png".to_owned(), b"foo"), Held::new("notes".to_owned(), String::new(), b"f")];
        let request: CreatePipeline =
            serde_json::from_value(json!({ "description": "", "repo": "", "attachments": sent(&files) })).unwrap();
        let sent_first = NewAttachment { name: "mock.png".to_owned(), media_type: "image/png".to_owned(), data: "Zm9v".to_owned() };
        assert_eq!(request.attachments[0], sent_first);
        assert_eq!((request.attachments[1].media_type.as_str(), request.attachments[1].data.as_str()), ("", "Zg=="));
        assert_eq!(sent(&[]), Value::Null);
        assert_eq!((files[0].picture().as_deref(), files[1].picture()), (Some("data:image/png;base64,Zm9v"), None));
    }

    #[test]
    fn a_fault_is_told_with_the_name_of_its_file() {
        let errors = [
            FieldError::new("attachments[1].data", "this is no PNG."),
            FieldError::new("attachments", "attach at most 8 files"),
            FieldError::new("repo", "no"),
        ];
        let files = [held("a.png", 1), held("b.zip", 1)];
        assert_eq!(messages(&errors, &files).as_deref(), Some("b.zip: this is no PNG. attach at most 8 files"));
        assert_eq!(messages(&errors[2..], &files), None);
        assert!(is_of_attachments("attachments[0].media_type") && !is_of_attachments("attachments_of"));
    }
}
