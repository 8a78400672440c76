/** A command as a client sends it: its name, and its arguments without it. */
export interface RedisCommand {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** What a command blocks its connection for. */
export interface Blocking {
  readonly kind: 'list' | 'zset' | 'stream';
  /** Any one of them ends it. */
  readonly keys: readonly string[];
  /** Null: for ever. */
  readonly timeoutMs: number | null;
}

type Keys = (args: readonly unknown[]) => readonly unknown[];

const allButLast: Keys = (args) => args.slice(0, -1);
const first: Keys = ([key]) => [key];
const second: Keys = ([, key]) => [key];
const afterTheirNumber: Keys = ([, count, ...keys]) => keys.slice(0, Number(count));
const afterStreams: Keys = (args) => {
  const rest = args.slice(args.findIndex((arg) => textOf(arg).toLowerCase() === 'streams') + 1);
  return rest.slice(0, rest.length / 2);
};

interface Rule {
  readonly kind: Blocking['kind'];
  readonly keys: Keys;
  /** Seconds, in the first or the last argument, or milliseconds after the word BLOCK. */
  readonly timeout: 'first' | 'last' | 'block';
}

/** Commands that block their connection. WAIT is none of them: no key ends it. */
const BLOCKING: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['blpop', { kind: 'list', keys: allButLast, timeout: 'last' }],
  ['brpop', { kind: 'list', keys: allButLast, timeout: 'last' }],
  ['brpoplpush', { kind: 'list', keys: first, timeout: 'last' }],
  ['blmove', { kind: 'list', keys: first, timeout: 'last' }],
  ['blmpop', { kind: 'list', keys: afterTheirNumber, timeout: 'first' }],
  ['bzpopmin', { kind: 'zset', keys: allButLast, timeout: 'last' }],
  ['bzpopmax', { kind: 'zset', keys: allButLast, timeout: 'last' }],
  ['bzmpop', { kind: 'zset', keys: afterTheirNumber, timeout: 'first' }],
  ['xread', { kind: 'stream', keys: afterStreams, timeout: 'block' }],
  ['xreadgroup', { kind: 'stream', keys: afterStreams, timeout: 'block' }],
]);

/** Commands that put something where a blocked command waits for it. */
const PRODUCING: ReadonlyMap<string, Keys> = new Map([
  ['lpush', first],
  ['rpush', first],
  ['rpoplpush', second],
  ['lmove', second],
  ['brpoplpush', second],
  ['blmove', second],
  ['zadd', first],
  ['zincrby', first],
  ['xadd', first],
]);

/** What this command blocks for, or null when it does not. */
export function blockingOf({ name, args }: RedisCommand): Blocking | null {
  const rule = BLOCKING.get(name.toLowerCase());
  if (rule === undefined) return null;
  const timeoutMs = timeoutOf(rule, args);
  return timeoutMs === undefined ? null : { kind: rule.kind, keys: rule.keys(args).map(textOf), timeoutMs };
}

/** The key this command puts something into, or null. */
export function producedBy({ name, args }: RedisCommand): string | null {
  const [key] = PRODUCING.get(name.toLowerCase())?.(args) ?? [];
  return key === undefined ? null : textOf(key);
}

/** Undefined: does not block at all. */
function timeoutOf({ timeout }: Rule, args: readonly unknown[]): number | null | undefined {
  if (timeout !== 'block') return finite(Number(textOf(timeout === 'first' ? args[0] : args.at(-1))) * 1000);
  const at = args.findIndex((arg) => textOf(arg).toLowerCase() === 'block');
  return at < 0 ? undefined : finite(Number(textOf(args[at + 1])));
}

/** 0 is for ever. */
function finite(ms: number): number | null {
  return ms > 0 ? ms : null;
}

function textOf(arg: unknown): string {
  return typeof arg === 'string' ? arg : String(arg);
}
