import type { Context } from '../core/context.ts';
import { type Finding, fingerprint, type RuleSet } from '../core/finding.ts';
import type { Tick } from '../core/ids.ts';
import type { Limits } from '../core/limits.ts';
import type { Stack } from '../core/stack.ts';
import type { Misuse } from '../core/vocabulary.ts';

/** DEPT006: a primitive was used against its rules. */
export function misuseFinding(
  misuse: Misuse,
  context: Context,
  rules: RuleSet,
  stack: Stack | null,
  at: Tick,
): Finding {
  const name = misuse.object?.key.name ?? '';
  return {
    code: 'DEPT006',
    kind: 'misuse',
    severity: 'error',
    fingerprint: fingerprint(`DEPT006\u0000${misuse.kind}\u0000${name}`),
    rules,
    circle: [],
    message: `${misuse.kind}: ${misuse.message} (in ${context.name}).`,
    help: ['The call trace shows the call that breaks the rules; dept explain DEPT006 says what to do about it.'],
    predictedBy: null,
    openWaits: [],
    stack,
    at,
  };
}

/** DEPT009: a cap was hit, so what comes after may be missed. */
export function limitFinding(limit: keyof Limits, value: number, rules: RuleSet, at: Tick): Finding {
  const message = `The limit ${limit} (${value}) is reached; what goes beyond it is not tracked.`;
  return notice(
    limit,
    message,
    `Raise ${limit} in the limits of install(), if there is memory for it (docs/limits.md).`,
    rules,
    at,
  );
}

/** DEPT009: a recording has reached its bound; tracking goes on. */
export function recordingLimitFinding(max: number, rules: RuleSet, at: Tick): Finding {
  const message = `The recording has reached its limit of ${max} characters (maxCharacters); what comes after is not in it.`;
  const help = 'Record a shorter run, or add a Recorder with a larger maxCharacters to the session.';
  return notice('recording', message, help, rules, at);
}

/** DEPT009: the tracker failed and is detached; the program goes on as if it had never been there. */
export function faultFinding(fault: unknown, rules: RuleSet, at: Tick): Finding {
  const message = `dept switched itself off after an internal error; the program goes on. ${String(fault)}`;
  return notice(
    'fault',
    message,
    'Please report this with the stack, if there is one: it is a bug of dept.',
    rules,
    at,
  );
}

/** DEPT009: a library is there in a version whose insides nobody looked at, so it is not watched. */
export function unknownLibraryFinding(
  name: string,
  version: string | null,
  versions: string,
  rules: RuleSet,
  at: Tick,
): Finding {
  const which = version === null ? '' : `, ${version}`;
  const message = `${name} is loaded in a version dept does not know${which} (it knows ${versions}); its locks are not watched.`;
  const help = `Use a version in that range, or annotate the lock (docs/annotations.md).`;
  return notice(`library ${name}`, message, help, rules, at);
}

/** DEPT009: what the heap shows of a stall is not whole. */
export function stallCutFinding(cut: string, at: Tick): Finding {
  const message = `What the program is stalled at is not told in full: ${cut}.`;
  return notice('stall', message, 'Give it more time: dept stall --budget MS, or DEPT_STALL_BUDGET_MS.', 'dept', at);
}

function notice(what: string, message: string, help: string, rules: RuleSet, at: Tick): Finding {
  return {
    code: 'DEPT009',
    kind: 'notice',
    severity: 'info',
    fingerprint: fingerprint(`DEPT009\u0000${what}`),
    rules,
    circle: [],
    message,
    help: [help],
    predictedBy: null,
    openWaits: [],
    stack: null,
    at,
  };
}
