// Runs in the head of every plain page, before it is drawn: the theme follows the system, as
// Gradio's page does.
"use strict";

{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}
