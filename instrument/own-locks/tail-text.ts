import { escaped } from '../heap/function-text.ts';
import { behindBracket } from './brackets.ts';
import { WAITING } from './line-text.ts';

/** The one who comes next waits for a promise whose resolve function is given away. */
const CAPTURES = /(?<![\w$.])([\w$]+)(?:\s*\))?\s*=>\s*[({]?\s*([\w$]+)\s*=\s*\1\b/g;

const MADE = /\bnew\s+Promise\b|\bwithResolvers\b|[dD]eferred/;

/** What is captured so is given, or a function that is called so. */
export function givesResolver(body: string): boolean {
  return [...body.matchAll(CAPTURES)].some(([, , name]) =>
    new RegExp(String.raw`(?:\breturn|=>)\s+${escaped(name as string)}\b`).test(body),
  );
}

/** Waits for what the field holds before it does what it is asked for. */
export function followsField(body: string, field: string, task: string | null): boolean {
  const name = escaped(field);
  const read = String.raw`this\s*\.\s*${name}(?![\w$])(?:\s*\.\s*get\s*\([^()]*\))?`;
  const locals = [
    ...body.matchAll(
      new RegExp(
        String.raw`(?:const|let|var)\s+([\w$]+)[^=;]*=\s*(?:Promise\s*\.\s*resolve\s*\(\s*)?${read}(?:\s*\.\s*catch\s*\([^;]*\))?(?=\s*(?:[;\n),]|\?\?|\|\|))`,
        'g',
      ),
    ),
  ];
  const before = [read, ...locals.map(([, local]) => String.raw`(?<![\w$.])${local}(?![\w$])`)].join('|');
  const awaited = new RegExp(String.raw`\bawait\s+(?:Promise\s*\.\s*resolve\s*\(\s*)?(?:${before})`);
  const chained = new RegExp(String.raw`(?:${before})\s*\)?\s*\.\s*(?:then|catch|finally)\s*\(`, 'g');
  const written = endOfWrite(body, name);
  if (written < 0) return false;
  // What is read behind that is what has been written: made once, and awaited by all.
  const isBefore = locals.some(({ index }) => index < written);
  const at = body.search(awaited);
  if (at >= 0 && (isBefore || at < written)) {
    if (task === null) return WAITING.test(body);
    const called = callIn(task).exec(body.slice(at));
    // Whoever comes next is let on when it is done.
    if (
      called !== null &&
      isWritten(task, body, name, MADE) &&
      /\bfinally\b|(?<![.\w$])[\w$]+\s*(?:!|\?\.)?\s*\(\s*\)/.test(body.slice(at + called.index + called[0].length))
    )
      return true;
  }
  return [...body.matchAll(chained)].some(({ index, 0: before }) => {
    if (!isBefore && index > written) return false;
    if (task === null) return WAITING.test(body);
    // Only what is chained to it is waited for by who comes next.
    for (let open = index + before.length - 1; open >= 0; ) {
      const behind = behindBracket(body, open);
      if (behind < 0) return false;
      if (waitsFor(task, body.slice(open, behind)) && isWritten(task, body, name)) return true;
      const next = /^\s*\.\s*(?:then|catch|finally)\s*\(/.exec(body.slice(behind));
      open = next === null ? -1 : behind + next[0].length - 1;
    }
    return false;
  });
}

/** It is handed on to be called, or what it gives is awaited or returned. */
function waitsFor(task: string, text: string): boolean {
  const word = String.raw`(?<![\w$.])${escaped(task)}(?![\w$])`;
  return new RegExp(String.raw`[(,]\s*${word}\s*[,)]|(?:=>|\bawait\b|\breturn\b)[^;{}]*${word}\s*(?:\?\.\s*)?\(`).test(
    text,
  );
}

/** What who comes next waits for is what the task is in, or what is made of that. */
function isWritten(task: string, body: string, name: string, made: RegExp | null = null): boolean {
  if (made !== null && /\bwithResolvers\b/.test(body)) return true;
  const words = [task];
  const isIn = (text: string): boolean =>
    made?.test(text) === true ||
    words.some((word) => new RegExp(String.raw`(?<![\w$.])${escaped(word)}(?![\w$])`).test(text));
  for (const [, local = '', value = ''] of body.matchAll(/(?:const|let|var)\s+([\w$]+)[^=;]*=([^;]*)/g)) {
    if (isIn(value)) words.push(local);
  }
  const pattern = new RegExp(String.raw`\bthis\s*\.\s*${name}(?![\w$])\s*(?:=(?![=>])|\.\s*set\s*\()([^;]*)`, 'g');
  return isIn([...body.matchAll(pattern)].at(-1)?.[1] ?? '');
}

/** Behind the statement that gives the field its next value; -1 where it has one only if it had none before. */
function endOfWrite(body: string, name: string): number {
  const writes = new RegExp(String.raw`\bthis\s*\.\s*${name}(?![\w$])\s*(?:=(?![=>])|\.\s*set\s*\()`, 'g');
  // The first one may be there for who finds none.
  const write = [...body.matchAll(writes)].at(-1);
  if (write === undefined) return -1;
  const guard = new RegExp(
    String.raw`\bif\s*\(\s*(?:!\s*this\s*\.\s*${name}(?![\w$])\s*|this\s*\.\s*${name}\s*===?\s*(?:undefined|null)\s*)\)\s*\{?[^{};]*$`,
  );
  if (guard.test(body.slice(0, write.index))) return -1;
  const end = body.indexOf(';', write.index);
  return end < 0 ? body.length : end;
}

function callIn(name: string): RegExp {
  return new RegExp(String.raw`(?<![\w$.])${escaped(name)}\s*(?:\?\.\s*)?\(|\(\s*${escaped(name)}\s*[,)]`);
}
