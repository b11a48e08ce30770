// Checks a voucher in the browser: the signature with the public keys alone, then the register when it answers.
// Without the network it says "authentic" and "not on the list of …", never that the voucher is free.
"use strict";

(() => {
  const form = document.getElementById("check");
  const place = document.getElementById("answer");
  const input = form.querySelector("input[name=c]");
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const CODE_LENGTH = 124;
  const HEADER = 13;
  const DAY = new Intl.DateTimeFormat("fr-FR", { dateStyle: "long", timeZone: "UTC" });
  const INSTANT = new Intl.DateTimeFormat("fr-FR", { dateStyle: "long", timeStyle: "short" });
  const EURO = new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR" });

  function fromBase32(text) {
    const bytes = new Uint8Array((text.length * 5) >> 3);
    let bits = 0;
    let value = 0;
    let at = 0;
    for (const letter of text) {
      const five = ALPHABET.indexOf(letter);
      if (five < 0) return null;
      value = ((value << 5) | five) & 0xfff;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        bytes[at++] = (value >> bits) & 0xff;
      }
    }
    // One voucher has one text: stray bits at the end would be another writing of it.
    return value & ((1 << bits) - 1) ? null : bytes;
  }

  function fromBase64url(text) {
    return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  }

  function numberOf(vintage, issuer, serial) {
    const body = String(vintage % 100).padStart(2, "0") + String(issuer).padStart(3, "0") + String(serial).padStart(8, "0");
    return body + String(98n - ((BigInt(body) * 100n) % 97n)).padStart(2, "0");
  }

  async function fetchJson(address) {
    const answer = await fetch(address, { credentials: "omit" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  async function importKey(jwk) {
    const { kty, crv, x, y } = jwk;
    return crypto.subtle.importKey("jwk", { kty, crv, x, y }, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  }

  async function verified(code, keys) {
    if (code.length !== CODE_LENGTH) return { reason: "NOT_A_CODE" };
    const raw = fromBase32(code);
    if (!raw || raw[0] !== 1) return { reason: "NOT_A_CODE" };
    const view = new DataView(raw.buffer);
    const vintage = 2000 + raw[2];
    const issuer = view.getUint16(3);
    const wanted = `${vintage}-${String(issuer).padStart(3, "0")}-${raw[1]}`;
    const jwk = keys.keys.find((each) => each.kid === wanted);
    if (!jwk) return { reason: "UNKNOWN_KEY" };
    const signature = raw.slice(HEADER);
    const s = BigInt("0x" + [...signature.slice(32)].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    if (2n * s > ORDER) return { reason: "FORGED" };
    const good = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, await importKey(jwk), signature, raw.slice(0, HEADER));
    if (!good) return { reason: "FORGED" };
    return {
      number: numberOf(vintage, issuer, view.getUint32(5)),
      cents: view.getUint16(9),
      lastDay: new Date(Date.UTC(2000, 0, 1 + view.getUint16(11))),
    };
  }

  // Each list is a JSON Web Signature (RFC 7515, flattened) by one of the same keys. Lists that do not verify are
  // left out; the date told is that of the oldest one kept.
  async function stopList(keys) {
    try {
      let at = null;
      const numbers = new Set();
      for (const list of (await fetchJson(form.dataset.stops)).lists) {
        const { kid } = JSON.parse(new TextDecoder().decode(fromBase64url(list.protected)));
        const jwk = keys.keys.find((each) => each.kid === kid);
        if (!jwk) continue;
        const said = new TextEncoder().encode(`${list.protected}.${list.payload}`);
        const algorithm = { name: "ECDSA", hash: "SHA-256" };
        if (!(await crypto.subtle.verify(algorithm, await importKey(jwk), fromBase64url(list.signature), said))) continue;
        const { made_at: made, added } = JSON.parse(new TextDecoder().decode(fromBase64url(list.payload)));
        at = at === null ? new Date(made) : new Date(Math.min(at, new Date(made)));
        added.forEach((number) => numbers.add(number));
      }
      return at === null ? null : { at, numbers };
    } catch {
      return null;
    }
  }

  function show(tone, title, sentence, facts) {
    const notice = document.getElementById(`notice-${tone}`).content.cloneNode(true);
    const heading = notice.querySelector(".notice-title");
    heading.textContent = title;
    let rest = heading.nextSibling;
    while (rest) {
      const next = rest.nextSibling;
      rest.remove();
      rest = next;
    }
    const said = document.createElement("p");
    said.textContent = sentence;
    heading.after(said);
    place.replaceChildren(notice);
    if (facts && facts.length) {
      const card = document.createElement("div");
      const list = document.createElement("dl");
      card.className = "card";
      list.className = "facts";
      for (const [label, value] of facts) {
        const row = document.createElement("div");
        const term = document.createElement("dt");
        const detail = document.createElement("dd");
        term.textContent = label;
        detail.textContent = value;
        row.append(term, detail);
        list.append(row);
      }
      card.append(list);
      place.append(card);
    }
  }

  const REFUSED = {
    NOT_A_CODE: ["warn", "Ce n’est pas le code d’un titre", "Visez le carré noir, en haut à droite du titre."],
    UNKNOWN_KEY: ["warn", "Code d’une clé inconnue", "Titre faux, ou plus récent que les clés gardées par ce téléphone : recommencez avec le réseau."],
    FORGED: ["bad", "Titre faux", "Ne l’acceptez pas : sa signature n’est pas celle de l’émetteur."],
  };

  async function offline(text) {
    if (text.length !== CODE_LENGTH) {
      show("info", "Pas de réseau", "Sans réseau, un numéro ne prouve rien : lisez le code carré du titre, ou recommencez avec le réseau.");
      return;
    }
    const keys = await fetchJson(form.dataset.keys);
    const said = await verified(text, keys);
    if (said.reason) {
      show(...REFUSED[said.reason]);
      return;
    }
    const facts = [
      ["Titre", said.number],
      ["Valeur", EURO.format(said.cents / 100)],
      ["Dernier jour", `${DAY.format(said.lastDay)} inclus`],
    ];
    const list = await stopList(keys);
    if (list && list.numbers.has(said.number)) {
      show("bad", "Titre frappé d’opposition", `Ne l’acceptez pas : il figure sur la liste du ${INSTANT.format(list.at)}.`, facts);
    } else if (Date.now() >= said.lastDay.getTime() + 86400000) {
      show("bad", "Titre périmé", "Ne l’acceptez pas : sa période d’usage est terminée.", facts);
    } else {
      const listed = list ? `Absent de la liste des oppositions du ${INSTANT.format(list.at)}.` : "Aucune liste d’oppositions n’est gardée par ce téléphone.";
      show("info", "Titre authentique", `${listed} Sans réseau, personne ne peut dire s’il a déjà servi.`, facts);
    }
  }

  async function check(typed) {
    const text = typed.replace(/\s+/g, "").toUpperCase();
    if (!text) return;
    try {
      const answer = await fetch(`${form.dataset.state}?c=${encodeURIComponent(text)}`, { credentials: "omit" });
      const said = await answer.json();
      if (answer.status === 429) show("warn", "Trop de vérifications", said.error);
      else show(said.tone, said.title, said.sentence, said.facts);
    } catch {
      await offline(text);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check(input.value);
  });

  const asked = new URLSearchParams(location.search).get("c");
  if (asked && !place.children.length) {
    input.value = asked;
    check(asked);
  }

  if ("serviceWorker" in navigator) navigator.serviceWorker.register(form.dataset.worker).catch(() => null);

  async function camera() {
    const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats() : [];
    if (!formats.includes("data_matrix") || !navigator.mediaDevices) return;
    const button = document.getElementById("camera");
    const viewer = document.getElementById("viewer");
    const video = document.getElementById("video");
    let stream = null;
    const stop = () => {
      stream?.getTracks().forEach((track) => track.stop());
      stream = null;
      viewer.hidden = true;
      button.hidden = false;
    };
    const look = async (detector) => {
      if (!stream) return;
      const found = await detector.detect(video).catch(() => []);
      if (found.length) {
        stop();
        input.value = found[0].rawValue;
        check(input.value);
      } else setTimeout(() => look(detector), 150);
    };
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      } catch {
        show("warn", "Appareil photo refusé", "Autorisez-le pour cette page, ou saisissez le numéro et les six lettres.");
        return;
      }
      video.srcObject = stream;
      viewer.hidden = false;
      button.hidden = true;
      await video.play();
      look(new BarcodeDetector({ formats: ["data_matrix"] }));
    });
    document.getElementById("camera-stop").addEventListener("click", stop);
  }
  camera();
})();
