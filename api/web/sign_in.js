// SPDX-License-Identifier: GPL-3.0-or-later
// SignIn: by user and password, or by a token.

import { Problem } from "./api.js";
import { button, h, replace } from "./dom.js";
import { problemView } from "./problem_view.js";
import { signIn } from "./session.js";

function field(label, properties) {
  const input = h("input", { id: `sign-in-${properties.name}`, required: true, maxlength: "1000", ...properties });
  return { input, element: h("p", { class: "field" }, h("label", { for: input.id }, label), input) };
}

export class SignIn {
  /** note: why one has to sign in, if that is no matter of course. */
  constructor(done, note) {
    this.done = done;
    this.title = "Sign in";
    this.result = h("div", {});
    this.fields = h("div", {});
    this.submit = h("button", { type: "submit", class: "main" }, "Sign in");
    this.other = button("", () => this.show(!this.isToken), { class: "link" });
    const submit = (event) => {
      event.preventDefault();
      this.send();
    };
    this.element = h("div", { class: "sign-in" },
      h("h1", {}, "Mailkeep"), note ? h("p", { class: "notice", role: "status" }, note) : null,
      h("form", { onsubmit: submit }, this.fields, this.submit, this.other), this.result,
      h("p", { class: "note" }, "Searches, views and downloads are recorded in the archive\u2019s log."));
    this.show(false);
  }

  show(isToken) {
    this.isToken = isToken;
    this.inputs = isToken
      ? [field("Token", { name: "token", type: "password", autocomplete: "off", spellcheck: "false" })]
      : [field("User", {
        name: "user", type: "text", autocomplete: "username", autocapitalize: "off", spellcheck: "false",
      }), field("Password", { name: "password", type: "password", autocomplete: "current-password" })];
    replace(this.fields, this.inputs.map((one) => one.element));
    this.other.textContent = isToken ? "Use a password instead" : "Use a token instead";
    this.focus();
  }

  focus() {
    this.inputs[0].input.focus();
  }

  async send() {
    if (this.submit.disabled) return;
    this.submit.disabled = true;
    replace(this.result);
    try {
      await signIn(Object.fromEntries(this.inputs.map(({ input }) => [input.name, input.value])));
      this.done();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      replace(this.result, problemView(error));
      this.inputs.at(-1).input.value = "";
      this.inputs.at(-1).input.focus();
    } finally {
      this.submit.disabled = false;
    }
  }
}
