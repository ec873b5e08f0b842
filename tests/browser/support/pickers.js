// In the browser's place: its dialogs for saving give files and folders of the origin's private file system, which are real handles
// (https://fs.spec.whatwg.org/). `testPickers.answer` is what the person does next: "pick", "close" or "refuse"; `asked` what the page wanted.
(() => {
  const state = { answer: "pick", asked: [] };
  window.testPickers = state;
  const place = async () => {
    const root = await navigator.storage.getDirectory();
    return root.getDirectoryHandle("picked", { create: true });
  };
  const answered = async (wanted, give) => {
    if (!navigator.userActivation.isActive) throw new DOMException("not in a click", "SecurityError");
    state.asked.push(wanted);
    if (state.answer === "close") throw new DOMException("closed", "AbortError");
    if (state.answer === "refuse") throw new DOMException("refused", "NotAllowedError");
    return give(await place());
  };
  window.showSaveFilePicker = (how) => {
    return answered(how.suggestedName, (folder) => folder.getFileHandle(how.suggestedName, { create: true }));
  };
  window.showDirectoryPicker = (how) => answered(how.mode, (folder) => folder);
  // Small files go by the service worker where there is one.
  if (!window.testKeepsWorkers) delete Navigator.prototype.serviceWorker;
})();
