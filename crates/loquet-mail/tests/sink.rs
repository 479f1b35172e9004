//! Letters over SMTP, to a sink on this machine.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly, and this one is a server"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use lettre::{AsyncSmtpTransport, Tokio1Executor};
use loquet::store::MemoryStore;
use loquet::{Error, Letter, Unavailable};
use loquet_mail::{Post, Rendered};
use loquet_testkit::fixture::{DENIS, Fixture};

/// Takes mail (RFC 5321), and refuses the first `refusals` recipients at `host`.
fn sink(mut refusals: u32, host: &'static str) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (mails, received) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(10)))
                .unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let say = |text: &str| (&stream).write_all(format!("{text}\r\n").as_bytes());
            say("220 sink").unwrap();
            let mut to = String::new();
            while let Some(Ok(line)) = lines.next() {
                let word = line.split(' ').next().unwrap().to_uppercase();
                let answer = match word.as_str() {
                    "RCPT" if refusals > 0 && line.contains(host) => {
                        refusals -= 1;
                        "451 later"
                    }
                    "RCPT" => {
                        to = line;
                        "250 ok"
                    }
                    "DATA" => {
                        say("354 go on").unwrap();
                        let mut text = format!("{to}\n");
                        for line in lines.by_ref().map_while(Result::ok) {
                            if line == "." {
                                break;
                            }
                            text += &format!("{line}\n");
                        }
                        mails.send(text).unwrap();
                        "250 taken"
                    }
                    "QUIT" => "221 bye",
                    _ => "250 ok",
                };
                say(answer).unwrap();
                if word == "QUIT" {
                    break;
                }
            }
        }
    });
    (port, received)
}

fn write(letter: &Letter) -> Option<Rendered> {
    (letter.to == DENIS.into()).then(|| Rendered {
        subject: format!("À propos de votre compte ({})", letter.organization),
        body: format!("{:?}\n.\nfin\n", letter.event),
    })
}

async fn told(
    (refusals, host): (u32, &'static str),
    fixture: &Fixture,
) -> (Vec<String>, loquet::Delivered) {
    let (port, received) = sink(refusals, host);
    let smtp = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(port)
        .timeout(Some(Duration::from_secs(10)))
        .build();
    let post = Post::new(
        smtp,
        "Garderie <no-reply@example.org>".parse().unwrap(),
        write,
    );
    let round = fixture.operator.deliver(&post).await.unwrap();
    (received.try_iter().collect(), round)
}

/// Denis has an address, and then another, of which both are told.
async fn fixture() -> Fixture {
    let fixture = Fixture::over(MemoryStore::new()).await;
    for address in ["denis@old.example", "denis@new.example"] {
        let address = address.parse().unwrap();
        let provision = fixture.mfa.provision();
        provision.set_address(DENIS, address).await.unwrap();
        fixture.clock.advance(60);
    }
    fixture
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_address_gets_a_message() {
    let fixture = fixture().await;
    let (mails, round) = told((0, ""), &fixture).await;
    assert!(round.fault.is_none() && round.waiting == 0, "{round:?}");
    let to = |mail: &&String, address: &str| mail.starts_with(&format!("RCPT TO:<{address}>"));
    for address in ["denis@old.example", "denis@new.example"] {
        let mail = mails.iter().find(|mail| to(mail, address)).unwrap();
        for part in [
            "From: Garderie <no-reply@example.org>",
            "Subject: =?utf-8?",
            "AddressChanged",
            "fin",
        ] {
            assert!(mail.contains(part), "{part}: {mail}");
        }
    }
    assert!(told((0, ""), &fixture).await.0.is_empty(), "delivered once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_message_comes_again_with_its_id() {
    let fixture = fixture().await;
    let (mails, round) = told((u32::MAX, "example"), &fixture).await;
    assert!(mails.is_empty() && round.waiting > 0, "{round:?}");
    assert!(
        matches!(
            round.fault,
            Some(Error::Unavailable(Unavailable::Delivery(_)))
        ),
        "{round:?}"
    );
    let (mails, round) = told((1, "old.example"), &fixture).await;
    let waiting = round.waiting;
    assert_eq!(waiting, 1, "{round:?}");
    let (again, round) = told((0, ""), &fixture).await;
    assert_eq!(round.waiting, 0, "{round:?}");
    let id = |mail: &String| {
        let line = mail.lines().find(|line| line.starts_with("Message-ID: "));
        line.unwrap().to_owned()
    };
    let first: Vec<String> = mails.iter().map(id).collect();
    let again: Vec<String> = again.iter().map(id).collect();
    assert_eq!((first.len(), again.len()), (1, 2));
    assert!(again.contains(&first[0]), "{first:?} {again:?}");
    assert_ne!(again[0], again[1]);
    assert!(again.iter().all(|id| id.contains("@example.org>")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letter_without_address_is_not_sent() {
    let fixture = fixture().await;
    let letters = loquet_testkit::letters::post(&fixture).await;
    let post = Post::new((), "a@example.org".parse().unwrap(), |_: &Letter| {
        Some(Rendered {
            subject: "s\r\nBcc: eve@example.org".into(),
            body: "b".into(),
        })
    });
    let mut letter = letters[0].clone();
    let messages = post.messages(&letter).unwrap();
    let text = String::from_utf8(messages[0].formatted()).unwrap();
    assert!(!text.contains("\nBcc:"), "a subject is one line: {text}");
    letter.addresses.clear();
    assert!(post.messages(&letter).unwrap().is_empty());
    // An address that was told the same is not written to again.
    letter
        .already_told
        .push("denis@new.example".parse().unwrap());
    assert!(post.messages(&letter).unwrap().is_empty());
    // A letter that the host does not write is not sent.
    let silent = Post::new((), "a@example.org".parse().unwrap(), |_: &Letter| {
        None::<Rendered>
    });
    assert!(silent.messages(&letter).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_address_keeps_nothing_from_the_others() {
    let fixture = fixture().await;
    // The present address is written to first.
    let (mails, round) = told((u32::MAX, "new.example"), &fixture).await;
    assert!(round.waiting > 0, "{round:?}");
    assert!(!mails.is_empty());
    assert!(mails.iter().all(|mail| mail.contains("denis@old.example")));
}

#[tokio::test]
async fn user_without_address_keeps_nothing_waiting() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    fixture.imposed().await;
    let post = Post::new(
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1").build(),
        "a@example.org".parse().unwrap(),
        |_: &Letter| {
            Some(Rendered {
                subject: "s".into(),
                body: "b".into(),
            })
        },
    );
    let round = fixture.operator.deliver(&post).await.unwrap();
    assert!(round.letters > 0 && round.waiting == 0, "{round:?}");
}
