/** pdf.js as a worker has no types of its own: it is loaded for what it does. */

declare module "pdfjs-dist/build/pdf.worker.min.mjs";
