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

  // A chart wider than its frame scrolls: the keyboard must reach it then, and only then.
  const reachable = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  for (const frame of document.querySelectorAll(".chart-frame")) reachable.observe(frame);

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
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
