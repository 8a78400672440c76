import { chainSectionIn } from './chain-section.ts';
import type { ClassText } from './class-text.ts';
import { isFixed, isWrittenOnly } from './field-writes.ts';
import { countedSectionIn, flagSectionIn } from './flag-section.ts';
import { gateSectionIn } from './gate-section.ts';
import { heldSectionIn, hiddenLockIn, isHeldOnly } from './hidden-section.ts';
import { Insertions } from './insertions.ts';
import type { PartText } from './lock-candidate.ts';
import type { FoundLock } from './lock-text.ts';
import type { ScopeText } from './scope-text.ts';
import { type Section, SectionBody } from './section-body.ts';
import { taskOf } from './task-text.ts';
import { OWN } from './ticket-text.ts';
import { POLLED, UNSURE } from './unsure.ts';
import { TRYING } from './vocabulary.ts';

/** Nobody else calls a variable so: those of scopes have a number behind that. */
const CALL = '__dept0c';
/** There may be one. */
const MAY_BE = /\bwhile\s*\([^()]*\)\s*\{?\s*await\b|=\s*new\s+Promise\b|\bwithResolvers\b|\.\s*then\s*\(/;

interface Found {
  readonly part: PartText;
  readonly of: SectionBody;
  readonly section: Section;
}

/**
 * A lock that is no function of its own: functions wait for their turn, do what they are there for, and let the next one on. Null for
 * all that is none, and for what is not sure.
 * @param self how the lock is named there
 * @param blank the module
 */
export function sectionLockIn(of: ClassText | ScopeText, self: string, blank: string): FoundLock | null {
  const bodies = of.parts.map((part) => new SectionBody(part, of.kind === 'class' ? null : of.changeable));
  return inlineLockIn(of, self, bodies, blank) ?? heldLockIn(of, self, bodies);
}

/** The functions do all of it themselves. */
function inlineLockIn(
  of: ClassText | ScopeText,
  self: string,
  bodies: readonly SectionBody[],
  blank: string,
): FoundLock | null {
  if (of.kind !== 'class' && of.changeable.length === 0) return null;
  const found = sectionsIn(bodies, (body) => {
    const { part } = body;
    if (!MAY_BE.test(part.body) || TRYING.test(part.name) || taskOf(part, part.text) !== null) return null;
    const section = gateSectionIn(body) ?? flagSectionIn(body) ?? countedSectionIn(body) ?? chainSectionIn(body);
    return section !== null && isSure(section, body) ? section : null;
  });
  const [first] = found;
  if (first === undefined || !found.every(({ section }) => section.field === first.section.field)) return null;
  const known = new Set(found.flatMap(({ part, section }) => section.writes.map((at) => part.begin + at)));
  const { field, room = '1' } = first.section;
  // All of them know of the same room, and it stays as it is.
  if (found.some(({ section }) => (section.room ?? '1') !== room) || !isFixed(of, room, blank)) return null;
  const capacity = room.replace(/^this\s*\.\s*/, 'o.');
  return isWrittenOnly(of, field, known, blank) ? lockOf(found, self, capacity) : null;
}

/** They take it with functions that are none of anybody else. */
function heldLockIn(of: ClassText | ScopeText, self: string, bodies: readonly SectionBody[]): FoundLock | null {
  const lock = hiddenLockIn(of, self);
  if (lock === null) return null;
  const found = sectionsIn(bodies, (body) => heldSectionIn(body, lock));
  const sections = found.map(({ section }) => section);
  return found.length > 0 && isHeldOnly(lock, sections, bodies) ? lockOf(found, self, lock.capacity) : null;
}

function sectionsIn(bodies: readonly SectionBody[], read: (of: SectionBody) => Section | null): readonly Found[] {
  return bodies.flatMap((of): readonly Found[] => {
    const { part } = of;
    const section = part.isReplaceable ? read(of) : null;
    return section === null ? [] : [{ part, of, section }];
  });
}

function lockOf(found: readonly Found[], self: string, capacity: string): FoundLock {
  return {
    lock: { sections: found.map(({ part }) => part.name) },
    capacity,
    limits: [],
    insertions: found.reduce((all, one) => all.with(insertionsOf(one, self)), Insertions.NONE),
  };
}

/** What is waited for is the turn, and not for some time. */
function isSure({ asks, has, task }: Section, { body }: SectionBody): boolean {
  return task !== null || !UNSURE.test(body.slice(asks, has).replaceAll(POLLED, ''));
}

function insertionsOf({ part: { begin }, section }: Found, self: string): Insertions {
  const { asks, has, gives, task } = section;
  const called = Insertions.NONE.and(begin, `var ${CALL}=${OWN}?.section(${self});`);
  if (task !== null) {
    const before = `(${OWN}?.inTurn??((_c,f)=>f))(${CALL},`;
    return called.and(begin + task.at, before).and(begin + task.end, ')');
  }
  return gives.reduce(
    (all, at) => all.and(begin + at, `${CALL}?.gives();`),
    called.and(begin + asks, `${CALL}?.asks();`).and(begin + has, `;${CALL}?.has();`),
  );
}
