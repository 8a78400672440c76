import type { Stack } from '../../src/core/stack.ts';
import type { Stuck } from '../../src/tracker/stuck.ts';
import { programOf, type RunningChild } from './child-processes.ts';

/** A stream by its name, and where a source was piped into it. */
type Branch = readonly [name: string, pipedAt: Stack | null];

/** A source feeds two streams: one is read, the other one is full and stops the source. */
export function unreadBranch(source: string, [read, readStack]: Branch, [unread, unreadStack]: Branch): Stuck {
  return {
    message: `A reader of ${read} waits for ever: its source, ${source}, has stopped, because another ${unread} that it is piped into is full and nobody reads that one`,
    help: [
      'Read both branches at the same time (Promise.all), not one after the other.',
      'Or destroy, or resume(), the branch that is not needed.',
    ],
    openWaits: [
      {
        contextName: `a reader of ${read}`,
        label: 'read',
        className: `${read} that is read`,
        objectLabel: `data from ${source}`,
        stack: null,
        owners: [{ contextName: source, startLabel: 'pipe', stack: readStack }],
      },
      {
        contextName: source,
        label: 'write',
        className: `${unread} that nobody reads`,
        objectLabel: `somebody who reads ${unread}`,
        stack: unreadStack,
        owners: [],
      },
    ],
  };
}

/** Who waits for an event, and where; a listener whose place is not known. */
export interface Waiter {
  readonly name: string;
  readonly stack: Stack | null;
}

/**
 * A child process cannot end, or take more of its input, before its output is read, and that is waited for.
 * @param event `exit` or `close` of the child, or `drain` of its stdin
 */
export function unreadOutput(
  { child, stack, pipe }: RunningChild & { readonly pipe: string },
  event: string,
  waiter: Waiter,
): Stuck {
  const program = programOf(child);
  const isInput = event === 'drain';
  const [what, cannot] = isInput ? ['drain of the stdin', 'take more'] : [event, 'end'];
  const meanwhile = isInput ? 'pipeline(input, child.stdin)' : `once(child, '${event}')`;
  return {
    message: `The ${what} of ${program} (pid ${child.pid}) is waited for, but it cannot ${cannot} before its ${pipe} is read: that is full, and nobody reads it`,
    help: [
      `Read ${pipe} while you wait: Promise.all([text(child.${pipe}), ${meanwhile}]).`,
      `Or spawn it with stdio 'ignore' or 'inherit', or resume() the ${pipe} that is not needed.`,
    ],
    openWaits: [
      {
        contextName: waiter.name,
        label: 'wait',
        className: `${what} of ${program}`,
        objectLabel: `the ${what} of ${program}`,
        stack: waiter.stack,
        owners: [{ contextName: `child process ${program}`, startLabel: 'spawn', stack }],
      },
      {
        contextName: `child process ${program}`,
        label: 'write',
        className: `${pipe} of ${program}`,
        objectLabel: `somebody who reads its ${pipe}`,
        stack: null,
        owners: [],
      },
    ],
  };
}

/**
 * A stream cannot end before what it feeds is read, and its end is waited for.
 * @param pipedAt where something was piped into it, as `pipeline` does; null for what is written into it
 */
export function unreadPart(
  [stream, pipedAt]: Branch,
  event: string,
  unread: string,
  isSame: boolean,
  waiter: Waiter,
): Stuck {
  const what = isSame ? 'its own output' : `the ${unread} it feeds`;
  return {
    message: `The ${event} of ${stream} is waited for, but it cannot come before ${what} is read: that is full, and nobody reads it`,
    help: [
      `Read ${isSame ? `the ${stream}` : `each ${unread}`} as soon as it is there, not after the ${event}: the two go together.`,
      `Or resume() what is not needed.`,
    ],
    openWaits: [
      {
        contextName: waiter.name,
        label: 'wait',
        className: `${event} of ${stream}`,
        objectLabel: `the ${event} of ${stream}`,
        stack: waiter.stack,
        owners: [{ contextName: stream, startLabel: pipedAt === null ? 'write' : 'pipe', stack: pipedAt }],
      },
      {
        contextName: stream,
        label: 'push',
        className: `${unread} that nobody reads`,
        objectLabel: `somebody who reads ${unread}`,
        stack: null,
        owners: [],
      },
    ],
  };
}

/** A request that waits or is answered, as `GET /orders`, and where it was made. */
export interface Requested {
  readonly name: string;
  readonly stack: Stack | null;
}

/** A request waits for a connection that another one keeps, because nobody reads its answer. */
export function unreadBody(waiting: Requested, keeper: Requested, library: string): Stuck {
  const connection = `connection of ${library}`;
  return {
    message: `${waiting.name} waits for a connection that ${keeper.name} keeps until its answer is read: nobody reads that, and no other connection is allowed`,
    help: [
      'Read the body of every answer (text(), json()), cancel it (body.cancel()) or dump it, also when only the status matters.',
      'Or allow more connections.',
    ],
    openWaits: [
      {
        contextName: waiting.name,
        label: 'request',
        className: connection,
        objectLabel: `a ${connection}`,
        stack: waiting.stack,
        owners: [{ contextName: keeper.name, startLabel: 'request', stack: keeper.stack }],
      },
      {
        contextName: keeper.name,
        label: 'write',
        className: `body that nobody reads`,
        objectLabel: 'somebody who reads its answer',
        stack: keeper.stack,
        owners: [],
      },
    ],
  };
}

/** The end of a stream is waited for, which comes only when its data have been read. */
export function unreadEnd(stream: string, { name, stack }: Requested, label: string): Stuck {
  return {
    message: `${name} waits for the end of ${stream}, which nobody reads: a stream ends only when all of it has been read`,
    help: ["Read it, or call resume() on it, before you wait for its 'end'."],
    openWaits: [
      {
        contextName: name,
        label,
        className: `end of ${stream}`,
        objectLabel: `the end of ${stream}`,
        stack,
        owners: [],
      },
    ],
  };
}
