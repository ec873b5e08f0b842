/**
 * A PUT by XMLHttpRequest, the only way in which browsers tell how much of a body has left.
 *
 * There is no deadline for the whole, since nobody knows how slow a line may be: a part is given up when for a minute not a
 * byte of it left, or when two minutes after the last byte no answer came. A computer that slept finds its timers due and
 * its connections dead: the part begins anew at once.
 */

import { type HttpAnswer, NetworkFault, type PutRequest } from "../engine/edges";
import { Stall } from "./stall";

const SENDING_MS = 60_000;
/** A proxy may have taken all of it long before the server has. */
const ANSWER_MS = 120_000;
// What browsers set by themselves and do not let a page set.
const OWN_HEADERS = new Set(["content-length", "host"]);

/** Http["put"] of a browser. */
export function xhrPut(request: PutRequest): Promise<HttpAnswer> {
  const { signal, sent } = request;
  if (signal?.aborted) return Promise.reject(new NetworkFault("aborted"));
  const xhr = new XMLHttpRequest();
  const stall = new Stall(SENDING_MS, signal);
  const abort = (): void => xhr.abort();
  stall.signal.addEventListener("abort", abort);
  const ended = new Promise<HttpAnswer>((resolve, reject) => {
    xhr.upload.onprogress = ({ loaded }) => {
      stall.allow(SENDING_MS);
      sent?.(loaded);
    };
    xhr.upload.onload = () => stall.allow(ANSWER_MS);
    xhr.onload = () => resolve({ status: xhr.status, header: (name) => xhr.getResponseHeader(name) });
    // Its kind alone: a browser tells nothing more, and the address is a secret.
    for (const kind of ["error", "abort"] as const) xhr.addEventListener(kind, () => reject(new NetworkFault(kind)));
    begin(xhr, request);
  });
  return ended.finally(() => {
    stall.end();
    stall.signal.removeEventListener("abort", abort);
  });
}

function begin(xhr: XMLHttpRequest, { method, url, headers, body }: PutRequest): void {
  xhr.open(method, url);
  for (const [name, value] of Object.entries(headers)) {
    if (!OWN_HEADERS.has(name.toLowerCase())) xhr.setRequestHeader(name, value);
  }
  // A Blob has a length, so the body travels whole and not in chunks of unknown number.
  xhr.send(new Blob([...body]));
}
