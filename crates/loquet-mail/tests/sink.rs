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
use loquet_testkit::addresses::change_address;
use loquet_testkit::fixture::{DENIS, Fixture};

/// What the sink refuses: the first recipients at a host, with this reply.
#[derive(Clone, Copy)]
struct Refuses(u32, &'static str, &'static str);

const NOTHING: Refuses = Refuses(0, "", "");

/// Takes mail (RFC 5321), and refuses some.
fn sink(Refuses(mut refusals, host, reply): Refuses) -> (u16, Receiver<String>) {
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
                        reply
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

async fn told(refuses: Refuses, fixture: &Fixture) -> (Vec<String>, loquet::Delivered) {
    let (port, received) = sink(refuses);
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
    let provision = fixture.mfa.provision();
    let old = "denis@old.example".parse().unwrap();
    provision.set_address(DENIS, old).await.unwrap();
    change_address(&fixture, DENIS, "denis@new.example").await;
    fixture
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_address_gets_a_message() {
    let fixture = fixture().await;
    let (mails, round) = told(NOTHING, &fixture).await;
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
    assert!(told(NOTHING, &fixture).await.0.is_empty(), "delivered once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_message_comes_again_with_its_id() {
    let fixture = fixture().await;
    let (mails, round) = told(Refuses(u32::MAX, "example", "451 later"), &fixture).await;
    assert!(mails.is_empty() && round.waiting == 2, "{round:?}");
    assert!(
        matches!(
            round.fault,
            Some(Error::Unavailable(Unavailable::Delivery(_)))
        ),
        "{round:?}"
    );
    let (mails, round) = told(Refuses(1, "old.example", "451 later"), &fixture).await;
    assert_eq!((mails.len(), round.waiting), (1, 1), "{round:?}");
    assert!(mails[0].contains("denis@new.example"));
    let (again, round) = told(NOTHING, &fixture).await;
    assert_eq!((again.len(), round.waiting), (1, 0), "{round:?}");
    assert!(again[0].contains("denis@old.example"));
    let id = |mail: &String| {
        let line = mail.lines().find(|line| line.starts_with("Message-ID: "));
        line.unwrap().to_owned()
    };
    assert_ne!(id(&again[0]), id(&mails[0]));
    assert!(id(&again[0]).contains("@example.org>"));
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
    let message = post.message(&letter).unwrap().unwrap();
    let text = String::from_utf8(message.formatted()).unwrap();
    assert!(!text.contains("\nBcc:"), "a subject is one line: {text}");
    let again = post.message(&letter).unwrap().unwrap();
    let id = |message: &lettre::Message| message.headers().get_raw("Message-ID").map(str::to_owned);
    assert!(id(&message).is_some());
    assert_eq!(id(&message), id(&again), "the same letter has the same id");
    letter.address = None;
    assert!(post.message(&letter).unwrap().is_none());
    // A letter that the host does not write is not sent.
    let silent = Post::new((), "a@example.org".parse().unwrap(), |_: &Letter| {
        None::<Rendered>
    });
    assert!(silent.message(&letters[0]).unwrap().is_none());
}

/// What is about the address is refused for good, what is about the session or the moment is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_address_keeps_nothing_from_the_others() {
    for (reply, is_permanent) in [
        ("550 5.1.1 no such user", true),
        ("553 mailbox name not allowed", true),
        ("501 5.1.3 bad address", true),
        ("535 5.7.8 authentication expired", false),
        ("503 bad sequence", false),
        ("421 closing", false),
        ("452 4.2.2 mailbox full", false),
    ] {
        let fixture = fixture().await;
        let (mails, round) = told(Refuses(u32::MAX, "old.example", reply), &fixture).await;
        let expected = if is_permanent { (1, 0) } else { (0, 1) };
        assert_eq!((round.failed, round.waiting), expected, "{reply} {round:?}");
        assert_eq!(mails.len(), 1, "{reply}");
        assert!(mails[0].contains("denis@new.example"));
    }
}

/// An address that Loquet takes and no mail program does, and one that the server cannot take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn address_that_cannot_be_written_to_is_refused() {
    for text in ["denis@a..b", "denis@crèche.example", "élodie@example.org"] {
        let fixture = Fixture::over(MemoryStore::new()).await;
        let provision = fixture.mfa.provision();
        for address in ["denis@old.example", text] {
            let set = provision.set_address(DENIS, address.parse().unwrap());
            assert!(set.await.unwrap());
        }
        let (mails, round) = told(NOTHING, &fixture).await;
        assert_eq!((round.failed, round.waiting), (1, 0), "{text} {round:?}");
        assert_eq!(mails.len(), 1, "{text}");
        assert!(mails[0].contains("denis@old.example"), "{text}");
    }
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
