import { tracingChannel } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { whenLoaded } from '../../../../instrument/node/builtins.ts';

test('a module of Node that the program loads is patched without a load of its own that others are told of', () => {
  const required: unknown[] = [];
  const events = tracingChannel<'module.require', { id: string }>('module.require');
  const start = ({ id }: { id: string }): void => void required.push(id);
  events.start.subscribe(start as never);
  const patched: unknown[] = [];
  const stop = whenLoaded({
    'inspector/promises': (exports) => {
      patched.push(exports);
      return () => undefined;
    },
  });
  const loaded: unknown = createRequire(import.meta.url)('node:inspector/promises');
  events.start.unsubscribe(start as never);
  stop();
  expect(patched).toEqual([loaded]);
  expect(required.length).toBeLessThanOrEqual(1);
});
