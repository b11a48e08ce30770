// Improvements only: every page works without this file.
"use strict";

document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const menuButton = document.querySelector(".menu-button");
  const menu = document.getElementById("menu");
  if (menuButton && menu) {
    const show = (open) => {
      menuButton.setAttribute("aria-expanded", String(open));
      menu.classList.toggle("open", open);
    };
    menuButton.addEventListener("click", () => show(menuButton.getAttribute("aria-expanded") !== "true"));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.classList.contains("open")) {
        show(false);
        menuButton.focus();
      }
    });
    // The skip link to the menu must find it open.
    const openIfAimedAt = () => {
      if (location.hash === "#menu") show(true);
    };
    window.addEventListener("hashchange", openIfAimedAt);
    openIfAimedAt();
  }

  // Errors first: a person who cannot see the page hears the summary at once.
  document.querySelector(".error-summary")?.focus();

  for (const area of document.querySelectorAll(".file-drop")) {
    const over = (event) => {
      event.preventDefault();
      area.classList.add("over");
    };
    const out = () => area.classList.remove("over");
    area.addEventListener("dragenter", over);
    area.addEventListener("dragover", over);
    area.addEventListener("dragleave", out);
    area.addEventListener("drop", (event) => {
      event.preventDefault();
      out();
      const field = area.querySelector('input[type="file"]');
      if (field && event.dataTransfer?.files.length) {
        const files = field.multiple ? event.dataTransfer.files : firstOf(event.dataTransfer.files);
        field.files = files;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }

  // One press, one act: a second press on a slow answer changes nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    // An answer that is a file leaves this page in place: let it be asked again.
    setTimeout(() => delete form.dataset.sent, 8000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
});

// A chart wider than its frame scrolls: the keyboard must reach it then, and only then.
const reachable = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
  }
});

// What a part of a page needs, whether it came with the page or later.
function prepare(part) {
  for (const frame of part.querySelectorAll(".chart-frame")) reachable.observe(frame);
  for (const slider of part.querySelectorAll('input[type="range"][data-mirrors]')) mirror(slider);
}
document.addEventListener("DOMContentLoaded", () => prepare(document));
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) prepare(event.detail.elt);
});

// A slider and the number beside it say the same.
function mirror(slider) {
  const number = document.getElementById(slider.dataset.mirrors);
  if (!number) return;
  const read = () => {
    const value = Number(number.value.replace(/\s/g, "").replace(",", ".").replace("−", "-"));
    slider.value = String(Number.isFinite(value) ? value : 0);
  };
  slider.addEventListener("input", () => {
    number.value = slider.value.replace(".", ",");
  });
  number.addEventListener("input", read);
  window.addEventListener("pageshow", read);
  read();
  slider.hidden = false;
}

// An answer that replaces another leaves open what the reader had opened.
let opened = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  opened = Array.from(event.detail.target.querySelectorAll("details[open][id]"), (one) => one.id);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  opened = [];
});

function firstOf(files) {
  const one = new DataTransfer();
  one.items.add(files[0]);
  return one.files;
}

// Django refuses a POST without its token; htmx sends it as a header.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token;
});
