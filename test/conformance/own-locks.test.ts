import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { marked } from '../../instrument/own-locks/marked.ts';
import { type Hold, librarySuite } from './library-suite.ts';
import { OWN_LOCK_FORMS, type OwnLockForm } from './own-lock-forms.ts';

function load({ name, source }: OwnLockForm): Promise<(capacity: number) => Hold> {
  const script = new Script(`(() => {${marked(source)}\nreturn make;})()`, { filename: `/program/${name}.js` });
  return Promise.resolve(script.runInThisContext() as (capacity: number) => Hold);
}

test.each(OWN_LOCK_FORMS)('$name: is taken for a lock, and every line stays where it was', ({ source }) => {
  const text = marked(source);
  expect(text).not.toBe(null);
  expect(text?.split('\n').length).toBe(source.split('\n').length);
});

for (const form of OWN_LOCK_FORMS) {
  librarySuite({ name: form.name, load: () => load(form), tasks: form.tasks, capacities: form.capacities });
}
