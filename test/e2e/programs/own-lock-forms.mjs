// Home-made locks as people write them. In each form somebody takes the lock again that he has, so nothing is left to run.
import { EventEmitter, once } from 'node:events';
import { Lock, shared } from './shared-lock.mjs';

class Deferred {
  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

class Slot {
  current = null;
  async acquire() {
    while (this.current) await this.current.promise;
    this.current = new Deferred();
  }
  release() {
    const done = this.current;
    this.current = null;
    done.resolve();
  }
}

class Waiting {
  isTaken = false;
  waiting = new Set();
  acquire() {
    if (!this.isTaken) {
      this.isTaken = true;
      return Promise.resolve();
    }
    const mine = new Deferred();
    this.waiting.add(mine);
    return mine.promise;
  }
  release() {
    const [next] = this.waiting;
    this.isTaken = next !== undefined;
    this.waiting.delete(next);
    next?.resolve();
  }
}

function closure() {
  let isTaken = false;
  const waiting = [];
  return {
    lock() {
      if (isTaken) return new Promise((resolve) => waiting.push(resolve));
      isTaken = true;
      return Promise.resolve();
    },
    unlock() {
      const next = waiting.shift();
      if (next) next();
      else isTaken = false;
    },
  };
}

class Given {
  isTaken = false;
  waiting = [];
  async take() {
    if (this.isTaken) await new Promise((resolve) => this.waiting.push(resolve));
    this.isTaken = true;
    return {
      giveBack: () => {
        this.isTaken = false;
        this.waiting.shift()?.();
      },
    };
  }
}

class Announced {
  isTaken = false;
  events = new EventEmitter();
  acquire() {
    return new Promise((resolve) => {
      const attempt = () => {
        if (this.isTaken) return;
        this.isTaken = true;
        this.events.removeListener('release', attempt);
        resolve();
      };
      this.events.on('release', attempt);
      attempt();
    });
  }
  release() {
    this.isTaken = false;
    setImmediate(() => this.events.emit('release'));
  }
}

class Heard extends EventEmitter {
  isTaken = false;
  async lock() {
    while (this.isTaken) await once(this, 'free');
    this.isTaken = true;
  }
  unlock() {
    this.isTaken = false;
    this.emit('free');
  }
}

const doors = new EventEmitter();
let isShut = false;
async function shut() {
  while (isShut) await new Promise((resolve) => doors.once('door:open', resolve));
  isShut = true;
}
function open() {
  isShut = false;
  doors.emit('door:open');
}

class Guard {
  #lock;
  constructor(lock) {
    this.#lock = lock;
  }
  release() {
    this.#lock.leave();
  }
}

class Guarded {
  isTaken = false;
  waiting = [];
  async enter() {
    if (this.isTaken) await new Promise((resolve) => this.waiting.push(resolve));
    this.isTaken = true;
    return new Guard(this);
  }
  leave() {
    const next = this.waiting.shift();
    if (next) next();
    else this.isTaken = false;
  }
}

const guarded = new Guarded();
const [announced, heard] = [new Announced(), new Heard()];
const [slot, listed, closed, given] = [new Slot(), new Waiting(), closure(), new Given()];
const locks = { inside: new Lock() };

async function bySlot(isAgain) {
  await slot.acquire();
  if (!isAgain) await bySlot(true);
  slot.release();
}

async function byList(isAgain) {
  await listed.acquire();
  if (!isAgain) await byList(true);
  listed.release();
}

async function byClosure(isAgain) {
  await closed.lock();
  if (!isAgain) await byClosure(true);
  closed.unlock();
}

async function byGift(isAgain) {
  const { giveBack } = await given.take();
  if (!isAgain) await byGift(true);
  giveBack();
}

async function byImport(isAgain) {
  await shared.acquire();
  if (!isAgain) await byImport(true);
  shared.release();
}

async function byPart(isAgain) {
  await locks.inside.acquire();
  if (!isAgain) await byPart(true);
  locks.inside.release();
}

async function byGuard(isAgain) {
  const guard = await guarded.enter();
  if (!isAgain) await byGuard(true);
  guard.release();
}

async function byEvent(isAgain) {
  await announced.acquire();
  if (!isAgain) await byEvent(true);
  announced.release();
}

async function byOwnEvent(lock, isAgain) {
  await lock.lock();
  if (!isAgain) await byOwnEvent(lock, true);
  lock.unlock();
}

async function byDoor(isAgain) {
  await shut();
  if (!isAgain) await byDoor(true);
  open();
}

class Service {
  #lock = new Lock();
  async byField(isAgain) {
    await this.#lock.acquire();
    if (!isAgain) await this.byField(true);
    this.#lock.release();
  }
}

for (const form of [bySlot, byList, byClosure, byGift, byImport, byPart]) void form(false);
void byGuard(false);
void byEvent(false);
void byOwnEvent(heard, false);
void byDoor(false);
void new Service().byField(false);
