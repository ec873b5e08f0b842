/**
 * The service worker: it makes a download of the browser out of bytes that a page decrypts.
 *
 * A page announces a file and opens `/save/<id>` in a frame; the answer is an attachment whose exact length is told before
 * the first byte and whose body comes from the page piece by piece, as fast as the browser writes it. It keeps nothing, is
 * asked for nothing else (its scope is /save/), and knows no key: whoever is not announced gets 404.
 */

import type { FromFile, IntoFile, ToWorker } from "../../edges/saving/worker_messages";

const scope = self as unknown as ServiceWorkerGlobalScope;
/** A file that nobody opens is forgotten. */
const OPENED_WITHIN_MS = 60_000;
/** Hidden pages may speak once a minute only; without an event a browser ends a worker after half a minute. */
const KEPT_ALIVE_MS = 90_000;

interface Announced {
  readonly name: string;
  readonly length: number;
  readonly port: MessagePort;
}

const announced = new Map<string, Announced>();
/** Resolves when a file is over, so that pings keep the worker no longer than that. */
const open = new Map<string, { over: Promise<void>; end: () => void }>();

scope.addEventListener("message", (event) => {
  const message = event.data as ToWorker;
  const [port] = event.ports;
  if (message.kind === "save" && port !== undefined) {
    announced.set(message.id, { name: message.name, length: message.length, port });
    setTimeout(() => announced.delete(message.id), OPENED_WITHIN_MS);
    tell(port, { kind: "ready" });
  }
  const file = open.get(message.id);
  // A worker that was started anew in the middle knows nothing of the file any more.
  const alive = file !== undefined || announced.has(message.id);
  if (message.kind === "ping") event.source?.postMessage({ kind: "alive", id: message.id, alive });
  if (!alive) return;
  const late = new Promise((resolve) => setTimeout(resolve, KEPT_ALIVE_MS));
  event.waitUntil(file === undefined ? late : Promise.race([file.over, late]));
});

scope.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== scope.location.origin || !pathname.startsWith("/save/")) return;
  const id = pathname.slice("/save/".length);
  const file = announced.get(id);
  announced.delete(id);
  if (file === undefined || event.request.method !== "GET") {
    event.respondWith(new Response(null, { status: 404 }));
    return;
  }
  event.respondWith(attachment(id, file));
});

function attachment(id: string, { name, length, port }: Announced): Response {
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    end = () => {
      open.delete(id);
      resolve();
    };
  });
  open.set(id, { over, end });
  return new Response(bodyOf(port, end), {
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(length),
      "content-disposition": `attachment; filename*=UTF-8''${encoded(name)}`,
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
    },
  });
}

/** One piece is asked for whenever the browser has taken the last: that is all that is held. */
function bodyOf(port: MessagePort, over: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        port.onmessage = ({ data }: MessageEvent<IntoFile>) => {
          if (data.kind === "piece") return controller.enqueue(data.bytes);
          if (data.kind === "end") controller.close();
          else controller.error(new TypeError("the file did not come whole"));
          over();
        };
      },
      pull: () => tell(port, { kind: "more" }),
      cancel: () => {
        tell(port, { kind: "cancelled" });
        over();
      },
    },
    { highWaterMark: 1 },
  );
}

function tell(port: MessagePort, message: FromFile): void {
  port.postMessage(message);
}

/** RFC 8187. */
function encoded(name: string): string {
  return encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
