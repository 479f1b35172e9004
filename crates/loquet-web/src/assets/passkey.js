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
  const field = block.querySelector("input");
  const code = form.querySelector("input[name=code]");
  // What a code is for, where the form does other things as well.
  const sender = form.querySelector("[data-takes-code]") ?? form.querySelector("button[type=submit]");
  let isAsking = false;
  const say = (text) => { error.textContent = text; error.hidden = text === ""; };
  if (!window.PublicKeyCredential) {
    if (alone) say(unsupported);
    continue;
  }
  const ask = async () => {
    const wasRequired = code?.required;
    if (code) code.required = false;
    if (!isAsking && form.reportValidity()) {
      isAsking = true;
      say("");
      try {
        const publicKey = withBytes(JSON.parse(options));
        field.value = asText(await navigator.credentials[what]({ publicKey }));
        form.requestSubmit(sender);
      } catch (why) {
        // NotAllowedError: cancelled, timed out, or the passkey did not verify its user. The browser does not tell which.
        say(why.name === "NotAllowedError" ? cancelled : why.name === "InvalidStateError" ? known : failed);
      }
      // It is sent by now, and never again: not by the way back either.
      field.value = "";
      isAsking = false;
    }
    if (code) code.required = wasRequired;
  };
  if (button) {
    button.hidden = false;
    button.addEventListener("click", ask);
  }
  if (alone) {
    form.addEventListener("submit", (event) => {
      if (field.value !== "" || (event.submitter ?? sender) !== sender) return;
      event.preventDefault();
      ask();
    });
  }
}
