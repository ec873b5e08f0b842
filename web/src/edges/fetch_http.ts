/**
 * HTTP by fetch, as browsers and node have it. What fetch can't see is how much of a body has left: `sent` is told once,
 * at the end. Redirects are not followed: a signed address has none, and a portal's must not count as an answer.
 */

import { type Http, type HttpAnswer, type HttpRequest, NetworkFault, type PutRequest } from "../engine/edges";
import { Stall } from "./stall";

/** A call is answered in a minute or not at all; so is the next piece of a body. */
const CALL_MS = 60_000;
/** The slowest line on which a part is worth waiting for, in bytes a millisecond (32 KiB/s). */
const SLOWEST = 32.768;
// What browsers set by themselves and do not let a page set.
const OWN_HEADERS = new Set(["content-length", "host"]);

/** Http over the global fetch. */
export function fetchHttp(): Http {
  return {
    text: async (request, limit) => {
      const answer = await asked(request.url, initOf(request, deadline(request.signal, CALL_MS)));
      return { ...shown(answer), text: await limitedText(answer, limit) };
    },
    put: async (request) => shown(await put(request)),
    bytes: async (request) => {
      const stall = new Stall(CALL_MS, request.signal);
      const answer = await asked(request.url, initOf(request, stall.signal)).catch((error: unknown) => {
        stall.end();
        throw error;
      });
      stall.allow(CALL_MS);
      return { ...shown(answer), chunks: chunksOf(answer, stall) };
    },
  };
}

async function put(request: PutRequest): Promise<Response> {
  const { method, url, body, size, signal, sent } = request;
  const headers = Object.entries(request.headers).filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()));
  const answer = await asked(url, {
    method,
    headers,
    // A Blob has a length, so the body travels whole and not in chunks of unknown number.
    body: new Blob([...body]),
    credentials: "omit",
    redirect: "manual",
    referrerPolicy: "no-referrer",
    cache: "no-store",
    signal: deadline(signal, CALL_MS + Math.ceil(size / SLOWEST)),
  });
  sent?.(size);
  // Nobody reads it; it must not hold the connection either.
  void answer.body?.cancel().catch(() => undefined);
  return answer;
}

function initOf(request: HttpRequest, signal: AbortSignal): RequestInit {
  return {
    method: request.method,
    headers: { ...request.headers },
    credentials: request.cookies ? "include" : "omit",
    redirect: "manual",
    referrerPolicy: "no-referrer",
    cache: "no-store",
    signal,
    ...(request.body !== undefined && { body: request.body }),
  };
}

async function asked(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw faultOf(error);
  }
}

function shown(answer: Response): HttpAnswer {
  return { status: answer.status, header: (name) => answer.headers.get(name) };
}

async function limitedText(answer: Response, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of piecesOf(answer.body)) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > limit) break;
    }
  } catch (error) {
    throw faultOf(error);
  }
  if (text.length > limit) throw new NetworkFault("too large an answer");
  return text + decoder.decode();
}

async function* chunksOf(answer: Response, stall: Stall): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of piecesOf(answer.body)) {
      stall.allow(CALL_MS);
      yield chunk;
    }
  } catch (error) {
    throw faultOf(error);
  } finally {
    stall.end();
  }
}

/** The pieces of a body; Safari can't iterate a stream by itself. */
async function* piecesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      yield value;
    }
  } finally {
    // Whoever leaves early wants no more of it.
    if (!ended) void reader.cancel().catch(() => undefined);
  }
}

function deadline(outer: AbortSignal | undefined, ms: number): AbortSignal {
  const own = AbortSignal.timeout(ms);
  return outer === undefined ? own : AbortSignal.any([outer, own]);
}

/** Its kind alone: a browser's text may hold the address. */
function faultOf(error: unknown): NetworkFault {
  return error instanceof NetworkFault ? error : new NetworkFault(error instanceof Error ? error.name : "unknown");
}
