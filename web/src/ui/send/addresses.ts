/** Addresses as people type and paste them: one or a hundred, from a mail's head, a sheet's column or a chat. */

/** One recipient as given. */
export interface Addressee {
  readonly email: string;
  readonly name?: string;
}

/** What came of a piece of text: those that are addresses, and those that are not, as they were written. */
export interface Parsed {
  readonly good: readonly Addressee[];
  readonly wrong: readonly string[];
}

export const MOST_RECIPIENTS = 500;
const NAME_CHARACTERS = 200;
// RFC 5321, section 4.1.2, without quoted strings and address literals: as the server takes them.
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const BETWEEN = /[,;、，；\n\r\t]+/u;
const NAMED = /^(?<name>.*?)\s*<(?<email>[^<>]*)>$/u;

/** The address with its domain in lower case and in ASCII; null where it is none. */
export function checkedAddress(text: string): string | null {
  const plain = text.normalize("NFKC").trim();
  const at = plain.lastIndexOf("@");
  if (at < 1) return null;
  const local = plain.slice(0, at);
  const domain = asciiDomain(plain.slice(at + 1));
  const labels = domain.split(".");
  const shaped = LOCAL.test(local) && labels.length > 1 && labels.every((label) => LABEL.test(label));
  const fits = local.length <= 64 && domain.length <= 253 && local.length + domain.length < 254;
  return shaped && fits && !/^\d+$/.test(labels.at(-1) ?? "") ? `${local}@${domain}` : null;
}

/** Takes a text apart: `a@x.example, Sato <b@y.example>`; full-width signs and one address a line as well. */
export function parseAddresses(text: string): Parsed {
  const good: Addressee[] = [];
  const wrong: string[] = [];
  for (const piece of text.split(BETWEEN).flatMap(bySpaces)) {
    const one = addresseeOf(piece);
    if (one !== null) good.push(one);
    else wrong.push(piece);
  }
  return { good, wrong };
}

/** The list with new ones behind it; the same address is taken once, whatever its case. */
export function withAddressees(list: readonly Addressee[], added: readonly Addressee[]): readonly Addressee[] {
  const seen = new Set(list.map(({ email }) => email.toLowerCase()));
  const fresh = added.filter(({ email }) => {
    const key = email.toLowerCase();
    const first = !seen.has(key);
    seen.add(key);
    return first;
  });
  return [...list, ...fresh].slice(0, MOST_RECIPIENTS);
}

/** The domain of an address. */
export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf("@") + 1);
}

/** "a@x b@y" are two; "Taro Sato <a@x>" is one. */
function bySpaces(piece: string): string[] {
  const whole = piece.trim();
  if (whole === "") return [];
  const words = whole.split(/\s+/u);
  return words.length > 1 && words.every((word) => word.includes("@")) ? words : [whole];
}

function addresseeOf(piece: string): Addressee | null {
  const { name, email: inner } = NAMED.exec(piece.normalize("NFKC"))?.groups ?? {};
  const email = checkedAddress((inner ?? piece).replace(/^mailto:/i, ""));
  if (email === null) return null;
  const shown = (name ?? "").replaceAll(/^["']|["']$/g, "").trim();
  return shown === "" || shown.length > NAME_CHARACTERS ? { email } : { email, name: shown };
}

/** IDNA by the platform's own URL parser, so that what is sent is what a mail system knows. */
function asciiDomain(domain: string): string {
  const lower = domain.toLowerCase().replaceAll("。", ".");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is looked for.
  if (/^[\x00-\x7f]*$/.test(lower)) return lower;
  try {
    return new URL(`http://${lower}`).hostname;
  } catch {
    return lower;
  }
}
