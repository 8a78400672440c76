// A program that brings its locks from dept; the tracker it speaks to is the preloaded one.
import { Mutex } from 'dept';

const a = new Mutex({ name: 'a' });
const b = new Mutex({ name: 'b' });

async function forth() {
  await a.runExclusive(() => b.runExclusive(() => undefined));
}

async function back() {
  await b.runExclusive(() => a.runExclusive(() => undefined));
}

await forth();
await back();
