import fc from 'fast-check';

/** Code that holds locks around what it does; `side` does things side by side. Locks go by their index. */
export type Code = readonly Part[];
export type Part = { readonly hold: number; readonly body: Code } | { readonly side: readonly [Code, Code] };

/** One function each; any number of runs of them may be under way at the same time. */
export interface LockProgram {
  /** How many can hold each lock at the same time. */
  readonly permits: readonly number[];
  readonly functions: readonly Code[];
}

/** Lock 0 is what others are often held under. */
const GATE = 0;

/** Whatever nests at most this deep, with the other locks. */
function code(depth: number): fc.Arbitrary<Code> {
  if (depth === 0) return fc.constant([]);
  const inner = code(depth - 1);
  const hold = fc.record({ hold: fc.integer({ min: 1, max: 2 }), body: inner });
  const side = fc.record({ side: fc.tuple(inner, inner) });
  return fc.array(fc.oneof({ weight: 5, arbitrary: hold }, { weight: 1, arbitrary: side }), {
    minLength: 1,
    maxLength: 2,
  });
}

const gated = code(2).map((body): Code => [{ hold: GATE, body }]);

const anyPrograms: fc.Arbitrary<LockProgram> = fc.record({
  // Not a limit of two around a pool of two: that no more than two are there to exhaust it is not seen.
  permits: fc.constantFrom([1, 1, 1], [1, 1, 2], [2, 1, 3], [2, 1, 1]),
  functions: fc.array(fc.oneof({ weight: 4, arbitrary: gated }, { weight: 1, arbitrary: code(2) }), {
    minLength: 1,
    maxLength: 3,
  }),
});

const nested = fc
  .shuffledSubarray([1, 2, 3], { minLength: 2, maxLength: 3 })
  .map((locks): Code => locks.reduceRight((body: Code, hold): Code => [{ hold, body }], []));

/** Locks nested in one another in rings, under a limit that may be too small for that. */
const rings: fc.Arbitrary<LockProgram> = fc.record({
  permits: fc.constantFrom([2, 1, 1, 1], [3, 1, 1, 1]),
  functions: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: nested.map((body): Code => [{ hold: GATE, body }]) },
      { weight: 1, arbitrary: nested },
    ),
    { minLength: 2, maxLength: 4 },
  ),
});

export const lockPrograms: fc.Arbitrary<LockProgram> = fc.oneof(
  { weight: 3, arbitrary: anyPrograms },
  { weight: 1, arbitrary: rings },
);

type Op =
  | { readonly take: number }
  | { readonly give: number }
  | { readonly side: readonly [readonly Op[], readonly Op[]] };

function opsOf(body: Code): readonly Op[] {
  return body.flatMap((part): readonly Op[] =>
    'hold' in part
      ? [{ take: part.hold }, ...opsOf(part.body), { give: part.hold }]
      : [{ side: [opsOf(part.side[0]), opsOf(part.side[1])] }],
  );
}

/** Where a run stands: before an operation, and where its branches stand while it waits for them. */
interface At {
  readonly next: number;
  readonly branches: readonly [At, At] | null;
}

const START: At = { next: 0, branches: null };

interface Move {
  readonly at: At;
  readonly change: readonly [lock: number, by: number] | null;
}

function movesOf(ops: readonly Op[], at: At): readonly Move[] {
  const op = ops[at.next];
  if (op === undefined) return [];
  const after: At = { next: at.next + 1, branches: null };
  if ('take' in op) return [{ at: after, change: [op.take, -1] }];
  if ('give' in op) return [{ at: after, change: [op.give, 1] }];
  const branches = at.branches ?? [START, START];
  if (branches.every((branch, i) => branch.next === op.side[i as 0 | 1].length)) return [{ at: after, change: null }];
  return [0, 1].flatMap((i) =>
    movesOf(op.side[i as 0 | 1], branches[i as 0 | 1]).map((move) => ({
      ...move,
      at: { next: at.next, branches: (i === 0 ? [move.at, branches[1]] : [branches[0], move.at]) as [At, At] },
    })),
  );
}

/** States looked at for one set of runs. */
const MAX_STATES = 20_000;

/** Whether these runs can come to stand for ever, by a look at every schedule; null where these are too many. */
function canHang(permits: readonly number[], runs: readonly Code[]): boolean | null {
  const all = runs.map(opsOf);
  const start = { free: [...permits], at: all.map(() => START) };
  const seen = new Set<string>();
  const open = [start];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = JSON.stringify(state);
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MAX_STATES) return null;
    const { free, at } = state;
    if (all.every((ops, run) => at[run]?.next === ops.length)) continue;
    let hasMoved = false;
    for (const [run, ops] of all.entries()) {
      for (const move of movesOf(ops, at[run] as At)) {
        const [lock, by] = move.change ?? [0, 0];
        if ((free[lock] ?? 0) + by < 0) continue;
        hasMoved = true;
        open.push({ free: free.with(lock, (free[lock] ?? 0) + by), at: at.with(run, move.at) });
      }
    }
    if (!hasMoved) return true;
  }
  return false;
}

/** True when one run comes to its end, what it does side by side done one after the other. */
export function endsAlone(permits: readonly number[], body: Code): boolean {
  return body.every((part) => {
    if ('side' in part) return part.side.every((each) => endsAlone(permits, each));
    const free = permits[part.hold] ?? 0;
    return free > 0 && endsAlone(permits.with(part.hold, free - 1), part.body);
  });
}

/** Whether some number of runs can come to stand for ever; null where it cannot be told. */
export function canAnyHang({ permits, functions }: LockProgram): boolean | null {
  // So many hold all of two pools of two.
  const most = permits.every((each) => each === 1) ? 3 : 4;
  let isKnown = true;
  for (const runs of runsOf(functions, most)) {
    const hangs = canHang(permits, runs);
    if (hangs === true) return true;
    isKnown &&= hangs !== null;
  }
  return isKnown ? false : null;
}

/** Every choice of up to `most` runs, the same function more than once among them. */
function runsOf(functions: readonly Code[], most: number): readonly (readonly Code[])[] {
  const choices: (readonly Code[])[] = [[]];
  for (const chosen of choices) {
    if (chosen.length === most) continue;
    const from = chosen.length === 0 ? 0 : functions.lastIndexOf(chosen.at(-1) as Code);
    for (const next of functions.slice(from)) choices.push([...chosen, next]);
  }
  return choices.slice(1);
}
