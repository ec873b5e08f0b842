import { describe, expect, it } from "vitest";
import {
  Api,
  comeBack,
  digitsOf,
  Failure,
  NetworkFault,
  parseFragment,
  prove,
  Refused,
  Session,
} from "../../src/engine";
import { withRetries } from "../../src/engine/api/retries";
import { Bench } from "../support/upload_bench";

const PATH = "/transfers/v1/transfers/tr_01jd8x3v6kf2q9m4n7p0r5s8tw";

describe("a call", () => {
  it("renews its token once for all who wait", async () => {
    const bench = new Bench();
    bench.clock.time += 900_000;
    await Promise.all([bench.api.get(PATH), bench.api.get(PATH), bench.api.get(PATH)]);
    expect(bench.server.asked.filter(({ url }) => url.pathname === "/auth/v1/token").length).toBe(1);
  });

  it("takes a refused token for one that another tab renewed, once", async () => {
    const bench = new Bench();
    bench.server.token = "token-5";
    expect(await bench.api.get(PATH)).toMatchObject({ state: "uploading" });
    bench.server.interfere = ({ url }) =>
      url.pathname === PATH
        ? { status: 401, type: "application/problem+json", body: '{"code":"token_invalid"}' }
        : null;
    await expect(bench.api.get(PATH)).rejects.toMatchObject({ status: 401, code: "token_invalid" });
  });

  it("says that the sign-in ended where no new token comes", async () => {
    const bench = new Bench();
    bench.clock.time += 900_000;
    bench.server.interfere = () => ({
      status: 401,
      type: "application/problem+json",
      body: '{"code":"token_invalid"}',
    });
    await expect(bench.api.get(PATH)).rejects.toMatchObject({ code: "signed_out" });
  });

  it("waits for the person to sign in again, asked once for all, and goes on", async () => {
    const bench = new Bench();
    let asked = 0;
    const ended = async (): Promise<{ access_token: string; expires_in: number }> => {
      asked += 1;
      bench.server.interfere = () => null;
      return { access_token: bench.server.token, expires_in: 900 };
    };
    const tokens = { access_token: "old", expires_in: 0 };
    const api = bench.apiWith(new Session(bench.clock, { tokens, renewal: { by: "cookie" }, ended }));
    const refused = { status: 401, type: "application/problem+json", body: '{"code":"token_invalid"}' };
    bench.server.interfere = ({ url }) => (url.pathname === "/auth/v1/token" ? refused : null);
    const found = await Promise.all([api.get(PATH), api.get(PATH)]);
    expect(found).toMatchObject([{ state: "uploading" }, { state: "uploading" }]);
    expect(asked).toBe(1);
  });

  it("uses no tokens that the page refuses: somebody else's", async () => {
    const bench = new Bench();
    const whose: (string | undefined)[] = [];
    const changed = ({ member }: { member?: string }): void => {
      whose.push(member);
      throw new Failure("signed_out");
    };
    const tokens = { access_token: bench.server.token, expires_in: 30 };
    const api = bench.apiWith(new Session(bench.clock, { tokens, renewal: { by: "cookie" }, changed }));
    const body = JSON.stringify({ access_token: "theirs", expires_in: 900, member: { id: "mb_other" } });
    bench.server.interfere = ({ url }) =>
      url.pathname === "/auth/v1/token" ? { status: 200, type: "application/json", body } : null;
    await expect(api.get(PATH)).rejects.toMatchObject({ code: "signed_out" });
    await expect(api.get(PATH)).rejects.toMatchObject({ code: "signed_out" });
    expect(whose).toEqual(["mb_other", "mb_other"]);
    expect(bench.server.asked.some(({ url }) => url.pathname === PATH)).toBe(false);
  });

  it("speaks the language of the moment, and sends cookies only where it is told to", async () => {
    const bench = new Bench();
    let language = "ja";
    const api = new Api(bench.api.world, { origin: bench.api.origin, language: () => language });
    const cookies: boolean[] = [];
    const { text } = bench.server;
    const world = { ...api.world, http: { ...api.world.http, text: watched } };
    function watched(...given: Parameters<typeof text>): ReturnType<typeof text> {
      cookies.push(given[0].cookies ?? false);
      return text(...given);
    }
    const seen = new Api(world, { origin: api.origin, language: () => language });
    bench.server.interfere = () => ({ status: 204 });
    await seen.get(PATH);
    language = "en";
    await seen.call("POST", "/auth/v1/logout", { cookies: true });
    expect(bench.server.asked.map(({ headers }) => headers["accept-language"])).toEqual(["ja", "en"]);
    expect(cookies).toEqual([false, true]);
  });

  it("leaves a person's wrong tries to the person", async () => {
    const bench = new Bench();
    bench.server.interfere = () => ({
      status: 429,
      type: "application/problem+json",
      headers: { "retry-after": "5" },
      body: '{"code":"too_many_attempts"}',
    });
    await expect(bench.api.post("/auth/v1/login", {})).rejects.toMatchObject({ retryAfter: 5 });
    expect(bench.server.asked.length).toBe(1);
  });

  it("goes without renewal where there is none", async () => {
    const bench = new Bench();
    const api = bench.apiWith(
      new Session(bench.clock, { tokens: { access_token: "old", expires_in: 0 }, renewal: { by: "nothing" } }),
    );
    await expect(api.get(PATH)).rejects.toMatchObject({ status: 401 });
    expect(bench.server.asked.length).toBe(1);
  });

  it("is no success where a portal answers", async () => {
    const bench = new Bench();
    bench.server.interfere = () => ({ status: 200, type: "text/html", body: "<html>Welcome" });
    await expect(bench.api.get(PATH)).rejects.toMatchObject({ code: "server_wrong" });
    expect(bench.server.asked.length).toBe(4);
  });

  it("waits as long as the server asks, and gives up what nobody would wait for", async () => {
    const bench = new Bench();
    let after = "7";
    bench.server.interfere = () => {
      if (bench.server.asked.length > 1 && after === "7") return null;
      return {
        status: 429,
        type: "application/problem+json",
        body: '{"code":"too_many_requests"}',
        headers: { "retry-after": after },
      };
    };
    await bench.api.get(PATH);
    expect(bench.clock.slept).toEqual([7000]);
    after = "900";
    await expect(bench.api.get(PATH)).rejects.toMatchObject({ code: "too_many_requests", retryAfter: 900 });
    expect(bench.clock.slept).toEqual([7000]);
  });

  it("brings the problem's words and places", async () => {
    const bench = new Bench();
    const problem = {
      code: "name_twice",
      title: "Two names",
      hint: "Rename one",
      errors: [{ pointer: "/files/1/name", code: "name_twice", detail: "d" }],
    };
    bench.server.interfere = () => ({ status: 422, type: "application/problem+json", body: JSON.stringify(problem) });
    const error: unknown = await bench.api.get(PATH).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject({ title: "Two names", hint: "Rename one", problems: problem.errors });
  });
});

describe("retries", () => {
  const cut = (): Promise<never> => Promise.reject(new NetworkFault("cut"));

  it("double their pauses from 0.25 s to 30 s, with full jitter, and end after eight", async () => {
    const bench = new Bench();
    await expect(withRetries({ ...bench.world, chance: () => 1 }, cut)).rejects.toMatchObject({ code: "network" });
    expect(bench.clock.slept).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000]);
    bench.clock.slept.length = 0;
    await expect(withRetries({ ...bench.world, chance: () => 0 }, cut)).rejects.toMatchObject({ code: "network" });
    expect(bench.clock.slept).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it("stop when they are told to", async () => {
    const bench = new Bench();
    const stop = new AbortController();
    const once = (): Promise<never> => {
      stop.abort();
      return cut();
    };
    await expect(withRetries({ ...bench.world, signal: stop.signal }, once)).rejects.toMatchObject({ code: "stopped" });
    expect(bench.clock.slept).toEqual([]);
  });

  it("do not hide a mistake of ours", async () => {
    const bench = new Bench();
    await expect(withRetries(bench.world, () => Promise.reject(new TypeError("x")))).rejects.toThrow(TypeError);
  });
});

describe("links", () => {
  const token = `acme.${"a".repeat(22)}`;
  const key = "k".repeat(43);

  it("are taken apart", () => {
    expect(parseFragment(`#${token}`)).toEqual({ token, key: null });
    expect(parseFragment(` #${token}.${key} `)).toEqual({ token, key });
  });

  it.each(["", "#", "#acme", "#acme.short", `#${token}.short`, `#${token}.${key}k`, `#${token}/..`])(
    "are refused when broken: %s",
    (text) => {
      expect(() => parseFragment(text)).toThrow("link_wrong");
    },
  );

  it("take digits as people give them", () => {
    expect(digitsOf(" １２３４-5678\n")).toBe("12345678");
  });

  it("turn into a guest's session that renews itself", async () => {
    const bench = new Bench();
    const changed: unknown[] = [];
    const verified = {
      access_token: "token-0",
      expires_in: 900,
      refresh_token: "r",
      subject: "tr_x",
      recipient: "rc_x",
    };
    bench.server.interfere = ({ url }) =>
      url.pathname.endsWith("/verify")
        ? { status: 200, type: "application/json", body: JSON.stringify(verified) }
        : null;
    const proof = { kind: "code" as const, challenge: "ch_x.y", code: "１2" };
    const guest = await prove(bench.api, { token, key: null }, proof, {
      changed: (tokens) => changed.push(tokens.refresh_token),
    });
    expect(bench.server.asked[0]?.body).toEqual({ token, challenge: "ch_x.y", code: "12" });
    bench.clock.time += 900_000;
    await guest.api.get(PATH);
    expect(changed).toEqual(["next"]);
    expect(bench.server.asked.find(({ url }) => url.pathname === "/auth/v1/token")?.body).toEqual({
      grant_type: "refresh_token",
      refresh_token: "r",
    });
  });
  it("leave a guest's refresh token to the cookie of the link, and come back by it", async () => {
    const bench = new Bench();
    const answered = { access_token: "token-0", expires_in: 900, subject: "tr_x", recipient: "rc_x" };
    bench.server.interfere = ({ url }) =>
      url.pathname.startsWith("/auth/")
        ? { status: 200, type: "application/json", body: JSON.stringify(answered) }
        : null;
    const link = { token, key: null };
    await prove(bench.api, link, { kind: "link" }, { cookie: true });
    expect(bench.server.asked[0]?.body).toEqual({ token, client: "page" });
    const guest = await comeBack(bench.api, link);
    expect([guest.subject, guest.recipient]).toEqual(["tr_x", "rc_x"]);
    bench.clock.time += 900_000;
    await guest.api.get(PATH);
    const renewals = bench.server.asked.filter(({ url }) => url.pathname === "/auth/v1/token");
    expect(renewals.map(({ body }) => body)).toEqual(Array(2).fill({ grant_type: "refresh_token", link: token }));
  });
});
