/** The page's side of a preview: hands the bytes to the frame once, and answers what it asks for. */

import { fromFrame, type ShowFile } from "./messages";

export interface PreviewEvents {
  readonly shown: () => void;
  readonly failed: () => void;
}

/**
 * Shows a file in a frame that has loaded /preview.html. The bytes are moved, not copied. The frame has no origin of its
 * own, so "*" is the only address it can be written to; what is written is what its reader may see anyway. The answer ends
 * the conversation.
 */
export function showIn(frame: HTMLIFrameElement, file: ShowFile, events: PreviewEvents): () => void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = fromFrame(data);
    if (message?.is === "shown") events.shown();
    else if (message?.is === "failed") events.failed();
    else if (message?.is === "asset") void answer(port1, message);
  };
  frame.contentWindow?.postMessage(file, "*", [port2, file.bytes]);
  return () => port1.close();
}

async function answer(port: MessagePort, asked: { number: number; kind: "cmap" | "font" | "wasm"; name: string }) {
  const { pdfAsset } = await import("./pdf_assets");
  // Without it the rest of the document is still shown.
  const bytes = await pdfAsset(asked.kind, asked.name).catch(() => null);
  port.postMessage({ number: asked.number, bytes }, bytes === null ? [] : [bytes]);
}
