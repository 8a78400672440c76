import { behindBracket, behindTypes } from './brackets.ts';

const PROMISE = /\bnew\s+Promise\s*(<|\()/g;

/** Where promises are made with a function: the bracket before it, and behind the one that closes it. */
export function executorBrackets(text: string): readonly { readonly open: number; readonly behind: number }[] {
  return [...text.matchAll(PROMISE)].flatMap((match) => {
    let open = match.index + match[0].length - 1;
    if (match[1] === '<') {
      const behind = behindTypes(text, open);
      open = behind < 0 ? -1 : text.indexOf('(', behind);
    }
    const behind = open < 0 ? -1 : behindBracket(text, open);
    return behind < 0 ? [] : [{ open, behind }];
  });
}
