/** An engine over the fake server, as most tests want it. */

import {
  Api,
  Download,
  Session,
  type Transfer,
  TransferCalls,
  type TransferClass,
  Upload,
  type Wait,
  type World,
} from "../../src/engine";
import { directCrypto } from "../../src/engine/crypto/direct";
import { FakeServer, ID, ORIGIN } from "./fake_server";
import { bytesOf, FakeClock, FakeFile, FakeJournals } from "./fake_world";

export const MIB = 2 ** 20;
/** So slow that parts are as small as they may be: 5 MiB. */
const SLOW = 1;

export class Bench {
  readonly clock = new FakeClock();
  readonly server = new FakeServer(this.clock);
  readonly journals = new FakeJournals();
  readonly crypto = directCrypto();
  readonly world: World = {
    http: this.server,
    clock: this.clock,
    chance: () => 0.5,
    random: (count) => globalThis.crypto.getRandomValues(new Uint8Array(count)),
  };
  readonly api = this.apiWith(
    new Session(this.clock, { tokens: { access_token: "token-0", expires_in: 900 }, renewal: { by: "cookie" } }),
  );

  apiWith(session: Session): Api {
    return new Api(this.world, { origin: ORIGIN, language: "en", session });
  }

  upload(files: readonly FakeFile[], transferClass: TransferClass = "managed", more: object = {}): Upload {
    const { api, crypto, journals } = this;
    return new Upload({ api, crypto, journals }, files, {
      class: transferClass,
      fields: { recipients: [] },
      rate: SLOW,
      ...more,
    });
  }

  async download(keys: object = {}, wait?: Wait): Promise<Download> {
    const transfer = (await new TransferCalls(this.api, ID).show()) as Transfer;
    return Download.open({ api: this.api, crypto: this.crypto, ...(wait && { wait }) }, transfer, { keys });
  }
}

/** Files of every kind: empty, in a pack, in two segments, in several parts. */
export function someFiles(): FakeFile[] {
  const sizes = {
    "empty.txt": 0,
    "small.txt": 1000,
    "packed.bin": MIB - 1,
    "two.bin": MIB + 100,
    "large.bin": 16 * MIB + 7,
  };
  return Object.entries(sizes).map(([name, size], at) => new FakeFile(name, bytesOf(size, at + 1)));
}
