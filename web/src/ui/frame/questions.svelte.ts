/** Questions and passing notices: what they say is here, how they look is in Questions.svelte and Notices.svelte. */

/** A question to answer with yes or no. */
export interface Question {
  readonly title: string;
  readonly text?: string;
  /** The button that does it, as a verb. */
  readonly yes: string;
  readonly danger?: boolean;
}

export interface Asked extends Question {
  readonly answer: (yes: boolean) => void;
}

export interface Note {
  readonly id: number;
  readonly text: string;
  readonly kind: "info" | "good";
}

const NOTE_MS = 6000;

let asked = $state.raw<readonly Asked[]>([]);
let notes = $state.raw<readonly Note[]>([]);
let said = $state("");
let count = 0;

/** The question that is open, or null. */
export function openQuestion(): Asked | null {
  return asked[0] ?? null;
}

/** Asks in a dialog; further questions wait for their turn. */
export function ask(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    const one: Asked = {
      ...question,
      answer: (yes) => {
        asked = asked.filter((other) => other !== one);
        resolve(yes);
      },
    };
    asked = [...asked, one];
  });
}

/** The notices that are shown. */
export function openNotes(): readonly Note[] {
  return notes;
}

/** Shows a notice at the foot of the page for some seconds; screen readers say it. */
export function notify(text: string, kind: Note["kind"] = "info"): void {
  count += 1;
  const note: Note = { id: count, text, kind };
  notes = [...notes, note];
  setTimeout(() => dismiss(note.id), NOTE_MS);
}

/** Takes a notice away. */
export function dismiss(id: number): void {
  notes = notes.filter((one) => one.id !== id);
}

/** What screen readers were told last. */
export function lastSaid(): string {
  return said;
}

/** Says something to screen readers, when they have finished what they are saying. */
export function announce(text: string): void {
  // The same text twice is no change, and nothing would be said.
  said = said === text ? `${text}\u00a0` : text;
}
