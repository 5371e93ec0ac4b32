// Passkeys. A form with data-passkey="create" or "use" carries what the server asks for in data-options, or says in
// data-options-from where to fetch it. Without this file everything works but passkeys.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const withBytes = (list) => (list || []).map((entry) => ({ ...entry, id: toBytes(entry.id) }));

async function create(options, alone) {
  const asked = options.publicKey;
  const selection = { ...asked.authenticatorSelection, residentKey: alone ? "required" : "discouraged" };
  selection.requireResidentKey = alone;
  if (alone) selection.userVerification = "required";
  return navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: toBytes(asked.challenge),
      user: { ...asked.user, id: toBytes(asked.user.id) },
      excludeCredentials: withBytes(asked.excludeCredentials),
      authenticatorSelection: selection,
    },
  });
}

async function use(options) {
  const asked = options.publicKey;
  return navigator.credentials.get({
    publicKey: { ...asked, challenge: toBytes(asked.challenge), allowCredentials: withBytes(asked.allowCredentials) },
  });
}

function asJson(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = toText(credential.response[part]);
  }
  return JSON.stringify({
    type: credential.type,
    id: credential.id,
    rawId: toText(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function optionsOf(form) {
  if (!form.dataset.optionsFrom) return JSON.parse(form.dataset.options);
  const answer = await fetch(form.dataset.optionsFrom, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return (await answer.json()).request_options;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const trouble = form.querySelector("[data-passkey-trouble]");
  if (window.PublicKeyCredential) form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    trouble.hidden = true;
    try {
      const options = await optionsOf(form);
      const alone = form.elements.passwordless?.checked ?? false;
      const credential = await (form.dataset.passkey === "create" ? create(options, alone) : use(options));
      form.elements.credential.value = asJson(credential);
      form.submit();
    } catch {
      trouble.hidden = false;
      trouble.focus();
    }
  });
}
