/** A text saved as a file on this computer. */

/** Opens the browser's download of it. `name`: our own, never a stranger's. */
export function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download holds the bytes by now.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
