// Asks the browser for a passkey (WebAuthn Level 3), puts its answer into the form's hidden field and sends the form. Without
// this script, or where the browser has no passkeys, the page offers the code.
"use strict";
const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const withBytes = (options) => {
  options.challenge = toBytes(options.challenge);
  if (options.user) options.user.id = toBytes(options.user.id);
  for (const list of [options.allowCredentials, options.excludeCredentials]) {
    for (const passkey of list ?? []) passkey.id = toBytes(passkey.id);
  }
  return options;
};
const asText = (passkey) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (passkey.response[name]) response[name] = toText(passkey.response[name]);
  }
  if (passkey.response.getTransports) response.transports = passkey.response.getTransports();
  const { id, type } = passkey;
  return JSON.stringify({ id, rawId: toText(passkey.rawId), type, response, clientExtensionResults: {} });
};
for (const block of document.querySelectorAll("[data-passkey]")) {
  const { passkey: what, options, cancelled, known, failed, unsupported } = block.dataset;
  const alone = "alone" in block.dataset;
  const form = block.closest("form");
  const error = block.querySelector("[data-passkey-error]");
  const button = block.querySelector("button");
  const say = (text) => { error.textContent = text; error.hidden = text === ""; };
  if (!window.PublicKeyCredential) {
    if (alone) say(unsupported);
    continue;
  }
  const ask = async () => {
    say("");
    let answer;
    try {
      const publicKey = withBytes(JSON.parse(options));
      answer = await navigator.credentials[what]({ publicKey });
    } catch (why) {
      // NotAllowedError: cancelled, timed out, or the passkey did not verify its user. The browser does not tell which.
      say(why.name === "NotAllowedError" ? cancelled : why.name === "InvalidStateError" ? known : failed);
      return;
    }
    block.querySelector("input").value = asText(answer);
    form.submit();
  };
  if (button) {
    button.hidden = false;
    button.addEventListener("click", ask);
  }
  if (alone) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask();
    });
  }
}
