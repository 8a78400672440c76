import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIBRARY_ADAPTERS } from '../../../../instrument/libraries/index.ts';
import { type ModuleWatch, watchModules } from '../../../../instrument/modules/module-hooks.ts';
import { Mutex } from '../../../../src/sync/index.ts';
import { NodeStage } from '../node/node-stage.ts';
import { LibraryStage, latest, previous, turn } from './library-stage.ts';

type Rx = typeof import('rxjs');

const rx = latest('rxjs') as Rx;
const rx6 = previous('rxjs') as Pick<Rx, 'Subject' | 'of'>;

/** Awaits it, where `return` would only hand it on. */
async function got(promise: Promise<unknown>): Promise<unknown> {
  const value = await promise;
  return value;
}

describe('who awaits a value', () => {
  let stage: LibraryStage;
  beforeEach(() => {
    stage = new LibraryStage();
  });
  afterEach(() => stage[Symbol.dispose]());

  test.each<[string, (subject: InstanceType<Rx['Subject']>) => Promise<unknown>]>([
    ['firstValueFrom', (subject) => (latest('rxjs') as Rx).firstValueFrom(subject)],
    ['lastValueFrom', (subject) => (latest('rxjs') as Rx).lastValueFrom(subject)],
    ['toPromise', (subject) => subject.toPromise()],
  ])('by %s waits until it comes', async (label, valueFrom) => {
    const subject = new rx.Subject();
    const value = got(valueFrom(subject));
    await turn();
    const [open, ...others] = stage.installation.waitsFor.describeOpen();
    expect(others).toEqual([]);
    expect(open).toMatchObject({ label, objectLabel: 'Observable' });
    expect(open?.stack?.frames[0]?.file).toMatch(/rxjs\.test\.ts$/);
    subject.next(7);
    subject.complete();
    expect(await value).toBe(7);
    expect(stage.open).toEqual([]);
    expect(await stage.found()).toEqual([]);
  });

  test('by toPromise of rxjs 6, too', async () => {
    const subject = new rx6.Subject();
    const value = got(subject.toPromise());
    await turn();
    expect(stage.open).toEqual(['Observable']);
    subject.next(7);
    subject.complete();
    expect(await value).toBe(7);
    expect(stage.open).toEqual([]);
  });

  test('under a lock that whoever brings it takes is no circle: anybody may bring it', async () => {
    const { Subject, firstValueFrom } = latest('rxjs') as Rx;
    const lock = new Mutex({ name: 'lock' });
    const subject = new Subject<number>();
    const ask = lock.runExclusive(() => firstValueFrom(subject));
    void lock.runExclusive(async () => subject.next(1));
    await turn();
    subject.next(2);
    expect(await ask).toBe(2);
    expect(await stage.found()).toEqual([]);
  });

  test('whoever awaits it waits for what the code that brings it has waited for', async () => {
    const { Subject, firstValueFrom } = latest('rxjs') as Rx;
    const [outer, inner] = [new Mutex({ name: 'outer' }), new Mutex({ name: 'inner' })];
    const subject = new Subject<number>();
    const ask = outer.runExclusive(() => firstValueFrom(subject));
    const bring = async (): Promise<void> => {
      await inner.runExclusive(turn);
      subject.next(1);
    };
    await Promise.all([ask, bring()]);
    expect(await stage.found()).toEqual([]);
    await inner.runExclusive(() => outer.runExclusive(turn));
    expect(await stage.found()).toMatchObject([expect.stringContaining('DEPT001')]);
  });

  test('values, defaults and errors are those of rxjs', async () => {
    const { EMPTY, firstValueFrom, lastValueFrom, of, throwError } = latest('rxjs') as Rx;
    expect(await firstValueFrom(of(1, 2))).toBe(1);
    expect(await lastValueFrom(of(1, 2))).toBe(2);
    expect(await firstValueFrom(EMPTY, { defaultValue: 3 })).toBe(3);
    await expect(firstValueFrom(EMPTY)).rejects.toThrow('no elements');
    await expect(lastValueFrom(throwError(() => new Error('no value')))).rejects.toThrow('no value');
    expect([firstValueFrom.name, firstValueFrom.length]).toEqual(['firstValueFrom', 2]);
    expect(await rx6.of(4).toPromise()).toBe(4);
    expect(stage.open).toEqual([]);
  });
});

describe('a value that came before somebody awaited it', () => {
  let stage: NodeStage;
  let watch: ModuleWatch;
  let firstValueFrom: Rx['firstValueFrom'];
  beforeEach(() => {
    stage = new NodeStage();
    watch = watchModules(LIBRARY_ADAPTERS);
    firstValueFrom = (latest('rxjs') as Rx).firstValueFrom;
  });
  afterEach(() => {
    watch.stop();
    stage.end();
  });

  const lost = [
    expect.stringMatching(/^DEPT004 \S+ waits for next of Subject, which had happened before the wait began/),
  ];

  test.each<[string, (subject: InstanceType<Rx['Subject']>) => InstanceType<Rx['Observable']>]>([
    ['a subject', (subject) => subject],
    ['what a subject is to others', (subject) => subject.asObservable()],
  ])('of %s is lost when nothing is left to run', async (_what, seen) => {
    const subject = new rx.Subject();
    subject.next(1);
    void firstValueFrom(seen(subject));
    stage.look({ isQuiet: true, times: 100 });
    expect(stage.messages).toEqual([]);
    stage.look({ isLast: true });
    expect(stage.messages).toEqual(lost);
    const [open] = stage.findings[0]?.openWaits ?? [];
    expect(open?.stack?.frames[0]?.file).toMatch(/rxjs\.test\.ts$/);
    expect(open?.owners[0]?.stack?.frames[0]?.file).toMatch(/rxjs\.test\.ts$/);
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'comes again',
      () => {
        const subject = new rx.Subject();
        subject.next(1);
        const value = firstValueFrom(subject);
        subject.next(2);
        return value;
      },
    ],
    [
      'is kept',
      () => {
        const subject = new rx.ReplaySubject(1);
        subject.next(1);
        return firstValueFrom(subject);
      },
    ],
  ])('and that %s is not', async (_what, value) => {
    await value();
    stage.look({ isLast: true });
    expect(stage.messages).toEqual([]);
  });

  test.each<[string, (subject: InstanceType<Rx['Subject']>) => void]>([
    ['somebody has heard', (subject) => void subject.subscribe()],
    ['is one of several', (subject) => subject.next(0)],
  ])('and that %s is none either', (_what, before) => {
    const subject = new rx.Subject();
    before(subject);
    subject.next(1);
    void firstValueFrom(subject);
    stage.look({ isLast: true });
    expect(stage.messages).toEqual([]);
  });

  test('and that an operator lets through later is not told of', () => {
    const subject = new rx.Subject<number>();
    subject.next(1);
    void firstValueFrom(subject.pipe(rx.filter((value) => value > 1)));
    stage.look({ isLast: true });
    expect(stage.messages).toEqual([]);
  });
});
