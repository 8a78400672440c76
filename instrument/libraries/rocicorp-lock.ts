import type { How } from '../../src/core/vocabulary.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { dressed } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { releasing } from '../shapes/lent.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const LOCK = howOf('lock', 'release');
// A reader stands behind the writers that wait.
const READ = howOf('read', 'release', { mode: 'read' });
const WRITE = howOf('write', 'release');

type Release = () => void;

interface Lock {
  lock(): Promise<Release>;
  withLock(task: Callable): Promise<unknown>;
  /** What the next one waits for; private since 2.0. */
  _lockP?: Promise<void> | null;
}

interface RWLock {
  read(): Promise<Release>;
  write(): Promise<Release>;
  withRead(task: Callable): Promise<unknown>;
  withWrite(task: Callable): Promise<unknown>;
}

/** Node 22 has it; a program may have frozen it. */
const makers = Promise as unknown as { withResolvers: () => { resolve: Callable } };

/** @rocicorp/lock 1 and 2. Each lock is a chain of promises, and the function that resolves its link is what releases it. */
export const rocicorpLock: LibraryAdapter = {
  name: '@rocicorp/lock',
  versions: '>=1.0.0 <3.0.0',
  patch(exports) {
    /** True while a lock for readers begins to wait for the lock that it has inside. */
    let isPart = false;
    const asPart = <T>(run: () => T): T => {
      isPart = true;
      try {
        return run();
      } finally {
        isPart = false;
      }
    };
    return restoreAll([
      patchClass<Lock>(exports['Lock'], 'lock', (prototype) => patchLock(prototype, () => isPart), ['withLock']),
      patchClass<RWLock>(exports['RWLock'], 'read', (prototype) => patchRWLock(prototype, asPart), ['write']),
    ]);
  },
};

function patchLock(prototype: Lock, isPart: () => boolean): () => void {
  const locks = new UsedInstances<Lock>({ kindName: 'Lock', methods: ['lock', 'withLock'] });
  const { lock } = prototype;
  prototype.lock = dressed(function watched(this: Lock): Promise<Release> {
    const isOpen = '_lockP' in this;
    const object = isPart() || !(isOpen || isWritable()) ? null : locks.of(this);
    if (object === null) return lock.call(this);
    const claim = new Claim(object, LOCK);
    claim.sleep();
    return claim.grantedBy(isOpen ? linked(this, claim) : resolvedBy(claim, () => lock.call(this)));
  }, lock);
  return () => {
    prototype.lock = lock;
  };
}

/** A link of the chain in as many steps as the package takes for it. */
async function linked(lock: Lock, claim: Claim): Promise<Release> {
  const before = lock._lockP;
  let release: Release = () => undefined;
  lock._lockP = new Promise<void>((resolve) => {
    release = resolve;
  });
  await before;
  return releasing(claim, release);
}

/** What resolves the one promise that is made while `lock` begins is what it gives. */
function resolvedBy(claim: Claim, lock: () => Promise<Release>): Promise<Release> {
  const { withResolvers } = makers;
  makers.withResolvers = dressed(() => {
    const made = withResolvers.call(Promise);
    return { ...made, resolve: releasing(claim, made.resolve) };
  }, withResolvers);
  try {
    return lock();
  } finally {
    makers.withResolvers = withResolvers;
  }
}

function isWritable(): boolean {
  return Object.getOwnPropertyDescriptor(makers, 'withResolvers')?.writable === true;
}

function patchRWLock(prototype: RWLock, asPart: <T>(run: () => T) => T): () => void {
  const locks = new UsedInstances<RWLock>({
    kindName: 'RWLock',
    methods: ['read', 'write', 'withRead', 'withWrite'],
    kind: 'async-rwlock',
  });
  const watching = (take: RWLock['read'], how: How): RWLock['read'] => {
    return dressed(function watched(this: RWLock): Promise<Release> {
      const object = locks.of(this);
      if (object === null) return asPart(() => take.call(this));
      const claim = new Claim(object, how);
      claim.sleep();
      const taken = asPart(() => take.call(this));
      return claim.granting(taken, (release) => releasing(claim, release as Release));
    }, take);
  };
  const { read, write } = prototype;
  prototype.read = watching(read, READ);
  prototype.write = watching(write, WRITE);
  return () => void Object.assign(prototype, { read, write });
}
