import type { Stuck } from '../../src/tracker/stuck.ts';
import type { Requested } from './unread-reports.ts';

export type { Requested };

/**
 * A web stream takes no more before its readable side is read, and somebody waits for it to take what was written.
 * @param fed the stream behind it that nobody reads; null for its own readable side
 */
export function unreadSide({ name, stack }: Requested, label: string, stream: string, fed: string | null): Stuck {
  const unread = fed === null ? 'its readable side' : `the ${fed} it feeds`;
  return {
    message: `${name} waits for ever in ${label} of ${stream}: it cannot go on before ${unread} is read, and nobody reads it`,
    help: [
      `Begin to read ${unread} first, then write, and await both together: Promise.all([new Response(readable).text(), ...]).`,
      'Or do not await each write() and ready before somebody reads; a TransformStream may be given room: new TransformStream({}, {}, { highWaterMark: 16 }).',
    ],
    openWaits: [
      {
        contextName: name,
        label,
        className: stream,
        objectLabel: `room in ${stream}`,
        stack,
        owners: [{ contextName: fed ?? stream, startLabel: 'write', stack: null }],
      },
      {
        contextName: fed ?? stream,
        label: 'enqueue',
        className: `${fed ?? stream} that nobody reads`,
        objectLabel: `somebody who reads ${unread}`,
        stack: null,
        owners: [],
      },
    ],
  };
}

/** One branch is cancelled, the other one is not: their source is cancelled when both are. */
export function uncancelledBranch({ name, stack }: Requested): Stuck {
  const other = 'the other branch';
  return {
    message: `${name} waits for ever for the cancel of a branch of tee() or clone(): it ends when ${other} is cancelled too or has been read, and nobody reads it`,
    help: [
      `Do not await the cancel() of one branch: cancel both (Promise.all), or read ${other}.`,
      'A response that is not needed twice need not be cloned.',
    ],
    openWaits: [
      {
        contextName: name,
        label: 'cancel',
        className: 'branch of tee()',
        objectLabel: 'the cancel of both branches',
        stack,
        owners: [{ contextName: other, startLabel: 'tee', stack: null }],
      },
      {
        contextName: other,
        label: 'read',
        className: `${other} of tee() that nobody reads`,
        objectLabel: `somebody who reads or cancels ${other}`,
        stack: null,
        owners: [],
      },
    ],
  };
}
