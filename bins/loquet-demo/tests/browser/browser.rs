//! Headless Chromium behind its driver, and what a person does with it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// Beyond this a page is not slow, it is not coming.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a page is looked at again.
const A_MOMENT: Duration = Duration::from_millis(50);

const DESKTOP: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (390, 844);

/// Whether pages may run their scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    Run,
    Blocked,
}

/// One browser with one fresh profile.
pub(crate) struct Browser {
    client: Client,
    driver: Child,
    /// Deleted after the browser's end.
    _profile: tempfile::TempDir,
    /// Pictures are named after the pass and numbered.
    pass: &'static str,
    pictures: u32,
}

impl Browser {
    pub(crate) async fn start(pass: &'static str, scripts: Scripts) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed: `cargo xtask test` sees to it");
        let port = BufReader::new(driver.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse::<u16>().ok()
            })
            .expect("chromedriver says its port");
        let profile = tempfile::tempdir().unwrap();
        // What Chromium does by itself behind a page (updates, accounts, field trials) wants the network. The sandbox
        // does not work for root, as whom continuous integration runs.
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let setting = if scripts == Scripts::Run { 1 } else { 2 };
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {
                "args": arguments,
                "prefs": {
                    "intl.accept_languages": "fr-CA,fr",
                    "profile.managed_default_content_settings.javascript": setting,
                },
            },
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("Chromium starts");
        let browser = Self {
            client,
            driver,
            _profile: profile,
            pass,
            pictures: 0,
        };
        browser.screen(DESKTOP).await;
        browser
    }

    /// Ends the browser in order. One that a failed test leaves behind is ended by its driver's end.
    pub(crate) async fn close(self) {
        self.client.clone().close().await.unwrap();
    }

    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(crate) async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// The element with this `data-testid`, as soon as it is there.
    pub(crate) async fn find(&self, id: &str) -> Element {
        self.select(&format!("[data-testid='{id}']")).await
    }

    pub(crate) async fn select(&self, css: &str) -> Element {
        match self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await
        {
            Ok(element) => element,
            Err(fault) => {
                let address = self.client.current_url().await.unwrap();
                let text = self.page_text().await;
                panic!("{css} is not on {address} ({fault}); the page says:\n{text}");
            }
        }
    }

    pub(crate) async fn has(&self, id: &str) -> bool {
        let css = format!("[data-testid='{id}']");
        !self
            .client
            .find_all(Locator::Css(&css))
            .await
            .unwrap()
            .is_empty()
    }

    pub(crate) async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    pub(crate) async fn click(&self, id: &str) {
        self.steadily(async || self.find(id).await.click().await)
            .await;
    }

    /// Does it again when the page makes way for the next one meanwhile, as a person would who sees the page change.
    async fn steadily<T>(&self, act: impl AsyncFn() -> Result<T, CmdError>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            match act().await {
                Err(fault)
                    if (fault.is_stale_element_reference() || fault.is_no_such_element())
                        && Instant::now() < end =>
                {
                    tokio::time::sleep(A_MOMENT).await;
                }
                done => return done.unwrap(),
            }
        }
    }

    /// Types into the field of this name, in place of what is there.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        let css = format!("[name='{name}']:not([type=hidden])");
        self.steadily(async || {
            let field = self.select(&css).await;
            field.clear().await?;
            field.send_keys(text).await
        })
        .await;
    }

    pub(crate) async fn text(&self, id: &str) -> String {
        let text = self
            .steadily(async || self.find(id).await.text().await)
            .await;
        readable(&text)
    }

    /// All that a person can read on the page.
    pub(crate) async fn page_text(&self) -> String {
        let text = self
            .steadily(async || self.client.find(Locator::Css("body")).await?.text().await)
            .await;
        readable(&text)
    }

    /// Waits until the page says so: it may still be the one before. Fails with the page's own words.
    pub(crate) async fn says(&self, what: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.page_text().await;
            if text.contains(what) {
                return;
            }
            assert!(
                Instant::now() < end,
                "the page does not say {what:?}:\n{text}"
            );
            tokio::time::sleep(A_MOMENT).await;
        }
    }

    /// A picture of the whole page on a desk and on a phone: `target/screenshots/NN-name-*.png`.
    pub(crate) async fn picture(&mut self, name: &str) {
        self.pictures += 1;
        for (screen, kind) in [(PHONE, "phone"), (DESKTOP, "desktop")] {
            self.screen(screen).await;
            let page = self.size().await;
            let wide = page["width"].as_f64().unwrap();
            assert!(
                wide <= f64::from(screen.0),
                "{name} is {wide} wide on a screen of {}",
                screen.0
            );
            let file = format!("{}-{:02}-{name}-{kind}.png", self.pass, self.pictures);
            std::fs::write(folder().join(file), self.png().await).unwrap();
        }
    }

    /// What every QR code on the page says, read from its picture.
    pub(crate) async fn qr_codes(&self) -> Vec<String> {
        let picture = image::load_from_memory(&self.png().await)
            .unwrap()
            .to_luma8();
        let mut prepared = rqrr::PreparedImage::prepare(picture);
        let grids = prepared.detect_grids();
        grids
            .iter()
            .map(|grid| grid.decode().expect("a QR code is readable").1)
            .collect()
    }

    /// The whole page, also what lies below the fold.
    async fn png(&self) -> Vec<u8> {
        let size = self.size().await;
        let clip =
            json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let whole = json!({ "captureBeyondViewport": true, "clip": clip });
        let shot = self.cdp("Page.captureScreenshot", whole).await;
        BASE64.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    async fn size(&self) -> Value {
        self.cdp("Page.getLayoutMetrics", json!({})).await["cssContentSize"].clone()
    }

    async fn screen(&self, (width, height): (u32, u32)) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": (width, height) == PHONE });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// As on a device whose owner prefers dark pages.
    pub(crate) async fn darken(&self) {
        let dark = json!({ "name": "prefers-color-scheme", "value": "dark" });
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": [dark] }))
            .await;
        let script = "return getComputedStyle(document.body).backgroundColor";
        let ground = self.client.execute(script, Vec::new()).await.unwrap();
        assert_eq!(ground, json!("rgb(20, 25, 27)"), "the page follows");
    }

    /// What the person's clipboard holds; Chromium asks for a permission first.
    pub(crate) async fn clipboard(&self) -> String {
        let script = "const done = arguments[0]; navigator.clipboard.readText().then(done, e => done('refused: ' + e))";
        let address = self.client.current_url().await.unwrap();
        let origin = address.origin().ascii_serialization();
        let grant = json!({ "origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        self.cdp("Browser.grantPermissions", grant).await;
        let text = self.client.execute_async(script, Vec::new()).await.unwrap();
        text.as_str().unwrap().to_owned()
    }

    /// Runs a script in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// A command of the Chrome DevTools Protocol, for what WebDriver has no word for.
    pub(crate) async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters }).to_string();
        self.client.issue_cmd(DevTools(body)).await.unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browsers when it is told to end, not when it is killed.
        _ = Command::new("kill")
            .arg(self.driver.id().to_string())
            .status();
        _ = self.driver.wait();
    }
}

#[derive(Debug)]
struct DevTools(String);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.0.clone()))
    }
}

/// French sets blanks that do not break before its colons; a person reads them as blanks.
fn readable(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

/// Where pictures go: beside everything else that is built.
fn folder() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = root
        .ancestors()
        .nth(2)
        .unwrap()
        .join("target")
        .join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
