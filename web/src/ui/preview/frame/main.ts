/**
 * The document that shows what strangers made. It is sandboxed: it has no origin, so no storage, no cookie and no way into
 * the page, and its policy lets it connect to nothing. It waits for one message with the bytes and a port.
 */

import type { ShowFile } from "../messages";
import { showImage } from "./image";
import { showFile } from "./show_file";
import { showText } from "./text";
import "./frame.css";

addEventListener("message", function first(event: MessageEvent<unknown>) {
  const file = showFile(event.data);
  const port = event.ports[0];
  if (event.source !== parent || file === null || port === undefined) return;
  removeEventListener("message", first);
  document.documentElement.lang = file.language;
  document.title = file.name;
  show(file, port).then(
    () => port.postMessage({ is: "shown" }),
    () => port.postMessage({ is: "failed" }),
  );
});

async function show(file: ShowFile, port: MessagePort): Promise<void> {
  const place = document.querySelector("main") ?? document.body;
  if (file.show === "text") showText(place, file);
  else if (file.show === "image") await showImage(place, file);
  else await (await import("./pdf")).showPdf(place, file, port);
}
