/**
 * A PDF, drawn page by page onto canvases by pdf.js: no form, no link, no script of it is ever made. pdf.js reads on this
 * frame's own thread, because a document without an origin can start no worker from the page's host.
 */

import * as pdfjs from "pdfjs-dist";
import * as worker from "pdfjs-dist/build/pdf.worker.min.mjs";
import type { ShowFile } from "../messages";
import { factoriesOver, PdfNeeds } from "./pdf_needs";

/** Pages shown; the rest is there when the file is saved. */
const MOST_PAGES = 100;
/** Pixels of one canvas: browsers on phones stop drawing above it. */
const MOST_PIXELS = 16_777_216;

const PAGE = {
  ja: (page: number, of: number): string => `${of}ページ中${page}ページ目`,
  en: (page: number, of: number): string => `Page ${page} of ${of}`,
};

/** Resolves when the first page is there; the others are drawn as they come into view. */
export async function showPdf(place: HTMLElement, file: ShowFile, port: MessagePort): Promise<void> {
  (globalThis as { pdfjsWorker?: unknown }).pdfjsWorker = worker;
  const options = {
    data: new Uint8Array(file.bytes),
    ...factoriesOver(new PdfNeeds(port)),
    useWorkerFetch: false,
    isEvalSupported: false,
    enableXfa: false,
    canvasMaxAreaInBytes: 4 * MOST_PIXELS,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
  };
  const document_ = await pdfjs.getDocument(options as Parameters<typeof pdfjs.getDocument>[0]).promise;
  const count = Math.min(document_.numPages, MOST_PAGES);
  const drawn = new Map<Element, () => Promise<void>>();
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        // A page that can't be drawn stays white; the others don't suffer.
        void drawn
          .get(target)?.()
          .catch(() => undefined);
      }
    },
    { rootMargin: "400px" },
  );
  for (let number = 1; number <= count; number++) {
    const page = await document_.getPage(number);
    const canvas = emptyPage(page, PAGE[file.language](number, document_.numPages));
    place.append(canvas);
    if (number === 1) await draw(page, canvas);
    else {
      drawn.set(canvas, () => draw(page, canvas));
      seen.observe(canvas);
    }
  }
}

function emptyPage(page: pdfjs.PDFPageProxy, label: string): HTMLCanvasElement {
  const { width, height } = page.getViewport({ scale: 1 });
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  // Its place is kept before it is drawn, so that scrolling does not jump.
  canvas.width = Math.max(1, Math.floor(width));
  canvas.height = Math.max(1, Math.floor(height));
  return canvas;
}

async function draw(page: pdfjs.PDFPageProxy, canvas: HTMLCanvasElement): Promise<void> {
  const natural = page.getViewport({ scale: 1 });
  const wanted = (Math.max(320, canvas.clientWidth) * Math.max(1, window.devicePixelRatio)) / natural.width;
  const scale = Math.min(wanted, Math.sqrt(MOST_PIXELS / (natural.width * natural.height)));
  const viewport = page.getViewport({ scale });
  canvas.width = Math.max(1, Math.floor(viewport.width));
  canvas.height = Math.max(1, Math.floor(viewport.height));
  const { items } = await page.getTextContent();
  // What a screen reader says of the page.
  canvas.textContent = items.map((item) => ("str" in item ? item.str : "")).join(" ");
  await page.render({ canvas, viewport, annotationMode: pdfjs.AnnotationMode.DISABLE }).promise;
}
