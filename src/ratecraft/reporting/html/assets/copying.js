// Buttons `.copy`: each copies the `code` beside it, and says so until it is left.
"use strict";

const Copying = (() => {
  /** Bring the buttons within an element to life. */
  const wire = (within) => {
    for (const copy of within.querySelectorAll(".copy[hidden]")) {
      const label = copy.textContent;
      copy.hidden = false;
      copy.addEventListener("click", async () => {
        const code = copy.parentElement.querySelector("code");
        try {
          await navigator.clipboard.writeText(code.textContent);
        } catch {
          window.getSelection().selectAllChildren(code);
          if (!document.execCommand("copy")) return; // selected at least: Ctrl-C does the rest
        }
        copy.textContent = copy.dataset.copied;
        copy.addEventListener("blur", () => (copy.textContent = label), { once: true });
      });
    }
  };

  wire(document);
  return { wire };
})();
