//! What waits for the reader, as notifications and as the icon of the tab.

use agency_contract::{AgentRequest, Approval, Pipeline};

/// One thing that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The same thing has the same tag: a browser replaces its notification rather than stack another.
    pub tag: String,
    pub title: String,
    pub text: String,
    pub href: String,
}

impl Need {
    pub fn of_approval(approval: &Approval) -> Self {
        Self {
            tag: format!("approval-{}", approval.id),
            title: format!("Needs you: {}", approval.pipeline_title),
            text: approval.question.clone(),
            href: super::urls::pipeline(approval.pipeline_id),
        }
    }

    pub fn of_request(request: &AgentRequest) -> Self {
        Self {
            tag: format!("request-{}", request.id),
            title: format!("Needs you: {}", request.pipeline_title),
            text: super::control::request_title(request),
            href: super::urls::pipeline(request.pipeline_id),
        }
    }

    /// Of a pipeline that is paused or has ended.
    pub fn of_pipeline(pipeline: &Pipeline) -> Self {
        let reason = pipeline.status_reason.as_ref().map(|reason| reason.message.clone());
        Self {
            tag: format!("ended-{}", pipeline.id),
            title: format!("{}: {}", super::ended::word(pipeline), pipeline.title),
            text: reason.unwrap_or_else(|| format!("Its work is on {}.", pipeline.branch)),
            href: super::urls::pipeline(pipeline.id),
        }
    }
}

/// Remembers what was seen, so that each need is told once, and nothing that was there when the page opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    tags: Option<Vec<String>>,
}

impl Told {
    /// Takes what waits now; answers what is new.
    pub fn news(&mut self, needs: Vec<Need>) -> Vec<Need> {
        let tags = needs.iter().map(|need| need.tag.clone()).collect();
        match self.tags.replace(tags) {
            None => Vec::new(),
            Some(known) => needs.into_iter().filter(|need| !known.contains(&need.tag)).collect(),
        }
    }
}

/// The icon of the tab: three links of a chain, with how many things wait.
pub fn icon(waiting: usize) -> String {
    let badge = match waiting {
        0 => String::new(),
        count => {
            let text = if count > 9 { "9+".to_owned() } else { count.to_string() };
            format!(
                "<circle cx='22' cy='10' r='10' fill='#b36b00'/><text x='22' y='15' fill='#fff' font-family='sans-serif' \
                 font-size='14' font-weight='700' text-anchor='middle'>{text}</text>"
            )
        }
    };
    let chain = "<g fill='#5b7fe8'><path d='M5 20h22v2H5z'/><circle cx='5' cy='21' r='4'/><circle cx='16' cy='21' r='4'/><circle cx='27' cy='21' r='4'/></g>";
    let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>{chain}{badge}</svg>");
    format!("data:image/svg+xml,{}", svg.replace('#', "%23"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(tag: &str) -> Need {
        Need { tag: tag.to_owned(), title: String::new(), text: String::new(), href: String::new() }
    }

    #[test]
    fn each_need_is_told_once_and_none_that_was_there_before() {
        let mut told = Told::default();
        assert_eq!(told.news(vec![need("approval-1")]), []);
        assert_eq!(told.news(vec![need("approval-1"), need("request-2")]), [need("request-2")]);
        assert_eq!(told.news(vec![need("request-2")]), []);
        assert_eq!(told.news(vec![need("approval-1")]), [need("approval-1")], "a gate that opened again asks again");
    }

    #[test]
    fn the_icon_says_how_many_wait() {
        assert!(!icon(0).contains("<text") && icon(3).contains(">3</text>") && icon(12).contains(">9+</text>"));
        assert!(!icon(3).contains('#'), "a number sign would end the address");
    }
}
