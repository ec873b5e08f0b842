/** What pdf.js asks for while it reads: it comes from the page over the port, because this frame may connect to nothing. */

import type { AssetAnswer, AssetKind } from "../messages";

export class PdfNeeds {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, (bytes: ArrayBuffer | null) => void>();
  #next = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<AssetAnswer>) => {
      this.#waiting.get(data.number)?.(data.bytes);
      this.#waiting.delete(data.number);
    };
  }

  /** The bytes; rejects where there are none. */
  async ask(kind: AssetKind, name: string): Promise<Uint8Array> {
    const number = this.#next++;
    const bytes = await new Promise<ArrayBuffer | null>((resolve) => {
      this.#waiting.set(number, resolve);
      this.#port.postMessage({ is: "asset", number, kind, name });
    });
    if (bytes === null) throw new Error("no such piece");
    return new Uint8Array(bytes);
  }
}

/** The three classes that pdf.js makes one of each of, and calls `fetch` on (its BaseCMapReaderFactory and its kin). */
export function factoriesOver(needs: PdfNeeds): {
  CMapReaderFactory: object;
  StandardFontDataFactory: object;
  WasmFactory: object;
} {
  return {
    CMapReaderFactory: class {
      async fetch({ name }: { name: string }): Promise<{ cMapData: Uint8Array; isCompressed: boolean }> {
        return { cMapData: await needs.ask("cmap", `${name}.bcmap`), isCompressed: true };
      }
    },
    StandardFontDataFactory: class {
      fetch({ filename }: { filename: string }): Promise<Uint8Array> {
        return needs.ask("font", filename);
      }
    },
    WasmFactory: class {
      fetch({ filename }: { filename: string }): Promise<Uint8Array> {
        return needs.ask("wasm", filename);
      }
    },
  };
}
