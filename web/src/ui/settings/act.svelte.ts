/** One act of a form: whether it is under way, and how it failed. */

/** Runs one act at a time; `run` answers whether it went well. */
export class Act {
  busy = $state(false);
  failed = $state.raw<unknown>(null);

  async run(act: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.failed = null;
    try {
      await act();
      return true;
    } catch (error) {
      this.failed = error;
      return false;
    } finally {
      this.busy = false;
    }
  }
}
