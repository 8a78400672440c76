import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../../instrument/install.ts';
import { Claim } from '../../../../instrument/shapes/claim.ts';
import { howOf } from '../../../../instrument/shapes/how.ts';
import { track } from '../../../../src/sync/hooks.ts';

afterEach(() => currentInstallation()?.uninstall());

/** A claim on what is refused, the promise that the caller of the library gets for it, and what refuses it. */
function refused(): { readonly given: Promise<unknown>; readonly refuse: (reason: Error) => void } {
  const claim = new Claim(track({ kind: 'mutex', name: 'lock' }), howOf('acquire', 'release'));
  let refuse: (reason: Error) => void = () => undefined;
  const promise = new Promise<unknown>((_grant, reject) => {
    refuse = reject;
  });
  return { given: claim.grantedBy(promise), refuse };
}

describe('a claim that is refused is an error of the caller alone:', () => {
  const error = new Error('on purpose');
  const uncaught: unknown[] = [];
  const heard = (reason: unknown): unknown => uncaught.push(reason);

  const uses: [name: string, use: (given: Promise<unknown>) => Promise<unknown>][] = [
    ['one that awaits it', async (given: Promise<unknown>) => given],
    ['one that catches it', (given: Promise<unknown>) => given.catch((reason: unknown) => Promise.reject(reason))],
    ['one that chains it', (given: Promise<unknown>) => given.then(() => undefined).finally(() => undefined)],
    ['one of several', (given: Promise<unknown>) => Promise.all([given, setImmediate()])],
  ];
  const modes = ['precise', 'dynamic', 'light'] as const;

  test.each(modes.flatMap((mode) => uses.map(([name, use]) => [mode, name, use] as const)))(
    '%s: %s hears of it, nobody else',
    async (attribution, _name, use) => {
      install({ attribution });
      process.on('unhandledRejection', heard);
      const { given, refuse } = refused();
      const used = use(given);
      refuse(error);
      await expect(used).rejects.toBe(error);
      await setImmediate();
      process.off('unhandledRejection', heard);
      expect(uncaught).toEqual([]);
    },
  );

  test.each(modes)('%s: the process hears of it when nobody handles it', async (attribution) => {
    install({ attribution });
    process.on('unhandledRejection', heard);
    refused().refuse(error);
    await setImmediate();
    await setImmediate();
    process.off('unhandledRejection', heard);
    expect(uncaught.splice(0)).toEqual([error]);
  });

  test('also when dept is gone by then', async () => {
    const installation = install();
    process.on('unhandledRejection', heard);
    const { given, refuse } = refused();
    installation.uninstall();
    const used = (async () => given)();
    refuse(error);
    await expect(used).rejects.toBe(error);
    await setImmediate();
    process.off('unhandledRejection', heard);
    expect(uncaught).toEqual([]);
  });
});

test.each(['precise', 'light'] as const)(
  '%s: tasks that a pool ends in one slice do not come after each other',
  (attribution) => {
    const findings: string[] = [];
    install({ attribution, onFinding: ({ code }) => findings.push(code) });
    const pool = track({ kind: 'pool', name: 'pool', capacity: 2 });
    const tasks = [1, 2, 3, 4].map(() => new Claim(pool, howOf('run', 'done')));
    const [first, second, third, fourth] = tasks as [Claim, Claim, Claim, Claim];
    first.grant();
    second.grant();
    third.sleep();
    fourth.sleep();
    const end = (task: Claim): void => task.resume(() => task.release());
    end(first);
    third.grant();
    end(second);
    fourth.grant();
    end(fourth);
    end(third);
    expect(findings).toEqual([]);
  },
);
