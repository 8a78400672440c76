import { escaped } from '../heap/function-text.ts';
import type { ClassText } from './class-text.ts';
import type { PartText } from './lock-candidate.ts';
import { type FoundLock, lockIn } from './lock-text.ts';
import type { ScopeText } from './scope-text.ts';
import type { Section, SectionBody } from './section-body.ts';

/** Functions with which a lock is taken and given back, and which nobody calls but the functions beside them. */
export interface HiddenLock {
  readonly acquire: string;
  readonly release: string;
  readonly capacity: string;
}

export function hiddenLockIn(of: ClassText | ScopeText, self: string): HiddenLock | null {
  const isHidden = (name: string): boolean => (of.kind === 'class' ? name.startsWith('#') : name !== '');
  const hidden = of.parts.filter(({ name, isReplaceable }) => !isReplaceable && isHidden(name));
  if (of.kind === 'module' || hidden.length < 2 || !mayBeHeld(of, hidden)) return null;
  const parts = of.parts.map((part) => (hidden.includes(part) ? { ...part, isReplaceable: true } : part));
  const found = lockIn({ ...of, parts }, self);
  const names = found === null ? null : namesOf(found);
  if (names === null || !hidden.some(({ name }) => name === names.acquire)) return null;
  return hidden.some(({ name }) => name === names.release) ? names : null;
}

/** Cheap: most hidden functions make nobody wait, or are not awaited by who does something in the end. */
function mayBeHeld({ parts }: ClassText | ScopeText, hidden: readonly PartText[]): boolean {
  const waiting = hidden.filter(({ body }) => /\bnew\s+Promise\b|\bwithResolvers\b/.test(body));
  if (waiting.length === 0) return false;
  const names = waiting.map(({ name }) => escaped(name)).join('|');
  const held = new RegExp(String.raw`\bawait\s+(?:this\s*\.\s*)?(?:${names})\s*\(`);
  return parts.some(({ body, isReplaceable }) => isReplaceable && /\bfinally\b/.test(body) && held.test(body));
}

/** One function for each, for one lock. */
function namesOf({ lock, capacity, limits }: FoundLock): HiddenLock | null {
  const { acquire = [], release = [], keyAt } = lock;
  const [taker, giver] = [acquire[0], release[0]];
  if (taker === undefined || giver === undefined || acquire.length > 1 || release.length > 1) return null;
  return keyAt !== undefined || limits.length > 0 ? null : { acquire: taker, release: giver, capacity };
}

/** `await this.#acquire(); try { ... } finally { this.#release(); }` */
export function heldSectionIn(of: SectionBody, { acquire, release }: HiddenLock): Section | null {
  const taken = new RegExp(String.raw`(?:(?:const|let|var)\s+[\w$]+\s*=\s*)?(await\s+${of.ref(acquire)}\s*\()`, 'g');
  const [one, other] = [...of.own.matchAll(taken)];
  if (one === undefined || other !== undefined || !of.beginsStatement(one.index)) return null;
  const has = of.behindStatement(one.index + one[0].length - (one[1]?.length ?? 0));
  const gives = [...of.own.matchAll(new RegExp(String.raw`${of.ref(release)}\s*\(`, 'g'))].map(({ index }) => index);
  if (has < 0 || gives.some((at) => at < has || !of.beginsStatement(at))) return null;
  if (!gives.some((at) => of.isInFinally(at))) return null;
  return { field: acquire, asks: one.index, has, gives, task: null, writes: [] };
}

/** True where nobody takes it, or gives it back, in another way. */
export function isHeldOnly(
  { acquire, release }: HiddenLock,
  sections: readonly Section[],
  bodies: readonly SectionBody[],
): boolean {
  const count = (name: string): number =>
    bodies.reduce((sum, of) => sum + [...of.body.matchAll(new RegExp(of.ref(name), 'g'))].length, 0);
  const given = sections.reduce((sum, { gives }) => sum + gives.length, 0);
  return count(acquire) === sections.length && count(release) === given;
}
