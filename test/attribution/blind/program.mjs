// What the programs of this folder are made of. They were written before their authors had looked at how dept attributes.

export const programs = [];

/** @param expect edges that must be found; @param optional edges that may be */
export function program(name, expect, run, optional = []) {
  programs.push({ name, expect, optional, run });
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function touch(mutex) {
  const release = await mutex.acquire();
  release();
}

/** A promise that somebody else settles. */
export function gate() {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { open, opened };
}
